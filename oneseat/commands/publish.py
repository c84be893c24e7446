"""``publish``: publish the current base with the newest licences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from oneseat.commands.console import Console
from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context, trust_clock_option, workers_options

if TYPE_CHECKING:
    from oneseat.pipeline.publishing.publisher import Preview


@click.command(cls=Command)
@click.option("--leave-out", is_flag=True, help="Publish although some seats have no licence for this base.")
@click.option(
    "--tails",
    "form",
    flag_value="tails",
    help="Put each seat's tail into the store as well, for a front that composes installers by itself.",
)
@click.option(
    "--whole",
    "form",
    flag_value="whole",
    help="Put each seat's whole installer into the store as well, for downloads without the portal.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; list what publishing would change.")
@click.option("--plan", is_flag=True, help="As --dry-run, and as JSON: what `issue --plan` is for issuing.")
@click.option(
    "--prune", is_flag=True, help="Afterwards remove what this release does not need from the store."
)
@click.option(
    "--connections",
    type=click.IntRange(1, 256),
    default=16,
    show_default=True,
    help="Requests to the store at a time, with --tails and --whole.",
)
@workers_options
@trust_clock_option
@pass_context
def publish(
    context: Context,
    /,
    *,
    form: str | None,
    dry_run: bool,
    plan: bool,
    leave_out: bool,
    prune: bool,
    trust_clock: bool,
    **given: Any,  # noqa: ANN401 -- workers and connections, as click gives them
) -> None:
    """Show candidates the current base with the newest licences, in one atomic step.

    The portal composes each installer when it is downloaded; --tails and --whole put
    objects for each seat into the store besides. Killed, it is run again and goes on.
    """
    from oneseat.pipeline import release
    from oneseat.pipeline.base import current_base
    from oneseat.pipeline.publishing.store_sync import Form, SyncOptions

    project, console = context.project(trust_clock=trust_clock), context.console
    base, publisher = current_base.last_built(project), release.publisher(project)
    chosen = Form(form or "licences")
    if dry_run or plan:
        preview = partial(publisher.preview, base.path, base.manifest, chosen, leave_out=leave_out)
        _show_preview(console, preview, as_json=plan or console.as_json)
        return
    with console.progress() as on_progress:
        options = SyncOptions(chosen, given["workers"], given["connections"], on_progress)
        result = publisher.publish(base.path, base.manifest, leave_out=leave_out, sync=options, prune=prune)
    outcome = "Published" if result.changed else "Nothing new: it is"
    text = f"{outcome} release {result.release}: {result.seats} seats, "
    text += f"{result.new} new, {result.replaced} replaced."
    if result.published_batch is not None:
        text += f" Published batch {result.published_batch}."
    if result.placed:
        text += f" Objects: {result.placed.put} put, {result.placed.kept} there already."
    if prune:
        text += f" {result.pruned} no longer needed were removed."
    console.result(result, text)


def _show_preview(console: Console, preview: Callable[..., Preview], *, as_json: bool) -> None:
    if as_json:
        with console.stream_list("differences") as (add_difference, finish):
            finish(preview(on_difference=add_difference))
        return
    changes = preview(on_difference=console.line)
    console.result(
        changes,
        f"Would show {changes.seats} seats, {changes.new} new, {changes.replaced} replaced; "
        f"base {changes.base}; objects: {changes.put} to put, {changes.kept} there, "
        f"{changes.surplus} not needed.",
    )
