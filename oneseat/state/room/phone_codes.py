"""Codes by which a phone comes to a seat (``pair``) or takes over from another one (``move``)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from oneseat.state.tables.room_phones import RoomPhoneCodeRow

PAIR, MOVE = "pair", "move"


@dataclass(frozen=True)
class PhoneCode:
    """A code of a seat. ``tries`` counts the wrong codes that were typed instead of it."""

    exam: str
    jti: str
    kind: str
    code_hash: bytes = field(repr=False)
    attempt: str
    until: datetime
    tries: int = 0
    used_at: datetime | None = None


_COLUMNS = tuple(getattr(RoomPhoneCodeRow, member.name) for member in fields(PhoneCode))


def replace(connection: Connection, code: PhoneCode) -> None:
    """Make this the seat's code of its kind; the one before is worth nothing any more."""
    connection.execute(delete(RoomPhoneCodeRow).where(*_key(code.exam, code.jti, code.kind)))
    connection.execute(insert(RoomPhoneCodeRow), vars(code))


def find_by_hash(connection: Connection, exam: str, kind: str, code_hash: bytes) -> PhoneCode | None:
    """Return the code with this hash, whichever seat has it, or None."""
    query = select(*_COLUMNS).where(
        RoomPhoneCodeRow.exam == exam, RoomPhoneCodeRow.kind == kind, RoomPhoneCodeRow.code_hash == code_hash
    )
    row = connection.execute(query).first()
    return None if row is None else PhoneCode(*row)


def find(connection: Connection, exam: str, jti: str, kind: str) -> PhoneCode | None:
    """Return a seat's code of a kind, or None."""
    row = connection.execute(select(*_COLUMNS).where(*_key(exam, jti, kind))).first()
    return None if row is None else PhoneCode(*row)


def use(connection: Connection, code: PhoneCode, at: datetime) -> bool:
    """Record that a code was used; False if it was before: it is good once."""
    statement = update(RoomPhoneCodeRow).where(
        *_key(code.exam, code.jti, code.kind),
        RoomPhoneCodeRow.code_hash == code.code_hash,
        RoomPhoneCodeRow.used_at.is_(None),
    )
    return connection.execute(statement.values(used_at=at)).rowcount == 1


def count_try(connection: Connection, code: PhoneCode) -> None:
    """Count a wrong code that was typed instead of this one."""
    tries = RoomPhoneCodeRow.tries + 1
    connection.execute(
        update(RoomPhoneCodeRow).where(*_key(code.exam, code.jti, code.kind)).values(tries=tries)
    )


def sweep(connection: Connection, exam: str, now: datetime) -> int:
    """Delete codes that are too old to be used; return how many."""
    statement = delete(RoomPhoneCodeRow).where(RoomPhoneCodeRow.exam == exam, RoomPhoneCodeRow.until < now)
    return connection.execute(statement).rowcount


def _key(exam: str, jti: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (RoomPhoneCodeRow.exam == exam, RoomPhoneCodeRow.jti == jti, RoomPhoneCodeRow.kind == kind)
