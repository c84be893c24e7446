"""``unpublish``: take the exam's installers away once downloads are over."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context


@click.command(cls=Command)
@click.option("--early", is_flag=True, help="Although candidates may still download.")
@pass_context
def unpublish(context: Context, early: bool) -> None:
    """Take the exam's installers away once downloads are over; candidates go on logging in and activating.

    Publishing again brings them back.
    """
    from oneseat.pipeline import release

    result = release.withdrawer(context.project()).withdraw(early=early)
    outcome = (
        f"{result.removed} objects were removed." if result.changed else "There was nothing to take away."
    )
    context.console.result(result, outcome)
