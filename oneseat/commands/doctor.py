"""``doctor``: check every tool on this computer."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context


@click.command(cls=Command)
@pass_context
def doctor(context: Context) -> None:
    """Check every tool, and make and verify a throwaway signature."""
    from oneseat.pipeline import doctor

    checks = doctor.check_all(context.clock)
    rows = [
        (f.tool, "ok" if f.refusal is None else f.refusal.code, f.version, f.path, f.mend) for f in checks
    ]
    context.console.table("Tools", ["tool", "state", "version", "path", "how to mend"], rows)
    tools = {"tools": [check.as_object() for check in checks]}
    context.console.result(tools, refusal=doctor.first_fault(checks))
