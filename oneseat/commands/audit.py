"""``audit``: verify the log of what operators and commands did."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context


@click.group(cls=Group)
def audit() -> None:
    """Verify the log of everything that operators and commands did."""


@audit.command("verify")
@click.option(
    "--against", type=PATH, metavar="OLDER_HEAD", help="A signed head that the desk exported earlier."
)
@pass_context
def audit_verify(context: Context, against: Path | None) -> None:
    """Walk the hash chain from its start; against an older head, entries that were cut off show too."""
    from oneseat.pipeline.verifying import audit

    result = audit.verify(context.project(), against)
    extent = (
        ""
        if result.against_entries is None
        else f", and begins with the {result.against_entries} of that head"
    )
    context.console.result(result, f"The audit log holds: {result.entries} entries{extent}.")
