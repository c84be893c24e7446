"""``roster``: check and compare rosters, and make fictitious ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context, reading_options

if TYPE_CHECKING:
    from oneseat.pipeline.issuing.issuer import Issued
    from oneseat.pipeline.roster import Reading, RosterReport
    from signing.text import Text

SHOWN = 50
"""How many faults, remarks or differences a table shows. The JSON object has all of them."""


@click.group(cls=Group)
def roster() -> None:
    """Check and compare rosters, and make fictitious ones."""


@roster.command("check")
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Fail when any row is faulty.")
@click.option(
    "--faults-csv",
    type=PATH,
    metavar="FILE",
    help="Write all faults and remarks as CSV, values masked.",
)
@click.option(
    "--papers",
    type=PATH,
    metavar="DIR",
    help="The exam's papers; `papers/ID` beside the exam file unless given.",
)
@reading_options
@pass_context
def roster_check(
    context: Context,
    file: Path,
    strict: bool,
    faults_csv: Path | None,
    papers: Path | None,
    reading: Reading,
) -> None:
    """Report every faulty row of a CSV or XLSX roster, and names that may be hard to type.

    For this project's room, papers that rows name and that are not there are remarked on too.
    """
    from oneseat.pipeline import roster
    from oneseat.pipeline.roster.errors import RosterFaulty
    from oneseat.pipeline.roster.fault_list import write_fault_list
    from signing.charter import OWN_ROOM

    exam = context.project().exam
    if papers is None and exam.exam_room is not None and exam.exam_room.kind == OWN_ROOM:
        papers = context.exam_file.parent / "papers" / exam.id
    checked = roster.check(file, exam, reading, papers)
    if faults_csv is not None:
        write_fault_list(faults_csv, checked)
    _show_faults(context, checked, faults_csv)
    for line in sheet_lines(checked):
        context.console.warn(line)
    refusal = None
    if strict and checked.faulty:
        refusal = RosterFaulty(file=file.name, faulty=len(checked.faulty), rows=checked.rows)
    prose = f"{file}: {checked.sound} of {checked.rows} rows are sound, {checked.mended} of them mended."
    context.console.result(checked, prose, refusal)


@roster.command("diff")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@reading_options
@pass_context
def roster_diff(context: Context, old: Path, new: Path, reading: Reading) -> None:
    """Compare two rosters: who is new, who is gone, what changed. Names and numbers are masked."""
    from oneseat.pipeline.roster import differences
    from oneseat.pipeline.roster.columns import TITLES

    result = differences.compare(old, new, context.project().exam, reading)
    rows = [
        (e.kind, e.old_row or "", e.new_row or "", e.admission_number, e.name, _titles(e.changed, TITLES))
        for e in result.entries
    ]
    columns = ["what", "old row", "new row", "number (masked)", "name (masked)", "changed"]
    _show_first(context, "Differences", columns, rows, "--json lists all of them.")
    new_ones, gone, changed = map(result.count, (differences.NEW, differences.GONE, differences.CHANGED))
    prose = f"{new_ones} new, {gone} gone, {changed} changed, {result.unchanged} unchanged."
    if result.old_faulty or result.new_faulty:
        context.console.warn(
            f"Left out as faulty: {result.old_faulty} rows of {old.name}, {result.new_faulty} of {new.name}."
        )
    context.console.result(result, prose)


@roster.command("sample")
@click.argument("file", type=PATH)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many candidates.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same roster.")
@click.option("--terms", is_flag=True, help="Add sessions, and extra time and adjustments for a few.")
@pass_context
def roster_sample(context: Context, file: Path, count: int, seed: int, *, terms: bool) -> None:
    """Write a roster of people who do not exist."""
    from oneseat.pipeline import roster

    exam = context.project().exam
    people = roster.sample(count, seed, exam)
    written = (
        roster.write_sample_with_terms(file, people, seed, exam)
        if terms
        else roster.write_sample(file, people)
    )
    context.console.result({"file": file, "candidates": written}, f"{file}: {written} fictitious candidates.")


@roster.command("photos")
@click.argument("file", type=PATH)
@click.option("--photos", type=PATH, required=True, help="A folder or zip file of candidates' photographs.")
@click.option("--room-key", type=PATH, required=True, help="The room's public key, from `room photo-key`.")
@click.option("--to", "target", type=PATH, required=True, metavar="FILE", help="The file to write.")
@click.option(
    "--match",
    metavar="COLUMN",
    default="admission_number",
    show_default=True,
    help="What pictures are named by: admission_number, id_number, or the title of a column of the roster.",
)
@click.option("--allow-missing", is_flag=True, help="Candidates may have no photograph.")
@click.option("--faults-csv", type=PATH, metavar="FILE", help="Write all faults as CSV, numbers masked.")
@reading_options
@pass_context
def roster_photos(
    context: Context,
    /,
    file: Path,
    *,
    photos: Path,
    room_key: Path,
    match: str,
    reading: Reading,
    **output: Any,  # noqa: ANN401 -- the options of the file that is written
) -> None:
    """Seal the photographs that candidates registered with, for the exam's room alone.

    Run it after `issue`, and bring the file to the room's host: `room photos FILE` takes it in. All faults of
    pictures and rows are named at once, and nothing is written while there is one.
    """
    from oneseat.pipeline.photos import packing
    from oneseat.pipeline.photos.matching import Matching, Roster
    from oneseat.pipeline.photos.sources import open_source

    project, console = context.project(), context.console
    recipient = packing.read_room_key(room_key)
    ring = project.authority
    order = packing.Order(
        exam=project.exam.id,
        recipient=recipient,
        signer=ring.signer("licence"),
        at=context.clock.now(),
        **output,
    )
    rows = Roster(file, project.exam, reading, Matching(match), project.state, ring.secret("pepper"))
    with open_source(photos) as source, console.progress() as on_progress:
        packed = packing.pack(order, rows, source, on_progress)
    without = f" {packed.missing} candidates have none." if packed.missing else ""
    console.result(
        packed,
        f"{packed.file}: {packed.photos} photographs for the room with the key {packed.recipient}.{without}",
    )


def sheet_lines(read: RosterReport | Issued) -> list[str]:
    """Describe what was read unlike what a person sees: which sheets, and hidden rows and columns."""
    lines = []
    if read.sheets and read.ignored_sheets:
        lines.append(f"Read: sheet {', '.join(read.sheets)}. Not read: {', '.join(read.ignored_sheets)}.")
    if read.hidden_rows:
        lines.append(
            f"{read.hidden_rows} rows are hidden in the spreadsheet, by filter or by hand; they were read."
        )
    if read.hidden_columns:
        lines.append(
            f"Columns that are hidden in the spreadsheet were read: {', '.join(read.hidden_columns)}. "
            "If another column was meant, name it with --column."
        )
    return lines


def _show_faults(context: Context, checked: RosterReport, faults_csv: Path | None) -> None:
    rows = [
        (line.place, f.title.zh, f.masked, f.reason.zh, f.reason.en)
        for line in checked.faulty
        for f in line.faults
    ]
    rest = f"{faults_csv} lists all of them." if faults_csv else "--faults-csv FILE lists all of them."
    _show_first(context, "Faulty rows", ["row", "column", "value (masked)", "原因", "reason"], rows, rest)
    remarks = [(r.place, r.masked, r.remark.zh, r.remark.en) for r in checked.remarks]
    _show_first(context, "Remarks on names", ["row", "name (masked)", "提示", "remark"], remarks, rest)
    missed = [(p.place, str(p.rows), p.remark.zh, p.remark.en) for p in checked.papers]
    _show_first(context, "Papers that are not there", ["first row", "rows", "提示", "remark"], missed, rest)


def _show_first(
    context: Context, title: str, columns: list[str], rows: Sequence[tuple[str, ...]], rest: str
) -> None:
    if rows:
        context.console.table(title, columns, rows[:SHOWN])
    if len(rows) > SHOWN:
        context.console.warn(f"{len(rows) - SHOWN} more are not shown. {rest}")


def _titles(columns: tuple[str, ...], known: dict[str, Text]) -> str:
    return "、".join(known[column].zh for column in columns)
