"""Output of a run: a JSON report, the installer's message file, a log.

None of it contains personal data: only codes, causes, remedies, pseudonyms and versions.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Dict, List, Optional

from oneseat.client.local.storage import storage_errors, write_atomically
from signing.clock import Clock
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.client.launch import Acceptance

_MAX_LINE = 480
"""Of the message file: the installer's strings end at 1024 characters, and it shows all lines in one."""
_STD_OUTPUT_HANDLE = -11


def refusal_report(refusal: OneSeatError) -> Dict[str, Any]:
    """Report members for a refusal: code, cause and remedy."""
    return {
        "accepted": False,
        "code": refusal.code,
        "cause": refusal.cause_text._asdict(),
        "remedy": refusal.remedy_text._asdict(),
    }


def acceptance_report(acceptance: Acceptance) -> Dict[str, Any]:
    """Report members for an acceptance: seat pseudonym, exam and charter version."""
    return {
        "accepted": True,
        "code": None,
        "cause": None,
        "remedy": None,
        "exam": acceptance.charter.exam,
        "charter_version": acceptance.charter.version,
        "jti": acceptance.licence.jti,
        "enrolment": acceptance.enrolment,
    }


def standard_output() -> Optional[BinaryIO]:
    """Standard output, or None: a windowed program has none unless it inherits one."""
    stream = sys.stdout
    if stream is not None:
        return getattr(stream, "buffer", None)
    if sys.platform == "win32":
        return _inherited_output()
    return None


def _inherited_output() -> Optional[BinaryIO]:
    if sys.platform != "win32":
        return None
    import ctypes
    import msvcrt

    kernel = ctypes.WinDLL("kernel32")
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle = kernel.GetStdHandle(_STD_OUTPUT_HANDLE)
    if handle in (None, 0, ctypes.c_void_p(-1).value):
        return None
    try:
        return os.fdopen(msvcrt.open_osfhandle(handle, os.O_BINARY), "wb", closefd=False)
    except OSError:
        return None


def publish(report: Dict[str, Any], output: Optional[Path]) -> None:
    """Write one JSON object to ``output`` (UTF-8), or to standard output if there is one.

    Raises:
        StorageFailed: the file cannot be written.
    """
    if output is not None:
        with storage_errors():
            write_atomically(output, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
        return
    stream = standard_output()
    if stream is not None:
        with storage_errors():  # ASCII: a console may use any code page
            stream.write((json.dumps(report) + "\n").encode("ascii"))
            stream.flush()


def say(text: str) -> None:
    """Write text to standard output if there is one."""
    stream = standard_output()
    if stream is not None:
        stream.write(text.encode(errors="backslashreplace"))
        stream.flush()


def message(refusal: Optional[OneSeatError], language: str) -> bytes:
    """Encode the message that the installer's page shows, as NSIS reads it: UTF-16LE with BOM and CRLF.

    Three lines: code, cause and remedy. Without a refusal: the line ``OK``.
    """
    if refusal is None:
        lines = ["OK"]
    else:
        texts = (refusal.cause_text, refusal.remedy_text)
        lines = [refusal.code, *(" ".join(getattr(text, language).split()) for text in texts)]
    text = "\r\n".join(line[:_MAX_LINE] for line in lines) + "\r\n"
    return b"\xff\xfe" + text.encode("utf-16-le")


class LogFile:
    """Append-only log of lines with timestamps; a write error turns the file off and raises nothing."""

    def __init__(self, path: Optional[Path], clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self.lines: List[str] = []

    def __call__(self, line: str) -> None:
        """Add one line."""
        self.lines.append(line)
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="\r\n") as stream:
                stream.write(f"{self._clock.now().isoformat(timespec='seconds')} {line}\n")
        except OSError:
            self._path = None


def write_message(path: Optional[Path], refusal: Optional[OneSeatError], language: str) -> None:
    """Write the installer's message to ``path`` if it is given.

    Raises:
        StorageFailed: the file cannot be written.
    """
    if path is None:
        return
    with storage_errors():
        write_atomically(path, message(refusal, language))
