"""``inspect``: show what a file is, with every check and its result."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context


@click.command(cls=Command)
@click.argument("file", type=PATH)
@pass_context
def inspect(context: Context, file: Path) -> None:
    """Say what a file is, whose by pseudonym only, and every check with its result."""
    from oneseat.pipeline.verifying import inspect, reference

    inspected = inspect.inspect(file, reference.of(context.project(), file), context.clock.now())
    summary = inspected.as_object()
    facts = [(name, value) for name, value in summary.items() if name != "checks" and value is not None]
    context.console.table(f"{file.name}: {inspected.kind}", ["", ""], facts)
    checks = [
        (c.title.zh, c.title.en, c.result, c.refusal.code if c.refusal else "") for c in inspected.checks
    ]
    context.console.table("Checks", ["检查", "check", "result", "code"], checks)
    context.console.result(summary)
