"""Reports a refusal that nothing else has reported, with as few libraries as possible.

It needs no file beside ``OneSeat.exe`` but Python itself: any other may be the one that is missing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Dict, List

from oneseat.client import reports
from signing.errors import OneSeatError

_MB_ICONERROR_TOPMOST = 0x10 | 0x40000
_TITLE = "OneSeat"
_NOTE = "OneSeat.txt"


def report_refusal(refusal: OneSeatError, arguments: List[str]) -> None:
    """Show a refusal in a message box, or report it where the command line asks for it. Never raises."""
    if not arguments:
        with contextlib.suppress(Exception):
            show(f"{refusal.diagnostics('zh')}\n\n{refusal.diagnostics('en')}")
        return
    options = _options(arguments)
    with contextlib.suppress(Exception):
        if "--message-file" in options:
            language = options.get("--language", "zh")
            path = Path(options["--message-file"])
            reports.write_message(path, refusal, language if language in ("zh", "en") else "zh")
    with contextlib.suppress(Exception):
        output = Path(options["--output"]) if "--output" in options else None
        reports.publish(reports.refusal_report(refusal), output)


def show(text: str) -> None:
    """Show a text in a message box of Windows or, where ctypes is missing too, in the text editor.

    Raises:
        OSError: neither is possible.
    """
    if sys.platform != "win32":
        return
    try:
        import ctypes

        box = ctypes.WinDLL("user32").MessageBoxW
        box(None, ctypes.c_wchar_p(text), ctypes.c_wchar_p(_TITLE), _MB_ICONERROR_TOPMOST)
    except ImportError:
        import tempfile

        note = Path(tempfile.gettempdir()) / _NOTE
        note.write_text(text, "utf-8-sig")
        os.startfile(str(note))  # noqa: S606 -- a text file of ours, in the editor


def _options(arguments: List[str]) -> Dict[str, str]:
    """Options with their values, both as ``--name value`` and as ``--name=value``."""
    options: Dict[str, str] = {}
    for position, argument in enumerate(arguments):
        name, given, value = argument.partition("=")
        if name.startswith("--") and (given or position + 1 < len(arguments)):
            options.setdefault(name, value if given else arguments[position + 1])
    return options
