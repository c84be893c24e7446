"""``roster``: check rosters, and make fictitious ones."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context


@click.group(cls=Group)
def roster() -> None:
    """Check rosters, and make fictitious ones."""


@roster.command("check")
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Fail when any row is faulty.")
@pass_context
def roster_check(context: Context, file: Path, strict: bool) -> None:
    """Report every faulty row of a CSV or XLSX roster."""
    from oneseat.pipeline import roster
    from oneseat.pipeline.roster.errors import RosterFaulty

    checked = roster.check(file, context.project().exam)
    rows = [
        (line.row, f.title.zh, f.masked, f.reason.zh, f.reason.en)
        for line in checked.faulty
        for f in line.faults
    ]
    if rows:
        context.console.table("Faulty rows", ["row", "column", "value (masked)", "原因", "reason"], rows)
    refusal = None
    if strict and checked.faulty:
        refusal = RosterFaulty(file=file.name, faulty=len(checked.faulty), rows=checked.rows)
    prose = f"{file}: {checked.sound} of {checked.rows} rows are sound, {checked.mended} of them mended."
    context.console.result(checked, prose, refusal)


@roster.command("sample")
@click.argument("file", type=PATH)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many candidates.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same roster.")
@pass_context
def roster_sample(context: Context, file: Path, count: int, seed: int) -> None:
    """Write a roster of people who do not exist."""
    from oneseat.pipeline import roster

    written = roster.write_sample(file, roster.sample(count, seed, context.project().exam))
    context.console.result({"file": file, "candidates": written}, f"{file}: {written} fictitious candidates.")
