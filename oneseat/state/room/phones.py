"""Phones of seats: who logged in, what each has agreed to and passed, when it was heard, which one is live.

A seat has one live phone, by a unique index: of two logins at the same time one fails and is answered as if
it had come later. A phone that comes again with its key keeps its row, and so the name of what it recorded.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from oneseat.state.dialect import insert_unless_taken
from oneseat.state.tables.room_phones import RoomPhoneRow


@dataclass(frozen=True)
class Phone:
    """A stored phone; :class:`oneseat.state.tables.room_phones.RoomPhoneRow` says what the members are."""

    id: str
    exam: str
    jti: str
    device_key: bytes = field(repr=False)
    kind: str
    build: str | None
    licence: bytes | None
    entered_by: str
    created_at: datetime
    epoch: int
    consent_version: str | None
    consent_at: datetime | None
    checked_at: datetime | None
    filmed: str | None
    swept_at: datetime | None
    placed_at: datetime | None
    recorded_at: datetime | None
    seen_at: datetime
    facts: str
    fault: str | None
    moved_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether no other phone has taken over."""
        return self.moved_at is None

    def has_placed(self, attempt: str) -> bool:
        """Whether it was put in its place for an attempt."""
        return self.filmed == attempt and self.placed_at is not None

    @property
    def said(self) -> Mapping[str, Any]:
        """What it said of itself last."""
        said: dict[str, Any] = json.loads(self.facts)
        return said


@dataclass(frozen=True)
class NewPhone:
    """What a phone logs in with."""

    id: str
    exam: str
    jti: str
    device_key: bytes = field(repr=False)
    kind: str
    build: str | None
    licence: bytes | None
    entered_by: str
    at: datetime
    cookie_hash: bytes = field(repr=False)


@dataclass(frozen=True)
class Heard:
    """A sign of life of a phone, and what it says of itself; ``recorded_at`` is None without takes."""

    phone: Phone
    facts: str
    filmed: str | None
    recorded_at: datetime | None


_COLUMNS = tuple(getattr(RoomPhoneRow, member.name) for member in fields(Phone))
_EXAM = RoomPhoneRow.exam == bindparam("its_exam")
_BY_COOKIES = select(RoomPhoneRow.cookie_hash, *_COLUMNS).where(
    _EXAM, RoomPhoneRow.cookie_hash.in_(bindparam("its_cookies", expanding=True))
)
_LIVE_OF = select(*_COLUMNS).where(
    _EXAM, RoomPhoneRow.jti.in_(bindparam("its_jtis", expanding=True)), RoomPhoneRow.moved_at.is_(None)
)
_HEAR = (
    update(RoomPhoneRow)
    .where(RoomPhoneRow.id == bindparam("its_id"))
    .values(
        seen_at=bindparam("heard_at"),
        facts=bindparam("its_facts"),
        filmed=bindparam("its_filmed"),
        swept_at=bindparam("its_sweep"),
        placed_at=bindparam("its_place"),
        recorded_at=bindparam("its_recording"),
    )
)


def find_by_cookies(connection: Connection, exam: str, hashes: Collection[bytes]) -> dict[bytes, Phone]:
    """Find phones by the SHA-256 of their newest cookies, in one statement; unknown ones are left out."""
    if not hashes:
        return {}
    rows = connection.execute(_BY_COOKIES, {"its_exam": exam, "its_cookies": sorted(hashes)})
    return {row[0]: Phone(*row[1:]) for row in rows}


def find(connection: Connection, exam: str, phone_id: str) -> Phone | None:
    """Return the phone of that id, or None."""
    query = select(*_COLUMNS).where(RoomPhoneRow.exam == exam, RoomPhoneRow.id == phone_id)
    row = connection.execute(query).first()
    return None if row is None else Phone(*row)


def find_by_key(connection: Connection, exam: str, jti: str, device_key: bytes) -> Phone | None:
    """Return a seat's phone with this key, live or not, or None."""
    query = select(*_COLUMNS).where(
        RoomPhoneRow.exam == exam, RoomPhoneRow.jti == jti, RoomPhoneRow.device_key == device_key
    )
    row = connection.execute(query).first()
    return None if row is None else Phone(*row)


def live_of_seats(connection: Connection, exam: str, jtis: Collection[str]) -> dict[str, Phone]:
    """Find the live phones of seats, in one statement; a seat without one is left out."""
    if not jtis:
        return {}
    rows = connection.execute(_LIVE_OF, {"its_exam": exam, "its_jtis": sorted(jtis)})
    return {phone.jti: phone for phone in (Phone(*row) for row in rows)}


