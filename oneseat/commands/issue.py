"""``issue``: issue a seat and a licence for every valid row of a roster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import (
    PATH,
    Command,
    pass_context,
    reading_options,
    trust_clock_option,
    workers_options,
)
from oneseat.commands.roster import sheet_lines
from oneseat.pipeline.workers.pool import WorkerOptions

if TYPE_CHECKING:
    from oneseat.pipeline.issuing.issuer import Issued
    from oneseat.pipeline.roster import Reading


@click.command(cls=Command)
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Write nothing when any row is faulty.")
@click.option("--retry-failed", is_flag=True, help="Take up only the rows that the last issue run left out.")
@click.option(
    "--plan", is_flag=True, help="Print as JSON what would be done and why; the next run does that."
)
@click.option(
    "--withdraw-missing",
    is_flag=True,
    help="Revoke the seats that the roster does not name. With --plan, list them.",
)
@reading_options
@workers_options
@trust_clock_option
@pass_context
def issue(
    context: Context,
    /,
    file: Path,
    *,
    plan: bool,
    reading: Reading,
    workers: WorkerOptions,
    trust_clock: bool,
    **flags: bool,
) -> None:
    """Give every sound row of a roster its seat and its licence for the current base.

    Run it again with a longer or corrected roster: it adds, leaves alone, or re-issues. Ctrl-C finishes the
    chunk at hand; run it again with the same roster to go on. `--plan` writes no seat and no licence.
    Seats that the roster does not name keep their licences and are counted.
    """
    from oneseat.pipeline import release
    from oneseat.pipeline.base import current_base

    project, console = context.project(trust_clock=trust_clock), context.console
    base = current_base.last_built(project)
    issuer, phones = release.issuer(project, base, workers), release.phone_issuer(project, base)
    if plan:
        with console.stream_list("steps") as (add_step, finish), console.progress() as on_progress:
            del flags["strict"]  # a plan writes nothing, and lists the faulty rows
            planned = issuer.plan(file, reading=reading, on_step=add_step, on_progress=on_progress, **flags)
            finish(planned)
        return
    with console.progress() as on_progress:
        issued = issuer.issue(file, reading=reading, on_progress=on_progress, **flags)
        if phones is not None:
            issued = replace(issued, phones=phones.issue(on_progress).issued)
    _show_rows_left_out(context, issued)
    for line in roster_lines(issued):
        console.warn(line)
    console.result(
        issued,
        f"Issue run {issued.issue_run}, {issued.rows} rows: {issued.added} added, "
        f"{issued.unchanged} left alone, {issued.refreshed} refreshed, "
        f"{issued.reissued} re-issued, {issued.faulty} faulty.",
    )


def roster_lines(issued: Issued) -> list[str]:
    """Describe how roster and seats differ: seats that no row names, names to check, what is hidden."""
    lines = sheet_lines(issued)
    if issued.remarks:
        lines.append(
            f"{issued.remarks} names hold remarks, digits or signs, which their owners must type to log in: "
            "`oneseat roster check` lists them."
        )
    kept = issued.not_in_roster - issued.withdrawn
    if kept:
        lines.append(
            f"{kept} seats are not in this roster and keep their licences: `--plan --withdraw-missing` lists "
            "them, `--withdraw-missing` revokes them."
        )
    if issued.phones is not None:
        lines.append(f"{issued.phones} phone licences were signed.")
    if issued.with_terms:
        lines.append(f"{issued.with_terms} seats have a session, paper, extra time or aids of their own.")
    if issued.withdrawn:
        lines.append(f"{issued.withdrawn} seats that are not in this roster were revoked.")
    return lines


def _show_rows_left_out(context: Context, issued: Issued) -> None:
    """Show the first rows that got no seat, and what to do about them."""
    if not issued.faulty:
        return
    from oneseat.pipeline.roster.columns import TITLES

    rows = [
        (place, TITLES[column].zh if column else "", reason.zh, reason.en)
        for place, fault in zip(issued.fault_places, issued.faults, strict=True)
        for column, reason in fault.reasons
    ]
    context.console.table("Rows left out", ["row", "column", "原因", "reason"], rows)
    context.console.warn(
        f"{issued.faulty} faulty rows got no seat: `oneseat roster check` lists them. "
        "Correct them where they stand, then run `oneseat issue --retry-failed`."
    )
