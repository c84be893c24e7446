"""``room``: serve the exam room, unlock its papers, and keep, hand out and erase what it recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, Moment, pass_context
from oneseat.commands.room_admission import room_admission
from oneseat.commands.room_deploy import room_deploy
from oneseat.commands.room_evidence import room_export, room_verify
from oneseat.commands.room_groups import room_groups
from oneseat.commands.room_keeping import room_hold, room_purge
from oneseat.commands.room_photos import room_photo_key, room_photos
from oneseat.commands.room_unlock import room_unlock

if TYPE_CHECKING:
    from oneseat.pipeline.project import Project
    from oneseat.room.settings import RoomSettings


@click.group(cls=Group)
def room() -> None:
    """Run the exam room; hand out, verify, hold and erase what it kept."""


@room.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8767, show_default=True, help="0 takes a free one."
)
@click.option("--papers", type=PATH, required=True, help="The folder of the papers that `paper seal` wrote.")
@click.option(
    "--recordings",
    metavar="ADDRESS",
    envvar="ONESEAT_RECORDINGS",
    help="Where recordings go: a folder, or s3://bucket/prefix; else the workspace's own.",
)
@click.option("--keys", type=PATH, help="The room's own key ring; the workspace's keys/room unless given.")
@click.option(
    "--root-key", metavar="BASE64URL", help="The exam's root public key, where its ring is not at hand."
)
@click.option("--public-url", metavar="URL", help="Where candidates reach it; the charter's unless given.")
@click.option("--portal-url", metavar="URL", help="The portal that gets reports; the charter's unless given.")
@click.option(
    "--token-file",
    type=PATH,
    help="A service token: room:report, room:seats, room:admit, room:orders, room:incidents, "
    "identity:check, help.",
)
@click.option("--rehearse-at", type=Moment(), help="Start the room's clock there: 2035-01-04T12:00+08:00.")
@pass_context
def room_serve(context: Context, /, host: str, port: int, token_file: Path | None, **given: object) -> None:
    """Serve the exam room until a signal stops it: entry, recording, answers, hand-in.

    It needs a published charter whose `[exam_room]` is of the kind "oneseat", and a paper for each session
    (`mock-0.toml`, `formal-0.a.sealed.json`). Formal papers must be sealed, except in rehearsals. Without
    --token-file nothing is reported to the portal.
    """
    from oneseat.room import serve

    settings = _settings(context.project(), token_file, given)
    if settings.portal_token is None:
        context.console.warn("No --token-file: the portal does not learn who takes part, and no mock counts.")
    if given["keys"] is None:
        context.console.warn("Receipts are signed with the workspace's own ring; a room's host needs --keys.")
    serve.serve(
        settings,
        host,
        port,
        lambda url: context.console.result({"url": url}, f"Serving at {url}"),
        lambda remark: context.console.warn(f"Store: {remark.en}."),
    )


def _settings(project: Project, token_file: Path | None, given: dict[str, object]) -> RoomSettings:
    from oneseat.room.settings import checked_settings, read_token

    workspace = project.workspace
    chosen = {name: value for name, value in given.items() if value is not None}
    return checked_settings(
        exam=project.exam.id,
        keys=chosen.pop("keys", workspace.room_keys),
        passphrase=project.passphrase,
        root_public_key=chosen.pop("root_key", None) or project.root_key,
        state=project.state_url,
        store=chosen.pop("recordings", str(workspace.recordings)),
        portal_token=read_token(token_file) if token_file else None,
        **chosen,
    )


_SUBCOMMANDS = (
    room_deploy,
    room_unlock,
    room_admission,
    room_photo_key,
    room_photos,
    room_groups,
    room_export,
    room_verify,
    room_hold,
    room_purge,
)
for command in _SUBCOMMANDS:
    room.add_command(command)
