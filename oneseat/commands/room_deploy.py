"""``room deploy``: write the files that put the room behind nginx and under systemd."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.deployment_options import host_options, this_program
from oneseat.commands.options import Command, pass_context


@click.command("deploy", cls=Command)
@host_options((8767, 8768), writable="recordings or SQLite state", server="room")
@click.option(
    "--environment", default="/etc/oneseat/room.env", show_default=True, help="A file of ONESEAT_ settings."
)
@click.option("--papers", default="/etc/oneseat/papers", show_default=True, help="The folder of the papers.")
@click.option("--keys", default="/etc/oneseat/room-keys", show_default=True, help="The room's key ring.")
@click.option(
    "--token", default="/etc/oneseat/room.token", show_default=True, help="The file of its service token."
)
@pass_context
def room_deploy(context: Context, /, into: Path, program: str | None, **given: object) -> None:
    """Write what puts the room behind nginx and under systemd: docs/how-to/deploy-the-room.md."""
    from oneseat.room import deploy

    written = deploy.write(deploy.checked_deployment(program=program or this_program(), **given), into)
    context.console.result({"files": written}, "\n".join(map(str, written)))
