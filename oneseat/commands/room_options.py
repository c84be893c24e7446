"""Options of all commands that open what a room has kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from oneseat.commands.options import PATH

if TYPE_CHECKING:
    from oneseat.pipeline.project import Project
    from oneseat.room.exam.kept_room import KeptRoomSettings

F = TypeVar("F", bound=Callable[..., Any])


def kept_room_options(command: F) -> F:
    """Add the options that say where a room's ring and recordings are."""
    for option in (
        click.option(
            "--root-key",
            metavar="BASE64URL",
            help="The exam's root public key; the workspace's unless given.",
        ),
        click.option(
            "--keys", type=PATH, help="The room's key ring; the workspace's keys/room unless given."
        ),
        click.option(
            "--recordings",
            metavar="ADDRESS",
            envvar="ONESEAT_RECORDINGS",
            help="Where recordings are: a folder, or s3://bucket/prefix; else the workspace's own.",
        ),
    ):
        command = option(command)
    return command


def kept_room_settings(
    project: Project, recordings: str | None, keys: Path | None, root_key: str | None
) -> KeptRoomSettings:
    """Build the settings from the options and the project."""
    from oneseat.room.exam.kept_room import KeptRoomSettings

    return KeptRoomSettings(
        exam=project.exam.id,
        keys=keys or project.workspace.room_keys,
        passphrase=project.passphrase,
        root_public_key=root_key or project.root_key,
        state=project.state_url,
        store=recordings or str(project.workspace.recordings),
    )
