"""Notes groups that nobody watches though their candidates are there, and the end of it.

For those who lead it is an alarm, 无人监看. It is noted once, by
whichever process finds it, in the group and in the history of each of its attempts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules import live_pictures
from oneseat.room.rules.watching import SILENT_AFTER
from oneseat.state.room import events, groups, live_groups, watches
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.groups import GroupKey
from signing.session_times import MOCK

LOOK_EVERY_S = 10.0
PRESENT = timedelta(minutes=2)
"""A candidate whose page was not heard for longer is not there to be watched."""
UNWATCHED, WATCHED_AGAIN = "unwatched", "watched-again"


def note(room: ServedRoom) -> None:
    """Compare who is there with who watches, and note what has changed. Cheap where nothing has.

    Raises:
        RoomNotReady: there is no usable charter.
        StateUnavailable: the database cannot be used.
    """
    now = room.clock.now()
    with room.database.reading() as connection:
        alone = set(_unwatched(connection, room, room.charter_in(connection), now))
        known = live_groups.list_unwatched(connection, room.exam)
    for key in sorted(alone - known.keys()):
        _record(room, key, now, now)
    for key in sorted(known.keys() - alone):
        _record(room, key, None, now)


def _record(room: ServedRoom, key: GroupKey, since: datetime | None, now: datetime) -> None:
    code = WATCHED_AGAIN if since is None else UNWATCHED
    with room.database.writing() as connection:
        if not groups.record_unwatched(connection, key, since):
            return  # another process has noted it
        for attempt in live_groups.live_members(connection, key, now - PRESENT):
            event = RoomEvent(now, "room", code, {"group": key.number})
            events.append_all(connection, room.exam, attempt, [event])


def _unwatched(
    connection: Connection, room: ServedRoom, charter: CharterInForce, now: datetime
) -> Iterable[GroupKey]:
    """The groups whose candidates have been there for a minute, and which nobody has watched for one."""
    heard: dict[tuple[str, int], dict[int, dict[str, datetime]]] = {}
    for live in live_groups.list_live(connection, room.exam, now - PRESENT):
        kind, position, number = live.key.kind, live.key.session, live.key.number
        if now - live.since < SILENT_AFTER or not live_pictures.are_wanted(charter.charter, kind):
            continue
        place = (room.exam, kind, position)
        if kind == MOCK and not watches.was_any(connection, *place):
            continue  # a mock may be watched, and need not be
        if (kind, position) not in heard:
            heard[kind, position] = watches.heard(connection, *place, now - SILENT_AFTER)
        if number not in heard[kind, position]:
            yield live.key
