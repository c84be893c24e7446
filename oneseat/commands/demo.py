"""``demo``: run the demonstration on fictitious people."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context


@click.command(cls=Command)
@pass_context
def demo(context: Context) -> None:
    """Run the main job end to end on fictitious people: owner accepted, stranger refused, a mock held."""
    from oneseat.demo import report
    from oneseat.demo.run import Demonstration

    console = context.console
    demonstration = Demonstration(
        context.exam_file, context.root, context.clock, console.step, console.detail
    )
    result = demonstration.prepare()
    with demonstration.portal() as url:
        download = demonstration.prove(url)
        held, handed = demonstration.hold_interview(url)
    rows = report.artefact_rows(demonstration, result, download, held, handed)
    console.table("Made", ["what", "where", ""], rows)
    console.table("Proved", ["step", "as promised", "took"], report.outcome_rows(demonstration))
    summary = report.summary(demonstration, result, download, held, handed)
    console.result(summary, report.how_to_open(demonstration))
