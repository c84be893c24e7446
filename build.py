#!/usr/bin/env python3
"""OneSeat's command line: one thin command per job, in the order in which a release engineer needs them.

    exam file -> keys -> charter -> base -> roster -> issue -> publish -> portal

The commands themselves stand in :mod:`oneseat.commands`; refusals are caught in one place,
:func:`oneseat.commands.context.run`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from oneseat.commands import (
    batch,
    building,
    desk,
    keys,
    preparing,
    proving,
    publishing,
    serving,
    showing,
    state,
)
from oneseat.commands.context import Jobs, load_settings, run


@click.group(cls=Jobs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="oneseat")
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
    preparing.doctor,
    preparing.exam,
    keys.keys,
    building.charter,
    building.base,
    batch.roster,
    batch.issue,
    batch.stamp,
    batch.inspect,
    proving.verify,
    publishing.publish,
    publishing.unpublish,
    proving.prove,
    proving.report,
    batch.release,
    serving.portal,
    serving.service_token,
    desk.operator,
    desk.audit,
    state.state,
    showing.demo,
    showing.completion,
):
    main_group.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(main_group))


if __name__ == "__main__":
    main()
