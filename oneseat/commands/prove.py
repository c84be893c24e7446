"""``prove``: prove that a licence was published, or that a batch extends an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context

if TYPE_CHECKING:
    from oneseat.pipeline.verifying.proofs import Proved


@click.command(cls=Command)
@click.argument("what", required=False, metavar="[FILE|JTI]")
@click.option(
    "--since", type=PATH, metavar="HEAD", help="Prove instead that the newest published batch extends this."
)
@click.option("-o", "--output", type=PATH, help="Where the proof goes; standard output unless given.")
@pass_context
def prove(context: Context, what: str | None, since: Path | None, output: Path | None) -> None:
    """Prove in a few hundred bytes that an installer, or the licence of a jti, was published.

    With the exam's charter the proof is checked by `verify --proof`.
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
    proved = proofs.check(prover.charter, proof)
    context.console.result(proved, f"{output}: {describe(proved)}")


def describe(proved: Proved) -> str:
    """Describe what a valid proof proves, in a sentence."""
    if proved.kind == "inclusion":
        line = (proved.position or 0) + 1
        return (
            f"licence {proved.jti} is line {line} of {proved.size}, "
            f"signed as published batch {proved.published_batch} ({proved.hashes} hashes)."
        )
    return (
        f"published batch {proved.published_batch} with {proved.size} lines extends published batch "
        f"{proved.since_published_batch} with {proved.since_size} ({proved.hashes} hashes)."
    )