def has_other(connection: Connection, exam: str, jti: str, phone_id: str) -> bool:
    """Whether a seat had another phone before."""
    query = select(RoomPhoneRow.id).where(
        RoomPhoneRow.exam == exam, RoomPhoneRow.jti == jti, RoomPhoneRow.id != phone_id
    )
    return connection.execute(query.limit(1)).first() is not None


def list_of_seat(connection: Connection, exam: str, jti: str) -> list[Phone]:
    """List a seat's phones in the order of their first logins."""
    query = select(*_COLUMNS).where(RoomPhoneRow.exam == exam, RoomPhoneRow.jti == jti)
    return [Phone(*row) for row in connection.execute(query.order_by(RoomPhoneRow.created_at))]


def add(connection: Connection, new: NewPhone) -> bool:
    """Add a live phone in epoch 1; False where another one of its seat is live, since a moment ago too."""
    row = {member.name: getattr(new, member.name) for member in fields(NewPhone) if member.name != "at"}
    times = {"created_at": new.at, "seen_at": new.at}
    statement = insert_unless_taken(connection, RoomPhoneRow).returning(RoomPhoneRow.id)
    return connection.scalar(statement, {**row, **times, "epoch": 1, "facts": "{}"}) is not None


def come_again(connection: Connection, known: Phone, new: NewPhone) -> bool:
    """Let a known phone in again and make it live; False where its row has changed meanwhile."""
    statement = (
        update(RoomPhoneRow)
        .where(RoomPhoneRow.id == known.id, RoomPhoneRow.epoch == known.epoch)
        .values(
            epoch=known.epoch + 1,
            kind=new.kind,
            build=new.build,
            licence=new.licence,
            cookie_hash=new.cookie_hash,
            seen_at=new.at,
            moved_at=None,
        )
    )
    return connection.execute(statement).rowcount == 1


def renew(connection: Connection, known: Phone, cookie_hash: bytes, at: datetime) -> bool:
    """Give a phone a new cookie and raise its epoch; False where its epoch has changed meanwhile."""
    statement = update(RoomPhoneRow).where(RoomPhoneRow.id == known.id, RoomPhoneRow.epoch == known.epoch)
    values = {"epoch": known.epoch + 1, "cookie_hash": cookie_hash, "seen_at": at}
    return connection.execute(statement.values(values)).rowcount == 1


def move_away(connection: Connection, exam: str, jti: str, at: datetime) -> None:
    """Record that a seat's live phone films no more."""
    statement = update(RoomPhoneRow).where(
        RoomPhoneRow.exam == exam, RoomPhoneRow.jti == jti, RoomPhoneRow.moved_at.is_(None)
    )
    connection.execute(statement.values(moved_at=at))


def record_consent(connection: Connection, phone: Phone, version: str, at: datetime) -> bool:
    """Record the consent that was given on a phone; False if there was one."""
    statement = update(RoomPhoneRow).where(RoomPhoneRow.id == phone.id, RoomPhoneRow.consent_at.is_(None))
    return connection.execute(statement.values(consent_at=at, consent_version=version)).rowcount == 1


def record(connection: Connection, phone: Phone, **values: object) -> None:
    """Record what a phone has passed."""
    connection.execute(update(RoomPhoneRow).where(RoomPhoneRow.id == phone.id).values(**values))


def change_fault(connection: Connection, phone: Phone, fault: str | None) -> bool:
    """Record a phone's fault, or that it is over; False where another call has, since it was read."""
    before = RoomPhoneRow.fault.is_(None) if phone.fault is None else RoomPhoneRow.fault == phone.fault
    statement = update(RoomPhoneRow).where(RoomPhoneRow.id == phone.id, before).values(fault=fault)
    return connection.execute(statement).rowcount == 1


def hear_all(connection: Connection, heard: Sequence[Heard], at: datetime) -> None:
    """Record signs of life, in one statement. What belongs to another attempt than before begins anew."""
    if heard:
        connection.execute(_HEAR, [_heard(each, at) for each in heard])


def _heard(each: Heard, at: datetime) -> dict[str, object]:
    phone = each.phone
    same = phone.filmed == each.filmed
    return {
        "its_id": phone.id,
        "heard_at": at,
        "its_facts": each.facts,
        "its_filmed": each.filmed,
        "its_sweep": phone.swept_at if same else None,
        "its_place": phone.placed_at if same else None,
        "its_recording": each.recorded_at or (phone.recorded_at if same else None),
    }
