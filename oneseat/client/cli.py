"""The command line of ``OneSeat.exe``, and the one place that catches refusals.

    OneSeat.exe                                  the window
    OneSeat.exe --check --json [--output FILE]   the launch verification, as one JSON object
    OneSeat.exe check --json [--output FILE]     the health check, as one JSON object
    OneSeat.exe enrol --installer FILE ...       what the installer runs, elevated
    OneSeat.exe keep ...                         what the uninstaller asks: whether it is still needed
    OneSeat.exe forget --all                     what the uninstaller runs

The exit status is 0, or the number of the refusal. Identity comes from the inherited
environment or an answers file, never from arguments.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable, Dict, List

from oneseat.client import baked
from oneseat.client.errors import InstallationBroken, WindowUnavailable
from oneseat.client.identity import take_from_environment
from oneseat.client.refusals import as_refusal
from oneseat.client.run import Program, Start
from signing.clock import SystemClock
from signing.errors import OneSeatError


def window(start: Start) -> int:
    """No command: the window.

    Raises:
        WindowUnavailable: there is no desktop to show it on.
    """
    try:
        from oneseat.client.gui.app import run
    except ImportError as fault:
        raise WindowUnavailable(reason=fault.name or "tkinter") from None
    return run(start)


def _installed(answers: Dict[str, str]) -> Start:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.computer import WindowsComputer

        program = Program(Path(sys.executable).resolve().parent, baked.load())
        return Start(program, WindowsComputer(), SystemClock(), answers)
    raise InstallationBroken(missing="Windows")


def main(arguments: List[str], start_for: Callable[[Dict[str, str]], Start] = _installed) -> int:
    """Run one command line; returns the exit status, whatever happens.

    Where a refusal reaches this point nobody has shown it yet: it goes to a message
    window when the program was started for its window, and to standard output otherwise.
    """
    answers = take_from_environment(os.environ)
    try:
        if not arguments:
            return window(start_for(answers))
        from oneseat.client import (
            commands,  # here: what the commands need would slow every start of the window
        )

        return commands.run(
            arguments, lambda: start_for(answers).session(), lambda: window(start_for(answers))
        )
    except SystemExit as end:  # argparse after --help
        return int(end.code or 0)
    except Exception as fault:  # noqa: BLE001 -- the last resort: no traceback ever reaches a candidate
        refusal = as_refusal(fault)
        _last_word(refusal, shows_window=not arguments)
        return refusal.exit_status


def _last_word(refusal: OneSeatError, *, shows_window: bool) -> None:
    try:
        if shows_window and sys.platform == "win32":
            from oneseat.client.platform.windows.computer import show_message

            show_message("OneSeat", f"{refusal.diagnostics('zh')}\n\n{refusal.diagnostics('en')}")
        else:
            from oneseat.client import reports

            reports.publish(reports.refusal_report(refusal), None)
    except Exception:  # noqa: BLE001, S110 -- there is nobody left to tell
        pass
