"""Commands of ``OneSeat.exe`` and their argparse grammar: what installer, uninstaller and support run."""

from __future__ import annotations

import argparse
import contextlib
import re
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NoReturn, Optional

from oneseat.client import reports
from oneseat.client.actions import Actions
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import RemovalTimeUnconfirmed, UsageWrong, as_refusal
from oneseat.client.health.examination import examine_all
from oneseat.client.health.report import health_report, unfit
from oneseat.client.local.kept_uploads import latest_end
from oneseat.client.local.room_profile import remove_all_profiles
from oneseat.client.local.vault import forget_exam
from signing.charter import Charter
from signing.clock import SystemClock
from signing.dates import deadline
from signing.errors import OneSeatError
from signing.fields import instant_text
from signing.refusals import RESULTS_PUBLISHED, ClientStillNeeded
from signing.text import Text, untranslated

_UPLOADED = Text(
    "the recordings of an interview are uploaded, which goes on by itself until {until.en} at the latest",
    "面试录像全部上传、显示“交卷完成”（考生端会自动继续上传，最迟至{until.zh}）",
)
_VALUES = re.compile(
    r"(unrecognized arguments|invalid [^:]*|ambiguous option|ignored explicit argument).*", re.DOTALL
)
"""The part of argparse's messages that repeats what was typed."""


class _Parser(argparse.ArgumentParser):
    """Argument parser that raises a refusal, and prints only where a standard output exists."""

    def error(self, message: str) -> NoReturn:
        """Refuse, without repeating values: an ID number may have been typed."""
        raise UsageWrong(reason=untranslated(_VALUES.sub(r"\1", message)))

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002
        reports.say(message)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
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


def run(arguments: List[str], actions_for: Callable[[], Actions], window: Callable[[], int]) -> int:
    """Parse and run one command line; without a command ``window`` runs.

    Raises:
        UsageWrong: the command is unknown, or an option does not belong to it.
        OneSeatError: the command refused, and writes no report of its own.
        SystemExit: help was printed.
    """
    options = build_parser().parse_args(arguments)
    if options.command == "forget":
        return forget(actions_for())
    if options.command == "check":
        return health(actions_for, options)
    if options.command == "keep":
        return keep(actions_for(), options)
    if options.command == "enrol":
        return enrol(actions_for, options)
    if options.check:
        return check(actions_for, options)
    return window()


def check(actions_for: Callable[[], Actions], options: argparse.Namespace) -> int:
    """Run ``--check``: verify, report, and return the refusal's number."""
    report: Dict[str, Any] = {}
    try:
        actions = actions_for()
        report["build"] = actions.program.baked.build_id
        identity = actions.identity(options.answers)
        started = time.perf_counter()
        try:
            if options.contact:
                outcome = actions.sync(identity)
                report["contact"] = outcome.fault.code if outcome.fault else "ok"
                started = time.perf_counter()  # a round trip is no part of the verification
            acceptance = actions.accept(identity)
        finally:
            report["elapsed_ms"] = round((time.perf_counter() - started) * 1000, 2)
    except Exception as fault:  # noqa: BLE001 -- reported as Unexpected
        refusal = as_refusal(fault)
        reports.publish({**report, **reports.refusal_report(refusal)}, options.output)
        return refusal.error_level
    reports.publish({**report, **reports.acceptance_report(acceptance)}, options.output)
    return 0


def enrol(actions_for: Callable[[], Actions], options: argparse.Namespace) -> int:
    """Run ``enrol`` for the installer; a refusal also goes to the message file, which its page shows."""
    log = reports.LogFile(options.log, SystemClock())
    report: Dict[str, Any] = {}
    refusal: Optional[OneSeatError] = None
    try:
        actions = actions_for()
        report["build"] = actions.program.baked.build_id
        run = Enrolment(actions.program, actions.computer, actions.clock, log, actions.portal_for)
        acceptance = run.run(options.installer, actions.identity(options.answers))
        report.update(reports.acceptance_report(acceptance))
    except Exception as fault:  # noqa: BLE001 -- reported as Unexpected
        refusal = as_refusal(fault)
        log(f"refused: {refusal.diagnostics('en').splitlines()[0]}")
        report.update(reports.refusal_report(refusal))
    reports.write_message(options.message_file, refusal, options.language)
    if options.json or options.output:
        reports.publish(report, options.output)
    return refusal.error_level if refusal else 0


def health(actions_for: Callable[[], Actions], options: argparse.Namespace) -> int:
    """Run ``check``, the health check: returns 0 unless a finding blocks. Needs no identity."""
    actions = actions_for()
    charter = actions.charter()
    started = time.perf_counter()
    findings = examine_all(actions.health_checks(charter, bandwidth=not options.no_bandwidth))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
    refusal = unfit(findings)
    report = health_report(charter, actions.program.baked.build_id, findings, refusal)
    reports.publish({**report, "elapsed_ms": elapsed_ms}, options.output)
    return refusal.error_level if refusal else 0


def keep(actions: Actions, options: argparse.Namespace) -> int:
    """Run ``keep``: returns 0 when the client and its state may be removed, by the portal's time too.

    Raises:
        OneSeatError: no valid charter can be read, so the date is unknown.
    """
    charter = actions.charter()
    until = charter.keep_until
    refusal = _refuse_removal(actions, charter)
    reports.write_message(options.message_file, refusal, options.language)
    needed = isinstance(refusal, ClientStillNeeded)
    reports.publish({"needed": needed, "keep_until": instant_text(until) if until else None}, None)
    return refusal.error_level if refusal else 0


def _refuse_removal(actions: Actions, charter: Charter) -> Optional[OneSeatError]:
    """Why the client is still needed, or may go only without its state; None where both may go."""
    uploading = latest_end(actions.computer, charter.exam, actions.time.now())
    if uploading is not None:
        latest = deadline(uploading.astimezone(charter.ends.tzinfo))
        return ClientStillNeeded(until=_UPLOADED.filled({"until": latest}))
    until = charter.keep_until
    if until is None:
        return ClientStillNeeded(until=RESULTS_PUBLISHED)
    # A clock that is years ahead, as with a flat battery, must not delete what the exam still needs.
    unconfirmed = _synchronised(actions, charter) if actions.time.now() >= until else None
    if actions.time.now() < until:
        return ClientStillNeeded(until=deadline(until))
    return unconfirmed


def _synchronised(actions: Actions, charter: Charter) -> Optional[OneSeatError]:
    """Fetch the portal's time; what it was refused with, as a refusal of the removal."""
    try:
        actions.time.synchronise(actions.portal_for(charter).signed_time)
    except OneSeatError as fault:
        return RemovalTimeUnconfirmed(why=fault.code)
    return None


def forget(actions: Actions) -> int:
    """Run ``forget``: delete the exam's state from this computer."""
    with contextlib.suppress(OneSeatError, OSError):  # the value leads nowhere once the program is removed
        actions.opener_for().start_after_logon(on=False)
    forget_exam(actions.computer, actions.charter().exam)
    remove_all_profiles(actions.computer)
    return 0
