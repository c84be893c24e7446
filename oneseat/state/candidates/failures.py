"""Counts what was refused to seats, by kind and code, so that the desk can see why somebody is stuck.

A seat has at most :data:`MAX_ROWS` rows, and numbers without a seat have none: no stranger can fill the disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, func, select

from oneseat.state.dialect import in_values, insert_or_update
from oneseat.state.tables.failures import SeatFailure
from oneseat.state.tables.issuing import Licence, Seat

MAX_ROWS = 40
"""How many kinds and codes are counted for one seat; further ones are left out."""


class FailureKind(StrEnum):
    """Where something was refused: at the login, at an activation, on the computer, by its health check."""

    LOGIN = "login"
    ACTIVATION = "activation"
    CLIENT = "client"
    HEALTH = "health"


class FailureKey(NamedTuple):
    """What repetitions are counted under. ``subject`` is an admission number, or a jti where ``by_jti``."""

    subject: str
    by_jti: bool
    kind: FailureKind
    code: str


@dataclass(frozen=True)
class FailureCount:
    """Repetitions under one key, with the times of the first and the last."""

    channel: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class RecordedFailure:
    """A row of the table: one kind and code at one seat."""

    admission_number: str
    kind: FailureKind
    code: str
    channel: str
    count: int
    first_at: datetime
    last_at: datetime


def record(connection: Connection, exam: str, counted: dict[FailureKey, FailureCount]) -> None:
    """Add counts to the rows of the seats that there are, in the caller's write transaction."""
    numbers = _numbers(connection, exam, counted)
    present = _present(connection, exam, sorted(set(numbers.values())))
    rows_of = Counter(number for number, _, _ in present)
    for key, seen in counted.items():
        number = numbers.get(key)
        if number is None:
            continue
        identity = (number, str(key.kind), key.code)
        if identity not in present:
            if rows_of[number] >= MAX_ROWS:
                continue
            rows_of[number] += 1
            present.add(identity)
        _add(connection, exam, identity, seen)


def _numbers(
    connection: Connection, exam: str, counted: dict[FailureKey, FailureCount]
) -> dict[FailureKey, str]:
    """The admission number of each key whose seat there is."""
    typed = sorted({key.subject for key in counted if not key.by_jti})
    jtis = sorted({key.subject for key in counted if key.by_jti})
    known = set(
        connection.scalars(
            select(Seat.admission_number).where(
                Seat.exam == exam, in_values(connection, Seat.admission_number, typed)
            )
        )
    )
    licensed = {
        row[0]: row[1]
        for row in connection.execute(
            select(Licence.jti, Licence.admission_number).where(
                Licence.exam == exam, in_values(connection, Licence.jti, jtis)
            )
        )
    }
    found = {key: licensed.get(key.subject) if key.by_jti else key.subject for key in counted}
    return {
        key: number for key, number in found.items() if number is not None and (key.by_jti or number in known)
    }


def _present(connection: Connection, exam: str, numbers: Sequence[str]) -> set[tuple[str, str, str]]:
    rows = connection.execute(
        select(SeatFailure.admission_number, SeatFailure.kind, SeatFailure.code).where(
            SeatFailure.exam == exam, in_values(connection, SeatFailure.admission_number, numbers)
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _add(connection: Connection, exam: str, identity: tuple[str, str, str], seen: FailureCount) -> None:
    number, kind, code = identity
    row = {
        "exam": exam,
        "admission_number": number,
        "kind": kind,
        "code": code,
        "channel": seen.channel,
        "count": seen.count,
        "first_at": seen.first_at,
        "last_at": seen.last_at,
    }
    changed = {
        "channel": seen.channel,
        "count": SeatFailure.count + seen.count,
        "last_at": seen.last_at,
    }
    key = ["exam", "admission_number", "kind", "code"]
    connection.execute(insert_or_update(connection, SeatFailure, key, changed), row)


def find_by_seat(connection: Connection, exam: str, admission_number: str) -> list[RecordedFailure]:
    """List what was refused to a seat, the latest first."""
    query = _rows().where(SeatFailure.exam == exam, SeatFailure.admission_number == admission_number)
    return [_recorded(row) for row in connection.execute(query.order_by(SeatFailure.last_at.desc()))]


def count_codes(
    connection: Connection, exam: str, kinds: Sequence[FailureKind]
) -> list[tuple[str, str, int]]:
    """Count the seats by kind and code, the most frequent first."""
    number = func.count()
    query = (
        select(SeatFailure.kind, SeatFailure.code, number)
        .where(SeatFailure.exam == exam, SeatFailure.kind.in_([str(kind) for kind in kinds]))
        .group_by(SeatFailure.kind, SeatFailure.code)
        .order_by(number.desc(), SeatFailure.code)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def list_by_code(
    connection: Connection, exam: str, kind: FailureKind, code: str, limit: int, offset: int
) -> list[RecordedFailure]:
    """List the seats with refusals of one kind and code, the latest first, from a range of an index."""
    query = (
        _rows()
        .where(SeatFailure.exam == exam, SeatFailure.kind == str(kind), SeatFailure.code == code)
        .order_by(SeatFailure.last_at.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_recorded(row) for row in connection.execute(query)]


_Columns = tuple[str, str, str, str, int, datetime, datetime]


def _rows() -> Select[*_Columns]:
    return select(
        SeatFailure.admission_number,
        SeatFailure.kind,
        SeatFailure.code,
        SeatFailure.channel,
        SeatFailure.count,
        SeatFailure.first_at,
        SeatFailure.last_at,
    )


def _recorded(row: Row[*_Columns]) -> RecordedFailure:
    return RecordedFailure(row[0], FailureKind(row[1]), *row[2:])
