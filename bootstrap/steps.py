"""What the steps of the set-up share: saying what happens, running commands, atomic_folder whole."""

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
    """A step could not be done; the text says which, why, and what to do."""


def say(text: str) -> None:
    """One line of progress, on standard error so that standard output stays free for results."""
    sys.stderr.write(f"setup: {text}\n")
    sys.stderr.flush()


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> None:
    """Run a command; on failure raise `SetupFailed` with what it was for and its last lines."""
    result = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
        timeout=timeout_s,
        check=False,
    )
    if result.returncode:
        last = "\n".join(result.stdout.decode("utf-8", "replace").splitlines()[-15:])
        raise SetupFailed(f"{doing} failed (exit status {result.returncode}):\n{last}")


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its name when the block succeeds, else vanishes."""
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
    """Keep a second set-up of the same folder waiting until this one has ended, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "setup.lock").open("a+b") as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
