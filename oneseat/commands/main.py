"""The group of all commands, in the order of the workflow, and the entry point of ``oneseat``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from oneseat.commands import (
    audit,
    base,
    charter,
    clean,
    completion,
    demo,
    doctor,
    exam,
    inspect,
    issue,
    keys,
    operator,
    paper,
    portal,
    prove,
    publish,
    release,
    report,
    room,
    roster,
    seat,
    service_token,
    stamp,
    state,
    status,
    streams,
    unpublish,
    verify,
)
from oneseat.commands.options import Group
from oneseat.commands.run import run
from oneseat.commands.settings import load_settings
from oneseat.commands.version import show_version


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version, in a checkout with its commit.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="ONESEAT_CONFIG",
    help="Settings file; ./oneseat.toml if there is one.",
)
@click.pass_context
def main_group(ctx: click.Context, config: Path | None) -> None:
    """One admission number, one installer, one device.

    Turns a roster of exam candidates into Windows installers that only their owners can
    install and run, and hands them out through a portal while its window is open.

    A setting on the command line wins over its environment variable (ONESEAT_...), which
    wins over the settings file. Exit statuses are listed in docs/reference/errors.md.
    """
    load_settings(ctx, config)


for command in (
    doctor.doctor,
    exam.exam,
    keys.keys,
    charter.charter,
    base.base,
    roster.roster,
    issue.issue,
    seat.seat,
    stamp.stamp,
    inspect.inspect,
    verify.verify,
    publish.publish,
    unpublish.unpublish,
    prove.prove,
    report.report,
    status.status,
    release.release,
    portal.portal,
    paper.paper,
    room.room,
    service_token.service_token,
    operator.operator,
    audit.audit,
    state.state,
    clean.clean,
    demo.demo,
    completion.completion,
):
    main_group.add_command(command)


def main() -> None:
    """Run the command line and exit with its status."""
    streams.prepare()
    sys.exit(run(main_group))


if __name__ == "__main__":
    main()
