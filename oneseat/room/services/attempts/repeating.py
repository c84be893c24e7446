"""Repeats in another session: which seats may be given one, and what becomes of their first attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.measures import MeasureSeatsUnfit
from oneseat.room.rules.identity import Identity
from oneseat.room.services.attempts import hand_in, permission_log
from oneseat.state.room import attempts, endings, events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from signing.orders import SignedOrder
from signing.session_times import FORMAL, REPEAT, Order, session_of
from signing.text import Text

REPEATED, REPEATS = "repeated", "repeats"
"""Events: of a first attempt, which order gave another one instead; of the second, which one it replaces."""
_MOST_ROWS = 20
_UNKNOWN = Text("not in the room's list of seats", "不在本考场的考生名单中")
_ELSEWHERE = Text("of another session", "不属于该场次")
_NO_PAPER = Text("without a paper in the new session", "在重考场次没有对应的试卷")
_REJECTED = Text("with a refused identity", "身份核验未通过")
_ENDED = Text("whose attempt two persons have ended", "本场已由考务人员结束")


def require_fit(
    room: ServedRoom,
    connection: Connection,
    charter: CharterInForce,
    order: Order,
    listed: Sequence[str] = (),
) -> None:
    """Check each seat that a repeat names. ``listed`` are the seats as a form has listed them, by its lines.

    Raises:
        MeasureSeatsUnfit: some may not repeat the session; none of the others is given it either.
    """
    if order.act != REPEAT:
        return
    unfit = find_unfit(room, connection, charter, order)
    if not unfit:
        return
    counts = Counter(unfit.values())
    said = [Text(f"{n} {reason.en}", f"{n} 名{reason.zh}") for reason, n in counts.items()]
    rows = [str(row) for row, jti in enumerate(listed, start=1) if jti in unfit]
    if rows:
        more = "…" if len(rows) > _MOST_ROWS else ""
        lines = ", ".join(rows[:_MOST_ROWS]) + more
        said.append(Text(f"lines {lines}", f"名单第 {lines} 行"))
    raise MeasureSeatsUnfit(
        seats=Text("; ".join(each.en for each in said), "；".join(each.zh for each in said))
    )


def find_unfit(
    room: ServedRoom, connection: Connection, charter: CharterInForce, order: Order
) -> Mapping[str, Text]:
    """Why seats that a repeat names may not be given it, by seat (jti)."""
    seats, variants = sorted(order.seats), room.papers.variants(FORMAL, order.target or 0)
    firsts = attempts.of_seats(connection, room.exam, FORMAL, order.session, seats)
    ended = endings.in_force_of(connection, room.exam, [first.id for first in firsts])
    by_seat = {first.jti: first for first in firsts}
    found: dict[str, Text] = {}
    for jti in seats:
        known, first = room.seats.of(jti), by_seat.get(jti)
        if not room.seats.knows(jti):
            found[jti] = _UNKNOWN
        elif session_of(charter.orders, known.terms) not in (None, order.session):
            found[jti] = _ELSEWHERE
        elif not variants or known.paper not in (None, *variants):
            found[jti] = _NO_PAPER
        elif first is not None and first.identity_state == Identity.REJECTED:
            found[jti] = _REJECTED
        elif first is not None and first.id in ended:
            found[jti] = _ENDED
    return found


def end_first(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> bool:
    """Hand in a locked attempt whose seat an order has given another session; False where none has."""
    signed = charter.repeat_of(attempt.kind, attempt.session, attempt.jti)
    if signed is None or attempt.handed_in_at is not None:
        return False
    permission_log.end_with_attempt(connection, attempt, now)
    _note_repeated(room, connection, attempt, signed, now)
    return hand_in.record(room, connection, attempt, hand_in.REPEAT, now)


def behind(room: ServedRoom, connection: Connection, charter: CharterInForce) -> list[str]:
    """Attempts (ids) whose history lacks the order that gave their seat another session."""
    found: list[str] = []
    for order in charter.orders:
        if order.act == REPEAT:
            held = attempts.of_seats(connection, room.exam, FORMAL, order.session, sorted(order.seats))
            firsts = [
                each.id for each in held if charter.repeat_of(each.kind, each.session, each.jti) is not None
            ]
            found += sorted({*firsts} - events.having(connection, room.exam, firsts, REPEATED))
    return found


def note_first(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> None:
    """Note the order in the history of a locked attempt that was handed in before it."""
    signed = charter.repeat_of(attempt.kind, attempt.session, attempt.jti)
    if signed is not None and not events.having(connection, room.exam, [attempt.id], REPEATED):
        _note_repeated(room, connection, attempt, signed, now)


def note_second(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> None:
    """Note in a new attempt's history which order it follows, and the attempt that it replaces, if any."""
    signed = charter.repeat_to(attempt.kind, attempt.session, attempt.jti)
    if signed is None:
        return
    first = attempts.find_newest(connection, room.exam, attempt.jti, FORMAL, signed.session)
    facts: dict[str, Fact] = {"order": signed.number, "session": signed.session}
    if first is not None:
        facts["attempt"] = first.id
    event = RoomEvent(now, "room", REPEATS, facts)
    events.append_all(connection, room.exam, attempt.id, [event])


def _note_repeated(
    room: ServedRoom, connection: Connection, attempt: Attempt, signed: SignedOrder, now: datetime
) -> None:
    facts: dict[str, Fact] = {"order": signed.number, "target": signed.target}
    facts.update(names="、".join(signed.names), reason=signed.reason.zh)
    events.append_all(connection, room.exam, attempt.id, [RoomEvent(now, "room", REPEATED, facts)])
