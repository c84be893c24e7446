"""``report``: write the report of an issue run as an HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context


@click.command(cls=Command)
@click.option("--run", "number", type=int, help="The number of an issue run; the last one unless given.")
@click.option(
    "-o", "--output", type=PATH, help="Where the page goes; the workspace's reports folder if not given."
)
@pass_context
def report(context: Context, number: int | None, output: Path | None) -> None:
    """Write an issue run's report as one HTML page: counts, faults, throughput, how far candidates are."""
    from oneseat.pipeline.issuing import report

    project = context.project()
    figures = report.of(project.exam, context.state(), context.clock.now(), number)
    path = output or project.workspace.reports / f"issue-run-{figures.issue_run.number:04d}.html"
    report.write(path, report.page(figures, project.exam.zone))
    context.console.result({**vars(figures), "page": path}, str(path))
