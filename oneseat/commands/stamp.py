"""``stamp``: write one candidate's stamped installer or phone app to a file, or every candidate's."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context, workers_options
from oneseat.pipeline.workers.pool import WorkerOptions


@click.command(cls=Command)
@click.argument("admission_number", required=False)
@click.option(
    "--all", "everything", is_flag=True, help="Every candidate's installer; it goes on where it was."
)
@click.option("--durable", is_flag=True, help="With --all: flush each file to the medium before it is named.")
@click.option("--phone", is_flag=True, help="The candidate's phone app in place of the installer.")
@workers_options
@click.option(
    "-o", "--output", type=PATH, help="A file or folder; the workspace's installers folder unless given."
)
@pass_context
def stamp(
    context: Context,
    admission_number: str | None,
    *,
    everything: bool,
    durable: bool,
    phone: bool,
    output: Path | None,
    workers: WorkerOptions,
) -> None:
    """Write one candidate's installer or phone app to a file, or all: the bytes that the portal streams."""
    if everything == (admission_number is not None):
        raise click.UsageError("Name an admission number, or give --all.")
    if admission_number is None:
        _stamp_all(context, phone, output, durable, workers)
    else:
        _stamp_one(context, phone, admission_number, output)


def _stamp_one(context: Context, phone: bool, admission_number: str, output: Path | None) -> None:
    from oneseat.pipeline import release
    from oneseat.pipeline.publishing import stamp

    project = context.project()
    base, folder = release.base_of(project, phone=phone), project.workspace.installers
    if output is None:
        folder.mkdir(parents=True, exist_ok=True)
    target = output or folder
    result = stamp.stamp(project.exam, admission_number, base.path, base.manifest, project.state, target)
    context.console.result(result, f"{result.path} ({result.size:,} bytes, SHA-256 {result.sha256})")


def _stamp_all(
    context: Context, phone: bool, output: Path | None, durable: bool, workers: WorkerOptions
) -> None:
    from oneseat.pipeline import release
    from oneseat.pipeline.publishing.stamp_all import Materialiser
    from oneseat.pipeline.verifying.errors import NOT_ALL_WRITTEN, BatchFaulty

    project, console = context.project(), context.console
    base = release.base_of(project, phone=phone)
    materialiser = Materialiser(project.exam, project.state, base.path, base.manifest, workers)
    with console.progress() as on_progress:
        result = materialiser.run(
            output or project.workspace.installers, durable=durable, on_progress=on_progress
        )
    console.faults(result.faults)
    refusal = (
        BatchFaulty(faulty=result.faulty, checked=result.seats, mend=NOT_ALL_WRITTEN)
        if result.faulty
        else None
    )
    prose = f"{result.folder}: {result.written} written, {result.kept} were there, {result.faulty} faulty."
    console.result(result, prose, refusal)
