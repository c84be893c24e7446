"""Starting programs: a list and never a shell, a time limit, and the last lines when it fails."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.tools.errors import ToolFailed, ToolMissing, ToolTimedOut
from signing.text import Text

LAST_LINES = 15


@dataclass(frozen=True)
class Job:
    """One start of a program.

    ``doing`` says in a few words what it is for. ``environment`` is added to ours. No secret belongs in
    ``command``: it can be read by every process on the computer.
    """

    tool: str
    doing: str
    command: Sequence[str | Path]
    timeout_s: float = 600
    environment: Mapping[str, str] | None = None
    folder: Path | None = None


def run(job: Job, on_line: Callable[[str], None] | None = None) -> str:
    """Run a program to its end and return what it said, both streams in one.

    ``on_line`` is called with each line as it appears.

    Raises:
        ToolMissing: the program is not there.
        ToolFailed: its exit status was not 0.
        ToolTimedOut: it took longer than ``timeout_s`` and was ended, its children with it.
    """
    status, said = run_for_status(job, on_line)
    if status:
        raise ToolFailed(tool=job.tool, job=job.doing, status=status, last_lines=last_lines(said))
    return said


def run_for_status(job: Job, on_line: Callable[[str], None] | None = None) -> tuple[int, str]:
    """As :func:`run`, for programs whose exit status is an answer: returns it with what was said."""
    with _started(job) as process:
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _end(process)

        timer = threading.Timer(job.timeout_s, expire)
        timer.start()
        try:
            said = list(_lines(process, on_line))
            status = process.wait()
        finally:
            timer.cancel()
    if expired.is_set():
        raise ToolTimedOut(
            tool=job.tool, job=job.doing, seconds=int(job.timeout_s), last_lines=last_lines("\n".join(said))
        )
    return status, "\n".join(said)


def last_lines(said: str) -> str:
    """The last lines that are not empty, as many as help."""
    return "\n".join(deque((line for line in said.splitlines() if line.strip()), LAST_LINES))


@contextlib.contextmanager
def _started(job: Job) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            [str(word) for word in job.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(job.environment or {})},
            cwd=job.folder,
            # A group of its own, so that a time limit ends what the program started as well.
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        said = error.strerror or "it cannot be started"
        mend = Text(
            f"It was looked for at {job.command[0]}: {said}.", f"查找位置：{job.command[0]}（{said}）。"
        )
        raise ToolMissing(tool=job.tool, mend=mend) from error
    try:
        yield process
    finally:
        if process.poll() is None:
            _end(process)
        if process.stdout:
            process.stdout.close()
        process.wait()


def _lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None) -> Iterator[str]:
    if process.stdout is None:
        return
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        if on_line:
            on_line(line)
        yield line


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
