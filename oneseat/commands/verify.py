"""``verify``: check an installer, a proof, or everything that was published."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context, workers_options
from oneseat.commands.prove import describe
from oneseat.pipeline.workers.pool import WorkerOptions


@click.command(cls=Command)
@click.argument("file", type=PATH, required=False)
@click.option(
    "--proof", type=PATH, help="Check that the file is part of a published batch; or the proof alone."
)
@click.option(
    "--since", type=PATH, metavar="HEAD", help="Check that the newest published batch extends this one."
)
@click.option(
    "--all", "everything", is_flag=True, help="Check every published batch, licence and stamped file."
)
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
    workers: WorkerOptions,
) -> None:
    """Exit 0 for a sound installer, proof or published batch, and with the refusal's own status otherwise."""
    # Only an installer and its proof may be given together.
    match (file, proof, since, everything):
        case (None, None, None, True):
            _verify_all(context, installers, workers)
        case (None, None, Path(), False):
            _verify_since(context, since)
        case (_, Path(), None, False):
            _verify_proof(context, file, proof)
        case (Path(), None, None, False):
            _verify_file(context, file)
        case _:
            raise click.UsageError("Give an installer, --proof with or without one, --since, or --all.")


def _verify_file(context: Context, file: Path) -> None:
    from oneseat.pipeline.verifying import inspect, reference

    project = context.project()
    _ = project.root_key  # no licence can be verified without it, and the refusal names the folder
    verified = inspect.verify(file, reference.of(project, file), context.clock.now())
    context.console.result(verified.as_object(), f"{file.name}: sound, licence {verified.jti}.")


def _verify_proof(context: Context, file: Path | None, path: Path) -> None:
    from oneseat.pipeline.verifying import proofs

    proved = proofs.check(context.charter(), proofs.read(path), file)
    context.console.result(proved, f"{file.name if file else path.name}: {describe(proved)}")


def _verify_since(context: Context, head: Path) -> None:
    from oneseat.pipeline.verifying import proofs

    charter = context.charter()
    proof = proofs.Prover(charter, context.state()).consistency(proofs.read_head(head))
    proved = proofs.check(charter, proof)
    context.console.result(proved, describe(proved))


def _verify_all(context: Context, installers: Path | None, workers: WorkerOptions) -> None:
    from oneseat.pipeline.base.finished import all_bases
    from oneseat.pipeline.verifying.errors import PUBLISHED_DIFFERS, BatchFaulty
    from oneseat.pipeline.verifying.verify_all import Verifier

    console, space = context.console, context.project().workspace
    bases = chain(all_bases(space.base), all_bases(space.phone))
    verifier = Verifier(context.charter(), context.state(), bases, space.batches, workers)
    with console.progress() as on_progress:
        result = verifier.run(installers or space.installers, on_progress)
    console.faults(result.faults)
    checked = result.lines + result.files + result.published_batches
    refusal = (
        BatchFaulty(faulty=result.faulty, checked=checked, mend=PUBLISHED_DIFFERS) if result.faulty else None
    )
    prose = (
        f"Sound: {result.published_batches} published batches, {result.lines} lines, "
        f"{result.licences} licences, {result.files} files."
    )
    console.result(result, None if refusal else prose, refusal)
