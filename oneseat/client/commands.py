"""The commands of ``OneSeat.exe``, apart from its window: what installer, uninstaller and support run."""

from __future__ import annotations

import argparse
import time
from typing import Any, Callable, Dict, List, Optional

from oneseat.client import reports
from oneseat.client.actions import Actions
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import as_refusal
from oneseat.client.grammar import parser
from oneseat.client.health.examination import examine_all
from oneseat.client.health.report import health_report, unfit
from oneseat.client.local.vault import forget_exam
from signing.clock import SystemClock
from signing.dates import deadline
from signing.errors import OneSeatError
from signing.fields import instant_text
from signing.refusals import RESULTS_PUBLISHED, ClientStillNeeded


def run(arguments: List[str], actions_for: Callable[[], Actions], window: Callable[[], int]) -> int:
    """Run one command line; ``window`` is what runs where it names no command.

    Raises:
        UsageWrong: there is no such command, or not with such options.
        OneSeatError: what a command without a report of its own refuses with.
        SystemExit: help was asked for.
    """
    options = parser().parse_args(arguments)
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
    """``--check``: verify, report, and end with the refusal's number."""
    report: Dict[str, Any] = {}
    try:
        actions = actions_for()
        report["build"] = actions.program.baked.build_id
        identity = actions.identity(options.answers)
        started = time.perf_counter()
        try:
            if options.contact:
                contact = actions.contact(identity)
                report["contact"] = contact.fault.code if contact.fault else "ok"
                started = time.perf_counter()
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
    """``enrol``: what the installer runs; the message file says on its page what was refused."""
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
    """``check``: the health check; its status is 0 unless something blocks. Needs no identity."""
    actions = actions_for()
    charter = actions.charter()
    started = time.perf_counter()
    found = examine_all(actions.health_checks(charter, bandwidth=not options.no_bandwidth))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
    refusal = unfit(found)
    report = health_report(charter, actions.program.baked.build_id, found, refusal)
    reports.publish({**report, "elapsed_ms": elapsed_ms}, options.output)
    return refusal.error_level if refusal else 0


def keep(actions: Actions, options: argparse.Namespace) -> int:
    """``keep``: ends well when the newest charter on this computer lets the client go.

    Raises:
        OneSeatError: that charter cannot be read; then nobody knows.
    """
    charter = actions.charter()
    until = charter.keep_until
    refusal: Optional[OneSeatError] = None
    if until is None or actions.clock.now() < until:
        refusal = ClientStillNeeded(until=deadline(until) if until else RESULTS_PUBLISHED)
    reports.write_message(options.message_file, refusal, options.language)
    reports.publish(
        {"needed": refusal is not None, "keep_until": instant_text(until) if until else None}, None
    )
    return refusal.error_level if refusal else 0


def forget(actions: Actions) -> int:
    """``forget``: leave nothing of the exam on this computer."""
    forget_exam(actions.computer, actions.charter().exam)
    return 0
