"""What candidates see, and what the store holds for it: publishing, and taking away again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from oneseat.commands.context import Context, Job
from oneseat.commands.workers import workers_options

if TYPE_CHECKING:
    from oneseat.pipeline.publishing.publisher import Preview

pass_context = click.pass_obj


@click.command(cls=Job)
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
    **given: Any,  # noqa: ANN401 -- workers and connections, as click gives them
) -> None:
    """Show candidates the current base with the newest licences, in one atomic step.

    The portal composes each installer when it is downloaded; --tails and --whole put
    objects for each seat into the store besides. Killed, it is run again and goes on.
    """
    from oneseat.pipeline.making import current_base
    from oneseat.pipeline.publishing.store_sync import Form, Placing
    from oneseat.pipeline.release import publisher

    project = context.project()
    made, job, chosen = current_base(project), publisher(project), Form(form or "licences")
    context.console.as_json |= plan
    if dry_run or plan:
        _preview(context, partial(job.preview, made.path, made.manifest, chosen, leave_out=leave_out))
        return
    with context.console.progress() as heard:
        placing = Placing(chosen, given["workers"], given["connections"], heard)
        done = job.publish(made.path, made.manifest, leave_out=leave_out, placing=placing, prune=prune)
    said = "Published" if done.changed else "Nothing new: it is"
    text = f"{said} release {done.release}: {done.seats} seats, {done.new} new, {done.replaced} replaced."
    if done.placed:
        text += f" Objects: {done.placed.put} put, {done.placed.kept} there already."
    if prune:
        text += f" {done.pruned} no longer needed were removed."
    context.console.result(done, text)


def _preview(context: Context, preview: Callable[..., Preview]) -> None:
    if context.console.as_json:
        with context.console.object_with("differences") as (each, rest):
            rest(preview(on_difference=each))
        return
    found = preview(on_difference=click.echo)
    context.console.result(
        found,
        f"Would show {found.seats} seats, {found.new} new, {found.replaced} replaced; base {found.base}; "
        f"objects: {found.put} to put, {found.kept} there, {found.surplus} not needed.",
    )


@click.command(cls=Job)
@click.option("--early", is_flag=True, help="Although candidates may still download.")
@pass_context
def unpublish(context: Context, early: bool) -> None:
    """Take the exam's installers away once downloads are over; candidates go on logging in and activating.

    Publishing again brings them back.
    """
    from oneseat.pipeline.release import withdrawer

    done = withdrawer(context.project()).withdraw(early=early)
    said = f"{done.removed} objects were removed." if done.changed else "There was nothing to take away."
    context.console.result(done, said)
