"""``doctor``: check every tool on this computer, and the files that tools were unpacked into."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context
from oneseat.commands.settings import SETTINGS_FILE, USED


@click.command(cls=Command)
@pass_context
def doctor(context: Context) -> None:
    """Check every tool and its files, and make and verify a throwaway signature.

    Each file that `make setup` unpacked is compared with the manifest that it wrote: a changed,
    missing or added one is named. The first run reads all of them, later ones those that changed.
    """
    from oneseat.pipeline import doctor

    checks = doctor.check_all(context.clock)
    rows = [
        (f.tool, "ok" if f.refusal is None else f.refusal.code, f.version, f.path, f.mend) for f in checks
    ]
    context.console.table("Tools", ["tool", "state", "version", "path", "how to mend"], rows)
    used: Path | None = click.get_current_context().meta.get(USED)
    tools = {"tools": [check.as_object() for check in checks], "settings_file": used}
    prose = f"Settings file: {used or f'none (neither --config nor ./{SETTINGS_FILE})'}"
    context.console.result(tools, prose, refusal=doctor.first_fault(checks))
