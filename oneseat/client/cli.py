"""The command line of ``OneSeat.exe``, and the one place that catches refusals.

    OneSeat.exe                                  the window
    OneSeat.exe --check --json [--output FILE]   the launch verification, as one JSON object
    OneSeat.exe check --json [--output FILE]     the health check, as one JSON object
    OneSeat.exe enrol --installer FILE ...       what the installer runs, elevated
    OneSeat.exe keep ...                         what the uninstaller asks: whether it is still needed
    OneSeat.exe forget --all                     what the uninstaller runs

The exit status is 0, or the number of the refusal: Windows has 32 bits for it, and the installer passes it
on as its error level. Identity comes from the inherited environment or an answers file, never from arguments.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, List

from oneseat.client import baked
from oneseat.client.errors import InstallationBroken, WindowUnavailable, as_refusal
from oneseat.client.identity import take_from_environment
from oneseat.client.run import Program, Run
from signing.clock import SystemClock
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.client.actions import Actions


def load_actions(run: Run) -> Actions:
    """Import and make what a run can do: more modules than its first window needs."""
    from oneseat.client.actions import Actions

    return Actions(run)


def once(make: Callable[[], Actions]) -> Callable[[], Actions]:
    """The result of ``make``, made at the first call; calls from several threads wait for the same one."""
    lock = threading.Lock()
    made: List[Actions] = []

    def get() -> Actions:
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get


def window(run: Run, actions: Callable[[], Actions]) -> int:
    """No command: the window.

    Raises:
        WindowUnavailable: there is no desktop to show it on.
    """
    try:
        from oneseat.client.gui.app import show_window
    except ImportError as fault:
        raise WindowUnavailable(reason=fault.name or "tkinter") from None
    return show_window(run, actions)


def _installed(answers: Dict[str, str]) -> Run:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.computer import WindowsComputer

        program = Program(Path(sys.executable).resolve().parent, baked.load())
        return Run(program, WindowsComputer(), SystemClock(), answers)
    raise InstallationBroken(missing="Windows")


def main(
    arguments: List[str],
    run_for: Callable[[Dict[str, str]], Run] = _installed,
    actions_for: Callable[[Run], Actions] = load_actions,
) -> int:
    """Run one command line; returns the exit status, whatever happens.

    Where a refusal reaches this point nobody has shown it yet: it goes to a message
    window when the program was started for its window, and to standard output otherwise.
    """
    answers = take_from_environment(os.environ)

    def show(run: Run) -> int:
        return window(run, once(lambda: actions_for(run)))

    try:
        if not arguments:
            return show(run_for(answers))
        # Imported here: what the commands need would slow every start of the window.
        from oneseat.client import commands

        return commands.run(arguments, lambda: actions_for(run_for(answers)), lambda: show(run_for(answers)))
    except SystemExit as end:  # argparse after --help
        return int(end.code or 0)
    except Exception as fault:  # noqa: BLE001 -- the last resort: no traceback ever reaches a candidate
        refusal = as_refusal(fault)
        _last_word(refusal, shows_window=not arguments)
        return refusal.error_level


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
