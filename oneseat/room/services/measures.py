"""Gives measures: one person drafts, a second one has the order signed by the room's key, within bounds.

An order counts in all processes of the room as soon as it is committed. An outbox sends it to the portal.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.measures import (
    MeasureBeyondBounds,
    MeasureGroupChanged,
    MeasureInvalid,
    MeasureKeyUnusable,
    MeasureOfOnePerson,
    MeasureOvertaken,
    MeasureSettled,
    MeasureUnknown,
)
from oneseat.room.rules.measures import GOOD_FOR, REASONS, find_fault_now
from oneseat.room.services.attempts import repeating
from oneseat.state.publishing import orders
from oneseat.state.room import groups, measures
from oneseat.state.room.groups import GroupKey
from oneseat.state.room.measures import GIVEN, WITHDRAWN, Measure, NewMeasure, Person
from signing.authority.signer import Signer, sign_token
from signing.charter import FormalSession
from signing.normal_forms import is_of_two_persons
from signing.orders import MAX_SEATS, MAX_WORDS, SignedOrder, find_fault
from signing.session_times import (
    ANY_SEAT,
    FORMAL,
    PAUSE,
    RESUME,
    Order,
    SeatTerms,
    effective,
    resumable,
)
from signing.text import Text
from signing.tokens import VERSION

_UNNAMED = Text("your name is missing, or cannot be printed", "没有填写姓名，或姓名中有无法显示的字符")
_NO_SEATS = Text("none of the seats has this session", "这些考生都不在该场次")
_NOTHING_PAUSED = Text("nothing is paused that could be resumed", "没有可以恢复的暂停")
_UNCHANGED = Text("it would change nothing", "不会改变任何时间")
_STANDING = (PAUSE, RESUME)
"""Acts that may leave some of their seats as they are: who has ended, or starts after the pause."""
_MANY = Text(f"more than {MAX_SEATS} seats", f"超过 {MAX_SEATS} 名考生，请改为全场")


@dataclass(frozen=True)
class Effect:
    """How a measure changes one session for ``attempts`` candidates who are there, whose times are alike.

    For a repeat, ``after`` is the session that they get in its place.
    """

    before: FormalSession
    after: FormalSession
    attempts: int


@dataclass(frozen=True)
class Wanted:
    """What a draft is to change; no ``seats`` means all.

    ``group`` is the number of the seats' group, ``target`` the session of a repeat. ``listed`` are the seats
    by the lines of a form, from which a refusal names lines.
    """

    act: str
    session: int
    seconds: int
    seats: tuple[str, ...]
    reason: str
    group: int | None = None
    target: int | None = None
    listed: tuple[str, ...] = ()


def order_of(charter: CharterInForce, wanted: Wanted | Measure, now: datetime) -> Order:
    """The order that a measure would be if it were given next, at ``now``."""
    number, at = charter.newest_order + 1, int(now.timestamp()) if wanted.act in _STANDING else 0
    seats = frozenset(wanted.seats)
    return Order(number, wanted.act, wanted.session, wanted.seconds, seats, at, wanted.target)


def running_pauses(charter: CharterInForce, now: datetime) -> list[SignedOrder]:
    """The pauses that hold, or are to hold, and that no order has resumed."""
    return [
        signed
        for order, signed in zip(charter.orders, charter.signed_orders, strict=True)
        if order.act == PAUSE
        and resumable(charter.orders, order.session, order.seats) == order
        and now.timestamp() < order.at + order.seconds
    ]


def resume_of(charter: CharterInForce, number: int, within_s: int, reason: str, now: datetime) -> Wanted:
    """What resumes a pause ``within_s`` seconds from now, to the second, whenever it is confirmed before.

    Raises:
        MeasureBeyondBounds: no such pause holds.
    """
    paused = next((each for each in running_pauses(charter, now) if each.number == number), None)
    if paused is None:
        raise MeasureBeyondBounds(reason=_NOTHING_PAUSED)
    seconds = math.ceil(now.timestamp() - paused.at) + within_s
    return Wanted(RESUME, paused.session, seconds, tuple(sorted(paused.seats)), reason)


def effects(room: ServedRoom, connection: Connection, charter: CharterInForce, order: Order) -> list[Effect]:
    """How an order would change its session, most candidates first.

    Who is not there counts as none: those with the usual times are in the list all the same.
    """
    there = measures.present(connection, room.exam, order.session)
    jtis = [jti for jti in there if order.concerns(order.session, jti)]
    found: Counter[tuple[FormalSession, FormalSession]] = Counter()
    for terms in [*map(SeatTerms, sorted(order.seats)), *([] if order.seats else [ANY_SEAT])]:
        known = charter.seats.of(terms.jti).terms if terms.jti else terms
        _count(found, charter, order, known, 0)
    for terms, attempts in Counter(charter.seats.of(jti).terms for jti in jtis).items():
        _count(found, charter, order, terms, attempts)
    listed = [Effect(before, after, attempts) for (before, after), attempts in found.items()]
    return sorted(listed, key=lambda effect: -effect.attempts)


def _count(
    found: Counter[tuple[FormalSession, FormalSession]],
    charter: CharterInForce,
    order: Order,
    terms: SeatTerms,
    attempts: int,
) -> None:
    held = charter.sessions_for(terms).formals
    before = held[order.session] if order.session < len(held) else None
    after = effective(charter.charter, (*charter.orders, order), terms).formals
    position = order.session if order.target is None else order.target
    changed = after[position] if position < len(after) else None
    if before is not None and changed is not None:
        found[before, changed] += attempts


def require_possible(charter: CharterInForce, order: Order, found: Sequence[Effect], now: datetime) -> None:
    """Check an order by the charter's bounds and by the clock.

    Raises:
        MeasureBeyondBounds: it goes too far, comes too late, or changes nothing.
    """
    fault = find_fault(charter.charter, charter.orders, order)
    if fault is None and not found:
        fault = _NO_SEATS
    if order.act in _STANDING and found:
        found = [effect for effect in found if effect.before != effect.after]
        fault = fault or (None if found else _UNCHANGED)
    for effect in found:
        fault = fault or find_fault_now(order.act, effect.before, effect.after, now)
    if fault is not None:
        raise MeasureBeyondBounds(reason=fault)


def usable_signer(room: ServedRoom, charter: CharterInForce) -> Signer:
    """The room's key for orders.

    Raises:
        MeasureKeyUnusable: there is none, or the charter in force does not list it.
    """
    bounds = charter.charter.measures
    signer = room.order_signer
    if signer is None or bounds is None or signer.public_key not in bounds.order_keys:
        raise MeasureKeyUnusable
    return signer


def draft(
    room: ServedRoom, connection: Connection, wanted: Wanted, person: Person, now: datetime
) -> NewMeasure:
    """Check and keep a draft.

    Raises:
        MeasureInvalid: the name cannot be signed, or there are too many seats.
        MeasureKeyUnusable, MeasureBeyondBounds, MeasureSeatsUnfit: it could not be given.
    """
    charter = room.charter_in(connection)
    usable_signer(room, charter)
    _require_name(person)
    if len(wanted.seats) > MAX_SEATS:
        raise MeasureInvalid(reason=_MANY)
    order = order_of(charter, wanted, now)
    require_possible(charter, order, effects(room, connection, charter, order), now)
    repeating.require_fit(room, connection, charter, order, wanted.listed)
    new = NewMeasure(
        id=secrets.token_hex(16),
        exam=room.exam,
        drafted_at=now,
        drafted_by=person,
        act=wanted.act,
        session=wanted.session,
        seconds=wanted.seconds,
        seats=wanted.seats,
        reason=wanted.reason,
        group_number=wanted.group,
        target=wanted.target,
    )
    measures.add(connection, new)
    return new


def find_open(room: ServedRoom, connection: Connection, measure_id: str, now: datetime) -> Measure:
    """A draft that waits for the second person.

    Raises:
        MeasureUnknown: this exam has no such measure.
        MeasureSettled: it was given or withdrawn, or has waited too long.
    """
    measure = measures.lock(connection, room.exam, measure_id)
    if measure is None:
        raise MeasureUnknown
    if not is_open(measure, now):
        raise MeasureSettled
    return measure


def is_open(measure: Measure, now: datetime) -> bool:
    """Whether a measure waits for the second person."""
    return measure.outcome is None and now < measure.drafted_at + GOOD_FOR


def give(
    room: ServedRoom,
    connection: Connection,
    measure_id: str,
    person: Person,
    newest_order: int,
    now: datetime,
) -> SignedOrder:
    """Have a draft signed as the next order, which counts from then on.

    ``newest_order`` is the number of the newest order that the second person has seen.

    Raises:
        MeasureUnknown, MeasureSettled: it is not open.
        MeasureInvalid: the name cannot be signed.
        MeasureOfOnePerson: the same account, or the same name, has drafted it.
        MeasureOvertaken: another order was given meanwhile.
        MeasureGroupChanged: others have come into the group that it was drafted for.
        MeasureKeyUnusable, MeasureBeyondBounds, MeasureSeatsUnfit: it cannot be given any more.
    """
    measure = find_open(room, connection, measure_id, now)
    charter = room.charter_in(connection)
    signer = usable_signer(room, charter)
    _require_name(person)
    names = (measure.drafted_by.name, person.name)
    if person.account == measure.drafted_by.account or not is_of_two_persons(names):
        raise MeasureOfOnePerson
    if newest_order != charter.newest_order:
        raise MeasureOvertaken
    _require_same_group(connection, measure)
    order = order_of(charter, measure, now)
    require_possible(charter, order, effects(room, connection, charter, order), now)
    repeating.require_fit(room, connection, charter, order)
    signed = _signed_order(room, measure, order, names, now)
    token = sign_token(signer, SignedOrder.TYP, signed.claims())
    settled = measures.settle(connection, measure.id, GIVEN, person, now, order.number)
    if not settled or not orders.add(connection, room.exam, order.number, token, now):
        raise MeasureOvertaken
    return signed


def withdraw(
    room: ServedRoom, connection: Connection, measure_id: str, person: Person, now: datetime
) -> None:
    """Take a draft back before it is given; one person may.

    Raises:
        MeasureUnknown, MeasureSettled: it is not open.
    """
    measure = find_open(room, connection, measure_id, now)
    measures.settle(connection, measure.id, WITHDRAWN, person, now)


def _require_same_group(connection: Connection, measure: Measure) -> None:
    """Refuse a draft for a group that others have joined: they would wonder why nothing is given to them."""
    if measure.group_number is None:
        return
    key = GroupKey(measure.exam, FORMAL, measure.session, measure.group_number)
    if groups.seats_of(connection, key) != measure.seats:
        raise MeasureGroupChanged(group=measure.group_number)


def _signed_order(
    room: ServedRoom, measure: Measure, order: Order, names: tuple[str, str], now: datetime
) -> SignedOrder:
    return SignedOrder(
        exam=room.exam,
        number=order.number,
        act=order.act,
        session=order.session,
        seconds=order.seconds,
        seats=tuple(sorted(order.seats)),
        names=names,
        reason=REASONS[measure.reason],
        at=int(now.timestamp()),
        v=VERSION,
        target=order.target,
    )


def _require_name(person: Person) -> None:
    if not person.name.strip() or not person.name.isprintable() or len(person.name) > MAX_WORDS:
        raise MeasureInvalid(reason=_UNNAMED)
