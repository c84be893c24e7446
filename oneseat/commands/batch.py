"""From a roster to what candidates see: rosters, licences, installers, releases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context, Job, Jobs
from oneseat.commands.workers import workers_options
from oneseat.pipeline.workers.pool import Workers

if TYPE_CHECKING:
    from oneseat.pipeline.base.builder import Base
    from oneseat.pipeline.issuing.issuer import Issued

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj


@click.group(cls=Jobs)
def roster() -> None:
    """Check rosters, and make fictitious ones."""


@roster.command("check")
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Fail when any row is faulty.")
@pass_context
def roster_check(context: Context, file: Path, strict: bool) -> None:
    """Report every faulty row of a CSV or XLSX roster."""
    from oneseat.pipeline import roster as job
    from oneseat.pipeline.errors import RosterFaulty

    found = job.check(file, context.project().exam)
    rows = [
        (line.row, f.title.zh, f.masked, f.reason.zh, f.reason.en)
        for line in found.faulty
        for f in line.faults
    ]
    if rows:
        context.console.table("Faulty rows", ["row", "column", "value (masked)", "原因", "reason"], rows)
    refusal = None
    if strict and found.faulty:
        refusal = RosterFaulty(file=file.name, faulty=len(found.faulty), rows=found.rows)
    said = f"{file}: {found.sound} of {found.rows} rows are sound, {found.mended} of them mended."
    context.console.result(found, said, refusal)


@roster.command("sample")
@click.argument("file", type=PATH)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many candidates.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same roster.")
@pass_context
def roster_sample(context: Context, file: Path, count: int, seed: int) -> None:
    """Write a roster of people who do not exist."""
    from oneseat.pipeline import roster as job

    written = job.write_sample(file, job.sample(count, seed, context.project().exam))
    context.console.result({"file": file, "candidates": written}, f"{file}: {written} fictitious candidates.")


@click.command(cls=Job)
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Write nothing when any row is faulty.")
@click.option("--retry-failed", is_flag=True, help="Take up only the rows that the last batch left out.")
@click.option(
    "--plan", is_flag=True, help="Print as JSON what would be done and why; the next run does that."
)
@workers_options
@pass_context
def issue(
    context: Context, file: Path, strict: bool, retry_failed: bool, plan: bool, workers: Workers
) -> None:
    """Give every sound row of a roster its seat and its licence for the current base.

    Run it again with a longer or corrected roster: it adds, leaves alone, or re-issues. Ctrl-C finishes the
    chunk at hand; run it again with the same roster to go on. `--plan` writes no seat and no licence.
    """
    from oneseat.pipeline.making import current_base
    from oneseat.pipeline.release import issuer

    project, console = context.project(), context.console
    job = issuer(project, current_base(project), workers)
    if plan:
        with console.object_with("steps") as (step, rest), console.progress() as heard:
            rest(job.plan(file, retry_failed=retry_failed, on_step=step, on_progress=heard))
        return
    with console.progress() as heard:
        issued = job.issue(file, strict=strict, retry_failed=retry_failed, on_progress=heard)
    show_rows_left_out(context, issued)
    console.result(
        issued,
        f"{issued.rows} rows: {issued.added} added, {issued.unchanged} left alone, "
        f"{issued.refreshed} refreshed, {issued.reissued} re-issued, {issued.faulty} faulty.",
    )


def show_rows_left_out(context: Context, issued: Issued) -> None:
    """The first of the rows that got no seat, and what to do about them."""
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


@click.command(cls=Job)
@click.argument("admission_number", required=False)
@click.option(
    "--all", "everything", is_flag=True, help="Every candidate's installer; it goes on where it was."
)
@click.option("--durable", is_flag=True, help="With --all: flush each file to the medium before it is named.")
@workers_options
@click.option(
    "-o", "--output", type=PATH, help="A file or folder; the workspace's installers folder unless given."
)
@pass_context
def stamp(
    context: Context,
    admission_number: str | None,
    everything: bool,
    durable: bool,
    output: Path | None,
    workers: Workers,
) -> None:
    """Write one candidate's installer to a file, or all: the very bytes that the portal streams."""
    if everything == (admission_number is not None):
        raise click.UsageError("Name an admission number, or give --all.")
    from oneseat.pipeline.making import current_base
    from oneseat.pipeline.publishing.stamp import stamp as job

    project = context.project()
    made, folder = current_base(project), project.workspace.installers
    if admission_number is None:
        _stamp_all(context, made, output or folder, durable, workers)
        return
    if output is None:
        folder.mkdir(parents=True, exist_ok=True)
    target = output or folder
    done = job(project.exam, admission_number, made.path, made.manifest, project.database, target)
    context.console.result(done, f"{done.path} ({done.size:,} bytes, SHA-256 {done.sha256})")


def _stamp_all(context: Context, made: Base, folder: Path, durable: bool, workers: Workers) -> None:
    from oneseat.commands.proving import show_faults
    from oneseat.pipeline.errors import BatchFaulty
    from oneseat.pipeline.publishing.stamp_all import Materialiser

    project, console = context.project(), context.console
    job = Materialiser(project.exam, project.database, made.path, made.manifest, workers)
    with console.progress() as heard:
        done = job.run(folder, durable=durable, on_progress=heard)
    show_faults(context, done.faults)
    refusal = BatchFaulty(faulty=done.faulty, checked=done.seats) if done.faulty else None
    said = f"{done.folder}: {done.written} written, {done.kept} were there, {done.faulty} faulty."
    console.result(done, said, refusal)


@click.command(cls=Job)
@click.argument("file", type=PATH)
@pass_context
def inspect(context: Context, file: Path) -> None:
    """Say what a file is, whose by pseudonym only, and every check with its result."""
    from oneseat.pipeline.making import reference
    from oneseat.pipeline.verifying.inspect import inspect as job

    found = job(file, reference(context.project(), file), context.clock.now())
    shown = found.as_object()
    facts = [(name, value) for name, value in shown.items() if name != "checks" and value is not None]
    context.console.table(f"{file.name}: {found.kind}", ["", ""], facts)
    checks = [(c.title.zh, c.title.en, c.result, c.refusal.code if c.refusal else "") for c in found.checks]
    context.console.table("Checks", ["检查", "check", "result", "code"], checks)
    context.console.result(shown)


@click.command(cls=Job)
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Stop when any row of the roster is faulty.")
@workers_options
@click.option("--timestamp-url", metavar="URL", help="RFC 3161 server that timestamps the signatures.")
@click.option(
    "--thumbprint", help="On Windows: SHA-1 of a certificate in its store, instead of the workspace's."
)
@pass_context
def release(
    context: Context,
    file: Path,
    strict: bool,
    timestamp_url: str | None,
    thumbprint: str | None,
    workers: Workers,
) -> None:
    """Charter, base, issue and publish for a roster: all of it in order, only what is out of date."""
    from oneseat.pipeline.making import CodeSigning
    from oneseat.pipeline.release import Told
    from oneseat.pipeline.release import release as job

    console, signing = context.console, CodeSigning(timestamp_url, thumbprint)
    told = Told(console.step, console.detail, console.progress)
    done = job(context.project(), file, signing, told, strict=strict, workers=workers)
    if done.base.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    console.result(
        done,
        f"Release {done.published.release}: charter {done.charter_version}, {done.published.seats} seats, "
        f"base {done.base.path.name} ({'built' if done.base.built else 'up to date'}).",
    )
