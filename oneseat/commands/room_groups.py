"""``room groups``: which groups of candidates there are, whose they are, and who watches them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context

if TYPE_CHECKING:
    from oneseat.room.services.watched_groups import WatchedGroup

_COLUMNS = ("session", "group", "first", "second", "seats", "watched by")


@click.command("groups", cls=Command)
@click.option("--session", metavar="KIND-N", help="Of one session alone, such as formal-0 or mock-1.")
@pass_context
def room_groups(context: Context, session: str | None) -> None:
    """List the groups of candidates (考场分组): first and second invigilator, seats, and who watches now.

    Whoever has the wall open is heard every 20 seconds, and watches until 60 seconds without. No candidate is
    named.
    """
    from oneseat.room.services.watched_groups import all_watched_groups

    project, console, now = context.project(), context.console, context.clock.now()
    with project.state.reading() as connection:
        found = list(all_watched_groups(connection, project.exam.id, now))
    listed = [_as_object(each) for each in found if session in (None, _session_of(each))]
    watched = sum(1 for each in listed if each["watched_by"] is not None)
    rows = [[_cell(each[name.replace(" ", "_")]) for name in _COLUMNS] for each in listed]
    console.table("Groups", _COLUMNS, rows)
    console.result({"groups": listed}, f"{len(listed)} groups, {watched} watched now.")


def _cell(value: object) -> object:
    return "" if value is None else value


def _session_of(watched: WatchedGroup) -> str:
    return f"{watched.group.kind}-{watched.group.session}"


def _as_object(watched: WatchedGroup) -> dict[str, object]:
    group, now = watched.group, watched.now
    return {
        "session": _session_of(watched),
        "group": group.number,
        "first": group.first,
        "second": group.second,
        "seats": group.members,
        "watched_by": now.operator,
        "watched_as": None if now.is_unwatched else now.place.value,
        "unwatched_since": group.unwatched_since,
    }
