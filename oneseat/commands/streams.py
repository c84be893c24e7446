"""Prepares the standard streams, so that no encoding, closed stream or full disk can break a message.

What an encoding cannot hold is written as an escape. Messages that standard error cannot take
are dropped, since the exit status tells the outcome. A result that standard output cannot take is an error,
except that a reader may close its pipe, as ``head`` does.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STANDARD_ERROR = 2
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class _ClosedOutput(io.TextIOBase):
    """Stands for a standard output that the caller closed: whatever is written is refused."""

    encoding = "utf-8"

    def write(self, text: str) -> int:  # noqa: ARG002 -- the base class's signature
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class _Messages(io.TextIOWrapper):
    """A standard error that drops what it cannot write."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def prepare() -> None:
    """Make the standard streams safe to write to. Called once, before anything is opened."""
    _fill_closed_descriptors()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    elif sys.stdout is None:
        sys.stdout = _ClosedOutput()
    if isinstance(sys.stderr, io.TextIOWrapper):
        encoding = sys.stderr.encoding
        sys.stderr = _Messages(sys.stderr.detach(), encoding, "backslashreplace", line_buffering=True)
    elif sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- until the end


def _fill_closed_descriptors() -> None:
    # Otherwise the next file that is opened, such as the database, would be standard output to a child.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)


@contextmanager
def tolerate_closed_pipe() -> Iterator[None]:
    """Drop the rest of the output when its reader closes the pipe; the exit status stays the command's."""
    try:
        yield
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Send what standard output still holds nowhere, so that Python's last flush cannot fail."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def settle_output() -> None:
    """Discard the output if it cannot be written."""
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()


def json_text(document: object) -> str:
    """Encode JSON for standard output; characters that a terminal acts on or hides become escapes."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document)
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _HIDDEN else c for c in text)
