"""``clean``: delete what interrupted and earlier runs left in the exam's workspace."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context
from oneseat.pipeline.sizes import size

if TYPE_CHECKING:
    from oneseat.pipeline.cleaning import Leftover


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Delete nothing; list what would be deleted.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@pass_context
def clean(context: Context, dry_run: bool, yes: bool) -> None:
    """Delete what nothing needs any more: stopped builds, unpublished bases, old stamped installers.

    What a release ever used as its base is kept, and so are keys, charters, batches, state and store.
    """
    from oneseat.pipeline import cleaning

    project, console = context.project(), context.console
    found = cleaning.find_leftovers(project)
    total = sum(leftover.size_bytes for leftover in found)
    if found:
        rows = [(item.path, size(item.size_bytes), item.what.zh, item.what.en) for item in found]
        console.table("Not needed", ["folder", "size", "说明", "what"], rows)
    if dry_run or not found:
        prose = f"{len(found)} folders, {size(total)}, would be deleted." if found else "Nothing to clean."
        console.result({"deleted": [], "leftovers": found, "size_bytes": total}, prose)
        return
    cleaning.require_confirmation(confirmed=yes or _ask(found))
    freed = cleaning.delete(project, found)
    prose = f"{len(found)} folders deleted, {size(freed)}."
    console.result({"deleted": [item.path for item in found], "leftovers": [], "size_bytes": freed}, prose)


def _ask(found: Sequence[Leftover]) -> bool:
    if not sys.stdin.isatty():
        return False
    return click.confirm(f"Delete these {len(found)} folders?", err=True)
