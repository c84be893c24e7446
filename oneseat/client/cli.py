"""Entry of ``OneSeat.exe``: runs the window or a command, and catches every refusal.

    OneSeat.exe                                  the window
    OneSeat.exe --check --json [--output FILE]   the launch verification, as one JSON object
    OneSeat.exe check --json [--output FILE]     the health check, as one JSON object
    OneSeat.exe enrol --installer FILE ...       what the installer runs, elevated
    OneSeat.exe keep ...                         what the uninstaller runs first: is the client still needed?
    OneSeat.exe forget --all                     what the uninstaller runs

The exit status is 0 or the number of the refusal. Windows has 32 bits for it, and the installer passes it on
as its error level. An identity comes from the inherited environment or an answers file, never from arguments.

This module must import little: a start of the window waits for it. Commands and actions are imported late.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, List

from oneseat.client import baked
from oneseat.client.errors import ClientAlreadyOpen, InstallationBroken, WindowUnavailable, as_refusal
from oneseat.client.identity import take_from_environment
from oneseat.client.run import Program, Run
from signing.clock import SystemClock
from signing.text import verbatim

if TYPE_CHECKING:
    from oneseat.client.actions import Actions

_FIRST_WINDOW_S = 5.0
"""How long the window of a client that was started a moment ago may take to be drawn."""


def load_actions(run: Run) -> Actions:
    """Import and create the actions of a run. Imported late: they need far more modules than the window."""
    from oneseat.client.actions import Actions

    return Actions(run)


def call_once(make: Callable[[], Actions]) -> Callable[[], Actions]:
    """Cache the result of the first call of ``make``, under a lock that all threads share."""
    lock = threading.Lock()
    results: List[Actions] = []

    def get() -> Actions:
        with lock:
            if not results:
                results.append(make())
            return results[0]

    return get


def open_window(run: Run, actions: Callable[[], Actions]) -> int:
    """Show the window until it is closed; returns the exit status.

    One window is open for each installation: where there is one already, it comes to the front instead.

    Raises:
        WindowUnavailable: there is no desktop, or Tk is missing or damaged.
        ClientAlreadyOpen: the window that is open cannot be found.
    """
    if not run.computer.hold_window(run.program.folder) and _show_first(run):
        return 0
    try:
        from oneseat.client.gui.app import show_window
    except ImportError as fault:
        raise WindowUnavailable(reason=verbatim(fault.name or "tkinter")) from None
    return show_window(run, actions)


def _show_first(run: Run) -> bool:
    """Bring the window of the client that runs already to the front; it may not be drawn yet.

    False if that client has ended meanwhile: its window closes before its process ends.
    """
    product, until = run.charter().product, time.monotonic() + _FIRST_WINDOW_S
    while not run.computer.show_window((product.zh, product.en)):
        if time.monotonic() > until:
            raise ClientAlreadyOpen
        time.sleep(0.1)
        if run.computer.hold_window(run.program.folder):
            return False
    return True


def _installed_run(answers: Dict[str, str]) -> Run:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.computer import WindowsComputer

        program = Program(Path(sys.executable).resolve().parent, baked.load())
        return Run(program, WindowsComputer(), SystemClock(), answers)
    raise InstallationBroken(missing="Windows")


def main(
    arguments: List[str],
    run_for: Callable[[Dict[str, str]], Run] = _installed_run,
    actions_for: Callable[[Run], Actions] = load_actions,
) -> int:
    """Run one command line; always returns an exit status.

    A refusal that reaches this function has not been shown yet. It goes to a message box when the program
    was started for its window, and to standard output otherwise.
    """
    answers = take_from_environment(os.environ)

    def show(run: Run) -> int:
        return open_window(run, call_once(lambda: actions_for(run)))

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
        from oneseat.client.last_resort import report_refusal

        report_refusal(refusal, arguments)
        return refusal.error_level
