"""``doctor``: check every tool on this computer, and the files that tools were unpacked into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context
from oneseat.commands.settings import SETTINGS_FILE, USED

if TYPE_CHECKING:
    from oneseat.pipeline.exam.remarks import Remark


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
    remarks = _exam_remarks(context)
    tools = {"tools": [check.as_object() for check in checks], "settings_file": used, "exam_remarks": remarks}
    prose = f"Settings file: {used or f'none (neither --config nor ./{SETTINGS_FILE})'}"
    context.console.result(tools, prose, refusal=doctor.first_fault(checks))


def _exam_remarks(context: Context) -> list[Remark]:
    from oneseat.commands.exam import warn_of
    from oneseat.pipeline.exam import model, remarks
    from oneseat.pipeline.exam.errors import ExamInvalid, ExamUnreadable

    try:
        text = model.read(context.exam_file)
        found = remarks.find_remarks(model.parse(text), context.clock.now(), text)
    except (ExamUnreadable, ExamInvalid):
        return []
    warn_of(context, found)
    return found
