"""``exam``: write, check and read exam files."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context


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
@pass_context
def exam_check(context: Context) -> None:
    """Validate the exam file; every fault at once, with its key and line."""
    exam_file = context.project().exam
    context.console.result({"exam": exam_file.id, "faults": []}, f"{context.exam_file}: no faults.")


@exam.command("show")
@pass_context
def exam_show(context: Context) -> None:
    """Show the schedule as a person reads it."""
    from oneseat.pipeline.exam import text

    loaded = context.project().exam
    schedule = text.show(loaded)
    context.console.result(loaded.model_dump(mode="json"), f"{schedule.zh}\n\n{schedule.en}")
