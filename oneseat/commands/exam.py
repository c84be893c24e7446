"""``exam``: write, check and read exam files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.pipeline.exam.remarks import Remark
    from signing.charter import Charter


@click.group(cls=Group)
def exam() -> None:
    """Write, check and read exam files."""


@exam.command("new")
@click.argument("file", type=PATH)
@click.option("--id", "exam_id", help="The exam's id; the file's name unless given.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="IANA name of the exam's zone.")
@pass_context
def exam_new(context: Context, file: Path, exam_id: str | None, timezone: str) -> None:
    """Write a commented exam file to start from."""
    from oneseat.pipeline.exam.scaffold import write_new

    written = write_new(file, exam_id or file.stem, context.clock, timezone)
    context.console.result(
        {"file": file, "exam": written.id}, f"{file}: exam {written.id}, ready to be edited."
    )


@exam.command("check")
@click.argument("file", type=PATH, required=False)
@click.option("--strict", is_flag=True, help="Refuse the file for remarks too.")
@pass_context
def exam_check(context: Context, file: Path | None, strict: bool) -> None:
    """Check FILE, or that of --exam: every fault and remark at once, with key and line.

    A fault makes the file unusable. A remark is about what is allowed and rarely meant, and says what
    comes of it. For this project's room, papers are looked for in `papers/ID` beside the file.
    """
    from oneseat.pipeline.exam import model, remarks

    path = file or context.exam_file
    text = model.read(path)
    loaded = model.parse(text, path.name)
    found = remarks.find_remarks(
        loaded,
        context.clock.now(),
        text,
        papers=path.parent / "papers" / loaded.id,
        earlier=_charter_in_force(context) if path == context.exam_file else None,
    )
    refusal = remarks.refusal(path.name, found) if strict and found else None
    if not refusal:
        warn_of(context, found)
    context.console.result(
        {"exam": loaded.id, "faults": [], "remarks": found},
        None if refusal else f"{path}: no faults, {len(found) or 'no'} remarks.",
        refusal,
    )


def _charter_in_force(context: Context) -> Charter | None:
    """The charter in force or signed last; None where there is none yet."""
    from oneseat.pipeline import current_charter

    try:
        return current_charter.without_passphrase(context.project())
    except OneSeatError:
        return None


def warn_of(context: Context, found: Sequence[Remark]) -> None:
    """Show remarks on an exam file as a warning; nothing where there are none."""
    if found:
        from oneseat.pipeline.exam.remarks import join_remarks

        lines = join_remarks(found)
        context.console.warn(f"{len(found)} remark(s):\n{lines.en}\n{lines.zh}")


@exam.command("show")
@pass_context
def exam_show(context: Context) -> None:
    """Show the schedule as a person reads it."""
    from oneseat.pipeline.exam import text

    loaded = context.project().exam
    schedule = text.show(loaded)
    context.console.result(loaded.model_dump(mode="json"), f"{schedule.zh}\n\n{schedule.en}")
