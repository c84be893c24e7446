"""``room photo-key`` and ``room photos``: the key for registered photographs, and their way into the room."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context
from oneseat.commands.room_options import kept_room_options, kept_room_settings


@click.command("photo-key", cls=Command)
@click.argument("file", type=PATH)
@click.option("--keys", type=PATH, help="The room's key ring; the workspace's keys/room unless given.")
@pass_context
def room_photo_key(context: Context, file: Path, keys: Path | None) -> None:
    """Write the public key that `roster photos` seals registered photographs for.

    Whoever makes the photographs needs this file. It opens nothing: only the room's ring does.
    """
    from oneseat.files.atomic import write_atomic
    from oneseat.room.exam.photo_shelf import PhotoShelf
    from oneseat.room.refusals.photos import PhotoKeyUnwritable
    from signing.authority import sealed_boxes
    from signing.authority.keys import ROOM, KeyRing
    from signing.os_faults import system_reason

    project = context.project()
    ring = KeyRing.open(keys or project.workspace.room_keys, project.passphrase, ROOM)
    key = PhotoShelf(project.exam.id, ring.secret("sealing")).public_key
    try:
        write_atomic(file, [sealed_boxes.as_pem(key)])
    except OSError as error:
        raise PhotoKeyUnwritable(file=file.name, reason=system_reason(error)) from None
    name = sealed_boxes.key_id(key)
    context.console.result({"file": file, "key": name}, f"{file}: the room's key for photographs, {name}.")


@click.command("photos", cls=Command)
@click.argument("file", type=PATH)
@kept_room_options
@pass_context
def room_photos(
    context: Context, file: Path, *, recordings: str | None, keys: Path | None, root_key: str | None
) -> None:
    """Take in the registered photographs of a file that `roster photos` wrote.

    It may be repeated, and done while the room runs. A photograph replaces the earlier one of its seat.
    """
    from oneseat.room.exam.kept_room import open_kept_room
    from oneseat.state.accounts import audit

    console, project = context.console, context.project()
    with open_kept_room(kept_room_settings(project, recordings, keys, root_key)) as room:
        with room.database.reading() as connection:
            charter = room.charter(connection)
        with console.progress() as on_progress:
            taken = room.photos.take_in(room.database, file, charter.keys_for("licence"), on_progress)
        with room.database.writing() as connection:
            facts: dict[str, audit.Fact] = {"photos": taken.photos}
            audit.append(connection, context.clock.now(), "room", "room.photos", room.exam, facts)
    console.result(taken, f"{taken.photos} photographs taken in; {taken.seats} seats have one.")
