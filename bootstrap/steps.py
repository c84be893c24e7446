"""Helpers of the set-up's steps: progress, running commands, atomic folders, a lock."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class SetupFailed(Exception):
    """A step failed; the message says which, why, and what to do."""


def say(text: str) -> None:
    """Print a line of progress to standard error; standard output is for results."""
    sys.stderr.write(f"setup: {text}\n")
    sys.stderr.flush()


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> None:
    """Run a command; on failure raise `SetupFailed` with its purpose and its last lines of output."""
    result = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Whatever the caller's locale is, a path may hold any letter.
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        timeout=timeout_s,
        check=False,
    )
    if result.returncode:
        last = "\n".join(result.stdout.decode("utf-8", "replace").splitlines()[-15:])
        raise SetupFailed(f"{doing} failed (exit status {result.returncode}):\n{last}")


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder; rename it to `folder` if the block succeeds, else remove it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold a file lock on `folder` for the block; another set-up waits for it. A kill releases it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "setup.lock").open("a+b") as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
