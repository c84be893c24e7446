"""What a batch proves: that an installer is part of it, and that a later one extends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context, Job
from oneseat.commands.workers import workers_options
from oneseat.pipeline.workers.pool import Workers

if TYPE_CHECKING:
    from oneseat.pipeline.verifying.proofs import Proved
    from oneseat.pipeline.workers.faults import Fault

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj


@click.command(cls=Job)
@click.argument("what", required=False, metavar="[FILE|JTI]")
@click.option("--since", type=PATH, metavar="HEAD", help="Prove instead that the newest batch extends this.")
@click.option("-o", "--output", type=PATH, help="Where the proof goes; standard output unless given.")
@pass_context
def prove(context: Context, what: str | None, since: Path | None, output: Path | None) -> None:
    """Prove in a few hundred bytes that an installer, or the licence of a jti, was published.

    Whoever has the exam's charter checks the proof with `verify --proof`.
    """
    from oneseat.pipeline.verifying import proofs

    if (what is None) == (since is None):
        raise click.UsageError("Name an installer or a jti, or give --since.")
    prover = proofs.Prover(context.charter(), context.state())
    proof = prover.inclusion(what) if what else prover.consistency(proofs.read_head(since or Path()))
    if output is None:
        click.echo(proof.to_json(), nl=False)
        return
    proofs.write(output, proof)
    shown = proofs.check(prover.charter, proof)
    context.console.result(shown, f"{output}: {told(shown)}")


@click.command(cls=Job)
@click.argument("file", type=PATH, required=False)
@click.option("--proof", type=PATH, help="Check that the file is part of a batch; or the proof alone.")
@click.option("--since", type=PATH, metavar="HEAD", help="Check that the newest batch extends this one.")
@click.option("--all", "everything", is_flag=True, help="Check every batch, licence and stamped file.")
@click.option("--installers", type=PATH, help="With --all: where `stamp --all` wrote.")
@workers_options
@pass_context
def verify(
    context: Context,
    file: Path | None,
    proof: Path | None,
    since: Path | None,
    everything: bool,
    *,
    installers: Path | None,
    workers: Workers,
) -> None:
    """Exit 0 for a sound installer, proof or batch, and with the refusal's own status otherwise."""
    if everything and not (file or proof or since):
        _verify_all(context, installers, workers)
    elif since and not (file or proof or everything):
        _verify_since(context, since)
    elif proof and not (since or everything):
        _verify_proof(context, file, proof)
    elif file and not (since or everything):
        _verify_file(context, file)
    else:
        raise click.UsageError("Give an installer, --proof with or without one, --since, or --all.")


@click.command(cls=Job)
@click.option("--batch", type=int, help="The number of a run of `issue`; the last one unless given.")
@click.option(
    "-o", "--output", type=PATH, help="Where the page goes; the workspace's reports folder if not given."
)
@pass_context
def report(context: Context, batch: int | None, output: Path | None) -> None:
    """Write a batch's report as one HTML page: counts, faults, throughput, and how far candidates are."""
    from oneseat.pipeline.issuing import report as job

    project = context.project()
    made = job.of(project.exam, context.state(), context.clock.now(), batch)
    path = output or project.workspace.reports / f"batch-{made.batch.number:04d}.html"
    job.write(path, job.page(made, project.exam.zone))
    context.console.result({**vars(made), "page": path}, str(path))


def _verify_file(context: Context, file: Path) -> None:
    from oneseat.pipeline.making import reference
    from oneseat.pipeline.verifying.inspect import verify as job

    found = job(file, reference(context.project(), file), context.clock.now())
    context.console.result(found.as_object(), f"{file.name}: sound, licence {found.jti}.")


def _verify_proof(context: Context, file: Path | None, path: Path) -> None:
    from oneseat.pipeline.verifying import proofs

    shown = proofs.check(context.charter(), proofs.read(path), file)
    context.console.result(shown, f"{file.name if file else path.name}: {told(shown)}")


def _verify_since(context: Context, head: Path) -> None:
    from oneseat.pipeline.verifying import proofs

    charter = context.charter()
    proof = proofs.Prover(charter, context.state()).consistency(proofs.read_head(head))
    shown = proofs.check(charter, proof)
    context.console.result(shown, told(shown))


def _verify_all(context: Context, installers: Path | None, workers: Workers) -> None:
    from oneseat.pipeline.base.builder import all_bases
    from oneseat.pipeline.errors import BatchFaulty
    from oneseat.pipeline.verifying.verify_all import Verifier

    console, space = context.console, context.project().workspace
    verifier = Verifier(context.charter(), context.state(), all_bases(space.base), space.batches, workers)
    with console.progress() as heard:
        done = verifier.run(installers or space.installers, heard)
    show_faults(context, done.faults)
    checked = done.lines + done.files + done.batches
    refusal = BatchFaulty(faulty=done.faulty, checked=checked) if done.faulty else None
    said = f"Sound: {done.batches} batches, {done.lines} lines, {done.licences} licences, {done.files} files."
    console.result(done, None if refusal else said, refusal)


def show_faults(context: Context, faults: list[Fault]) -> None:
    """The first faults of a batch as a table."""
    if faults:
        rows = [(fault.where, fault.code, fault.cause.zh, fault.cause.en) for fault in faults]
        context.console.table("Faults", ["entry", "code", "原因", "cause"], rows)


def told(shown: Proved) -> str:
    """A proof that holds, in a sentence."""
    if shown.kind == "inclusion":
        line = (shown.position or 0) + 1
        return (
            f"licence {shown.jti} is line {line} of {shown.size}, signed as batch {shown.batch} "
            f"({shown.hashes} hashes)."
        )
    return (
        f"batch {shown.batch} with {shown.size} lines extends batch {shown.since_batch} with "
        f"{shown.since_size} ({shown.hashes} hashes)."
    )
