"""Reads what the lead's page shows of a session: figures, identities to decide, who is missing, orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules.wall import WallFilter, count_filters
from oneseat.room.staff.live_wall.wall_reading import Tile, WallSnapshot
from oneseat.room.staff.live_wall.wall_words import masked_number
from oneseat.state.candidates import seat_search
from oneseat.state.room import wall
from oneseat.state.room.wall import Session
from signing.session_times import FORMAL, PAUSE, Order, as_resumed

MISSED_FROM = timedelta(minutes=30)
"""From so long before the start on, a seat without an attempt is somebody to be called."""
MOST_LISTED = 200


@dataclass(frozen=True)
class Overview:
    """What the page shows. ``missing`` is None before it counts, or where the room knows no seats.

    ``unread`` is how many of them are not listed. ``unwatched`` are the groups that nobody watches, and since
    when. ``paused`` are the pauses that hold now.
    """

    counts: Mapping[WallFilter, int]
    grave: int
    undecided: Sequence[Tile]
    missing: Sequence[str] | None
    unread: int
    orders: Sequence[Order]
    unwatched: Sequence[tuple[int, datetime]]
    paused: Sequence[Order]


def read(room: ServedRoom, session: Session, snapshot: WallSnapshot, now: datetime) -> Overview:
    """Read a session's overview, of which the wall's snapshot is the most.

    Raises:
        RoomNotReady: there is no usable charter.
        StateUnavailable: the database cannot be used.
    """
    charter = room.charter()
    absent = _absent(room, charter, session, now)
    listed = None if absent is None else _numbers(room, absent[:MOST_LISTED])
    return Overview(
        counts=count_filters(tile.filters for tile in snapshot.tiles),
        grave=sum(tile.is_grave for tile in snapshot.tiles),
        undecided=_longest_first(snapshot.tiles)[:MOST_LISTED],
        missing=listed,
        unread=0 if absent is None else max(0, len(absent) - MOST_LISTED),
        orders=[order for order in charter.orders if session == (FORMAL, order.session)],
        unwatched=snapshot.unwatched,
        paused=[
            order
            for order in as_resumed(charter.orders)
            if order.act == PAUSE and session == (FORMAL, order.session)
            if order.at <= now.timestamp() < order.at + order.seconds
        ],
    )


def _longest_first(tiles: Iterable[Tile]) -> list[Tile]:
    """Those whose identity is undecided: who has waited longest comes first."""
    waiting = [tile for tile in tiles if WallFilter.UNDECIDED in tile.filters]
    return sorted(waiting, key=lambda tile: (str(tile.identity_at), tile.rank))


def _absent(room: ServedRoom, charter: CharterInForce, session: Session, now: datetime) -> list[str] | None:
    """The seats (jti) of a formal session that have no attempt, once its start is near."""
    kind, position = session
    formals = charter.charter.formals
    if kind != FORMAL or position >= len(formals) or now < formals[position].starts - MISSED_FROM:
        return None
    seats = charter.seats_of_session(position)
    if not seats:
        return None
    with room.database.reading() as connection:
        came = wall.seats_that_came(connection, room.exam, session)
    return sorted(seats - came)


def _numbers(room: ServedRoom, jtis: list[str]) -> list[str]:
    """The last figures of the seats' numbers, in their order."""
    with room.database.reading() as connection:
        numbers = seat_search.numbers_of(connection, room.exam, jtis)
    return sorted(masked_number(numbers.get(jti, jti)) for jti in jtis)
