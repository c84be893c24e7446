"""``room groups``: which groups of candidates there are, whose they are, and who watches them now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, Moment, pass_context

if TYPE_CHECKING:
    from oneseat.room.services.watching.watched_groups import WatchedGroup

_COLUMNS = ("session", "group", "first", "second", "seats", "watched by")


@click.command("groups", cls=Command)
@click.option("--session", metavar="KIND-N", help="Of one session alone, such as formal-0 or mock-1.")
@click.option("--at", type=Moment(), help="The rehearsed room's time: 2035-01-10T11:00+08:00.")
@pass_context
def room_groups(context: Context, session: str | None, at: datetime | None) -> None:
    """List the groups of candidates (考场分组): first and second invigilator, seats, and who watches now.

    Whoever has the wall open is heard every 20 seconds, and watches until 60 seconds without. No candidate is
    named. A rehearsed room has a clock of its own: unless --at says what it shows, it is taken to show the
    time at which that room heard anybody last, a candidate's page or one that watches.
    """
    from oneseat.room.services.watching.watched_groups import all_watched_groups
    from oneseat.state.room import live_groups

    project, console, now = context.project(), context.console, context.clock.now()
    heard = project.state.rehearsal and at is None
    with project.state.reading() as connection:
        if heard:
            at = live_groups.last_heard_at(connection, project.exam.id)
        now = at or now
        found = list(all_watched_groups(connection, project.exam.id, now))
    listed = [_as_object(each) for each in found if session in (None, _session_of(each))]
    watched = sum(1 for each in listed if each["watched_by"] is not None)
    rows = [[_cell(each[name.replace(" ", "_")]) for name in _COLUMNS] for each in listed]
    console.table("Groups", _COLUMNS, rows)
    shown_at = now.astimezone(project.exam.zone).isoformat(timespec="seconds")
    when = "now" if at is None else f"at {shown_at}"
    if heard and at is not None:
        when += ", when the rehearsed room heard anybody last"
    console.result({"at": shown_at, "groups": listed}, f"{len(listed)} groups, {watched} watched {when}.")


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
