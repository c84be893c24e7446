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
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from client import baked, reports
from client.enrol import Enrolment, Program
from client.errors import InstallationBroken, WindowUnavailable
from client.health.examination import examine_all
from client.health.report import health_report, unfit
from client.identity import take_from_environment
from client.refusals import as_refusal
from client.schedule import deadline_text
from client.session import Session
from client.vault import forget_exam
from signing.clock import SystemClock
from signing.errors import RESULTS_PUBLISHED, ClientStillNeeded, OneSeatError
from signing.fields import instant_text

if TYPE_CHECKING:
    import argparse


def check(make_session: Callable[[], Session], options: argparse.Namespace) -> int:
    """``--check``: verify, report, and end with the refusal's number."""
    report: Dict[str, Any] = {}
    try:
        session = make_session()
        report["build"] = session.program.baked.build_id
        identity = session.identity(options.answers)
        started = time.perf_counter()
        try:
            if options.contact:
                contact = session.contact(identity)
                report["contact"] = contact.fault.code if contact.fault else "ok"
                started = time.perf_counter()
            acceptance = session.accept(identity)
        finally:
            report["elapsed_ms"] = round((time.perf_counter() - started) * 1000, 2)
    except Exception as fault:  # noqa: BLE001 -- reported as Unexpected
        refusal = as_refusal(fault)
        reports.publish({**report, **reports.refusal_report(refusal)}, options.output)
        return refusal.exit_status
    reports.publish({**report, **reports.acceptance_report(acceptance)}, options.output)
    return 0


def enrol(make_session: Callable[[], Session], options: argparse.Namespace) -> int:
    """``enrol``: what the installer runs; the message file says on its page what was refused."""
    log = reports.LogFile(options.log, SystemClock())
    report: Dict[str, Any] = {}
    refusal: Optional[OneSeatError] = None
    try:
        session = make_session()
        report["build"] = session.program.baked.build_id
        run = Enrolment(session.program, session.computer, session.clock, log, session.portal_for)
        acceptance = run.run(options.installer, session.identity(options.answers))
        report.update(reports.acceptance_report(acceptance))
    except Exception as fault:  # noqa: BLE001 -- reported as Unexpected
        refusal = as_refusal(fault)
        log(f"refused: {refusal.diagnostics('en').splitlines()[0]}")
        report.update(reports.refusal_report(refusal))
    reports.write_message(options.message_file, refusal, options.language)
    if options.json or options.output:
        reports.publish(report, options.output)
    return refusal.exit_status if refusal else 0


def health(make_session: Callable[[], Session], options: argparse.Namespace) -> int:
    """``check``: the health check; its status is 0 unless something blocks. Needs no identity."""
    session = make_session()
    charter = session.charter()
    started = time.perf_counter()
    found = examine_all(session.health_checks(charter, bandwidth=not options.no_bandwidth))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
    refusal = unfit(found)
    report = health_report(charter, session.program.baked.build_id, found, refusal)
    reports.publish({**report, "elapsed_ms": elapsed_ms}, options.output)
    return refusal.exit_status if refusal else 0


def keep(session: Session, options: argparse.Namespace) -> int:
    """``keep``: ends well when the newest charter on this computer lets the client go.

    Raises:
        OneSeatError: that charter cannot be read; then nobody knows.
    """
    charter = session.charter()
    until = charter.keep_until
    refusal: Optional[OneSeatError] = None
    if until is None or session.clock.now() < until:
        refusal = ClientStillNeeded(until=deadline_text(until) if until else RESULTS_PUBLISHED)
    reports.write_message(options.message_file, refusal, options.language)
    reports.publish(
        {"needed": refusal is not None, "keep_until": instant_text(until) if until else None}, None
    )
    return refusal.exit_status if refusal else 0


def window(session: Session) -> int:
    """No command: the window.

    Raises:
        WindowUnavailable: there is no desktop to show it on.
    """
    try:
        from client.window.app import run
    except ImportError as fault:
        raise WindowUnavailable(reason=fault.name or "tkinter") from None
    return run(session)


def _installed_session(answers: Dict[str, str]) -> Session:
    if sys.platform == "win32":
        from client.windows import WindowsComputer

        program = Program(Path(sys.executable).resolve().parent, baked.load())
        return Session(program, WindowsComputer(), SystemClock(), answers)
    raise InstallationBroken(missing="Windows")


def main(arguments: List[str], session_for: Callable[[Dict[str, str]], Session] = _installed_session) -> int:
    """Run one command line; returns the exit status, whatever happens.

    Where a refusal reaches this point nobody has shown it yet: it goes to a message
    window when the program was started for its window, and to standard output otherwise.
    """
    answers = take_from_environment(os.environ)
    try:
        return _run(arguments, lambda: session_for(answers)) if arguments else window(session_for(answers))
    except SystemExit as end:  # argparse after --help
        return int(end.code or 0)
    except Exception as fault:  # noqa: BLE001 -- the last resort: no traceback ever reaches a candidate
        refusal = as_refusal(fault)
        _last_word(refusal, shows_window=not arguments)
        return refusal.exit_status


def _run(arguments: List[str], make_session: Callable[[], Session]) -> int:
    from client.grammar import parser  # here: argparse and what it needs would slow every start

    options = parser().parse_args(arguments)
    if options.command == "forget":
        session = make_session()
        forget_exam(session.computer, session.charter().exam)
        return 0
    if options.command == "check":
        return health(make_session, options)
    if options.command == "keep":
        return keep(make_session(), options)
    if options.command == "enrol":
        return enrol(make_session, options)
    if options.check:
        return check(make_session, options)
    return window(make_session())


def _last_word(refusal: OneSeatError, *, shows_window: bool) -> None:
    try:
        if shows_window and sys.platform == "win32":
            from client.windows import show_message

            show_message("OneSeat", f"{refusal.diagnostics('zh')}\n\n{refusal.diagnostics('en')}")
        else:
            reports.publish(reports.refusal_report(refusal), None)
    except Exception:  # noqa: BLE001, S110 -- there is nobody left to tell
        pass
