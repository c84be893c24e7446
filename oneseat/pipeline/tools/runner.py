"""Runs external programs: without a shell, with a timeout, and with their last output on failure."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.tools.errors import ToolFailed, ToolMissing, ToolTimedOut
from signing.os_faults import system_reason
from signing.text import Lines, Text, quoted

LAST_LINES = 15

_POSIX = sys.platform != "win32"
_SURROUNDINGS = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "LANGUAGE": "", "TZ": "UTC"} if _POSIX else {}
"""What every tool gets whatever the caller has, so that its output depends on its input only.

Under LC_ALL=C wine finds no folder whose name is not ASCII.
"""
_UMASK = 0o022
_POLL_S = 0.02
_PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class Invocation:
    """The command line of a program with timeout, environment and working folder.

    ``doing`` describes its purpose in a few words. ``environment`` is added to the current one, over a fixed
    locale and time zone.
    ``command`` must hold no secret: every process on the computer can read it.
    """

    tool: str
    doing: Text
    command: Sequence[str | Path]
    timeout_s: float = 600
    environment: Mapping[str, str] | None = None
    folder: Path | None = None


def run(invocation: Invocation, on_line: Callable[[str], None] | None = None) -> str:
    """Run a program and return its output, both streams merged.

    ``on_line`` is called with each line as it appears.

    Raises:
        ToolMissing: the program cannot be started.
        ToolFailed: its exit status was not 0.
        ToolTimedOut: it took longer than ``timeout_s`` and was killed with its children.
    """
    status, output = run_for_status(invocation, on_line)
    if status:
        refusal = ToolFailed(
            tool=invocation.tool, job=invocation.doing, status=status, last_lines=Lines(last_lines(output))
        )
        refusal.output = output
        raise refusal
    return output


def run_for_status(
    invocation: Invocation, on_line: Callable[[str], None] | None = None, *, leaves_others: bool = False
) -> tuple[int, str]:
    """Run a program whose exit status is a result; return status and output.

    Output is read until every program that shares it has ended. With ``leaves_others`` it is read until this
    program ends, which may leave others running (POSIX only, without ``on_line``).
    """
    with _start(invocation) as process:
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _kill(process)

        timer = threading.Timer(invocation.timeout_s, expire)
        timer.start()
        try:
            output = _lines_until_exit(process) if leaves_others else list(_lines(process, on_line))
            status = process.wait()
        finally:
            timer.cancel()
    printed = "\n".join(output)
    if expired.is_set():
        refusal = ToolTimedOut(
            tool=invocation.tool,
            job=invocation.doing,
            seconds=int(invocation.timeout_s),
            last_lines=Lines(last_lines(printed)),
        )
        refusal.output = printed
        raise refusal
    return status, printed


def last_lines(output: str) -> str:
    """Return the last non-empty lines, for an error message."""
    return "\n".join(deque((line for line in output.splitlines() if line.strip()), LAST_LINES))


@contextlib.contextmanager
def _start(invocation: Invocation) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(word) for word in invocation.command]
    try:
        if _POSIX:
            _require_program(command[0], invocation.folder)
        process = subprocess.Popen(
            [*_with_parent(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_SURROUNDINGS, **(invocation.environment or {})},
            cwd=invocation.folder,
            umask=_UMASK if _POSIX else -1,
            # A process group of its own, so that a timeout or a signal also ends the program's children.
            start_new_session=_POSIX,
        )
    except OSError as error:
        place, reason = quoted(invocation.command[0]), system_reason(error)
        mend = Text(f"It was looked for at {place}: {reason.en}.", f"查找位置：{place}（{reason.zh}）。")
        raise ToolMissing(tool=invocation.tool, mend=mend) from error
    try:
        yield process
    finally:
        if process.poll() is None:
            _kill(process)
        if process.stdout:
            process.stdout.close()
        process.wait()


def _require_program(program: str, folder: Path | None) -> None:
    """Raise what starting a missing program raises; behind `setpriv` it would be an exit status."""
    if shutil.which(program) is None and shutil.which(str((folder or Path()) / program)) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


@functools.cache
def _with_parent() -> list[str]:
    """Return the command that has the kernel kill a tool when this process is killed (PR_SET_PDEATHSIG).

    It is util-linux's `setpriv`, which becomes the tool. Where it is missing, a tool outlives a SIGKILL of
    ours.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None) -> Iterator[str]:
    if process.stdout is None:
        return
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        if on_line:
            on_line(line)
        yield line


def _lines_until_exit(process: subprocess.Popen[bytes]) -> list[str]:
    """Read a program's output until the program ends, whatever else has the output open."""
    output, ended = b"", False
    while process.stdout is not None:
        # Asked first: what it wrote before its end is in the pipe then.
        ended = process.poll() is not None
        ready, _, _ = select.select([process.stdout], [], [], 0 if ended else _POLL_S)
        piece = os.read(process.stdout.fileno(), _PIECE_BYTES) if ready else b""
        output += piece
        if (ready or ended) and not piece:
            break
    return [line.rstrip() for line in output.decode("utf-8", "replace").splitlines()]


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
