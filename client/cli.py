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

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NoReturn, Optional

from client import baked, reports
from client.enrol import Enrolment, Program
from client.errors import InstallationBroken, UsageWrong, WindowUnavailable
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

_VALUES = re.compile(
    r"(unrecognized arguments|invalid [^:]*|ambiguous option|ignored explicit argument).*", re.DOTALL
)


class _Parser(argparse.ArgumentParser):
    """argparse that refuses as everything else does, and never assumes a console."""

    def error(self, message: str) -> NoReturn:
        """Refuse, without repeating values: somebody may have typed an ID number."""
        raise UsageWrong(reason=_VALUES.sub(r"\1", message))

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002
        reports.say(message)


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = _Parser(prog="OneSeat.exe", description="OneSeat: the candidate's client.")
    top.add_argument("--check", action="store_true", help="verify as at every launch, without a window")
    top.add_argument("--contact", action="store_true", help="with --check: ask the portal too")
    _add_reporting(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    health = commands.add_parser("check", help="check this computer against what the exam asks for")
    health.add_argument("--no-bandwidth", action="store_true", help="leave out the measuring of the line")
    health.add_argument("--json", action="store_true", required=True, help="report as one JSON object")
    health.add_argument("--output", type=Path, help="report into this file rather than to standard output")
    enrol = commands.add_parser("enrol", help="enrol the seat that an installer carries")
    enrol.add_argument("--installer", type=Path, required=True, help="the installer file that runs")
    enrol.add_argument("--message-file", type=Path, help="receives the installer page's text (UTF-16LE)")
    enrol.add_argument("--log", type=Path, help="receives the steps, line by line (UTF-8)")
    enrol.add_argument("--language", choices=("zh", "en"), default="zh", help="of the message")
    _add_reporting(enrol)
    keep = commands.add_parser("keep", help="refuse while the exam wants the client kept")
    keep.add_argument("--message-file", type=Path, help="receives the uninstaller page's text (UTF-16LE)")
    keep.add_argument("--language", choices=("zh", "en"), default="zh", help="of the message")
    forget = commands.add_parser("forget", help="remove what enrolment stored on this computer")
    forget.add_argument("--all", action="store_true", required=True, help="every seat of this exam")
    return top


def _add_reporting(target: argparse.ArgumentParser) -> None:
    target.add_argument("--answers", type=Path, help="a file of key=value lines, instead of the environment")
    target.add_argument("--json", action="store_true", help="report as one JSON object")
    target.add_argument("--output", type=Path, help="report into this file rather than to standard output")


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
        return _run(arguments, lambda: session_for(answers))
    except SystemExit as end:  # argparse after --help
        return int(end.code or 0)
    except Exception as fault:  # noqa: BLE001 -- the last resort: no traceback ever reaches a candidate
        refusal = as_refusal(fault)
        _last_word(refusal, shows_window=not arguments)
        return refusal.exit_status


def _run(arguments: List[str], make_session: Callable[[], Session]) -> int:
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
