"""``issue``: issue a seat and a licence for every valid row of a roster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context, workers_options
from oneseat.pipeline.workers.pool import WorkerOptions

if TYPE_CHECKING:
    from oneseat.pipeline.issuing.issuer import Issued


@click.command(cls=Command)
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Write nothing when any row is faulty.")
@click.option("--retry-failed", is_flag=True, help="Take up only the rows that the last issue run left out.")
@click.option(
    "--plan", is_flag=True, help="Print as JSON what would be done and why; the next run does that."
)
@workers_options
@pass_context
def issue(
    context: Context, file: Path, strict: bool, retry_failed: bool, plan: bool, workers: WorkerOptions
) -> None:
    """Give every sound row of a roster its seat and its licence for the current base.

    Run it again with a longer or corrected roster: it adds, leaves alone, or re-issues. Ctrl-C finishes the
    chunk at hand; run it again with the same roster to go on. `--plan` writes no seat and no licence.
    """
    from oneseat.pipeline import release
    from oneseat.pipeline.base import current_base

    project, console = context.project(), context.console
    issuer = release.issuer(project, current_base.last_built(project), workers)
    if plan:
        with console.stream_list("steps") as (add_step, finish), console.progress() as on_progress:
            finish(issuer.plan(file, retry_failed=retry_failed, on_step=add_step, on_progress=on_progress))
        return
    with console.progress() as on_progress:
        issued = issuer.issue(file, strict=strict, retry_failed=retry_failed, on_progress=on_progress)
    _show_rows_left_out(context, issued)
    console.result(
        issued,
        f"Issue run {issued.issue_run}, {issued.rows} rows: {issued.added} added, "
        f"{issued.unchanged} left alone, {issued.refreshed} refreshed, "
        f"{issued.reissued} re-issued, {issued.faulty} faulty.",
    )


def _show_rows_left_out(context: Context, issued: Issued) -> None:
    """Show the first rows that got no seat, and what to do about them."""
    if not issued.faulty:
        return
    from oneseat.pipeline.roster.columns import TITLES

    rows = [
        (fault.row, TITLES[column].zh if column else "", reason.zh, reason.en)
        for fault in issued.faults
        for column, reason in fault.reasons
    ]
    context.console.table("Rows left out", ["row", "column", "原因", "reason"], rows)
    context.console.warn(
        f"{issued.faulty} faulty rows got no seat: `build.py roster check` lists them. "
        "Correct them where they stand, then run `build.py issue --retry-failed`."
    )
