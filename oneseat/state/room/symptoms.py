"""Symptoms: which attempts have reported a cause lately. Incidents are counted from them, by seats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    delete,
    distinct,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
)

from oneseat.state.dialect import insert_or_update
from oneseat.state.tables.attendance import CheckIn
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_incidents import RoomSymptomRow

_REPEATED_MICROSECONDS = 30_000_000
"""A report that comes sooner after the last one of its cause changes nothing: a page repeats itself."""
_KEY = ["exam", "cause", "attempt"]


@dataclass(frozen=True)
class Symptom:
    """An attempt reports a cause; ``at`` is by the room's clock."""

    cause: str
    attempt: str
    jti: str
    at: datetime


class Figures(NamedTuple):
    """How many seats have reported a cause, and from when to when."""

    seats: int
    first_at: datetime
    last_at: datetime


class SilentAttempt(NamedTuple):
    """An attempt in its answer time whose page was last heard then."""

    attempt: str
    jti: str
    heard_at: datetime


def record(connection: Connection, exam: str, found: Sequence[Symptom]) -> None:
    """Record symptoms in one statement. Each attempt has one row for a cause, under that attempt's lock."""
    if not found:
        return
    row = RoomSymptomRow
    fresh: dict[str, object] = {"last_at": literal_column("excluded.last_at")}
    is_later = literal_column("excluded.last_at", BigInteger) > (
        type_coerce(row.last_at, BigInteger) + _REPEATED_MICROSECONDS
    )
    statement = insert_or_update(connection, row, _KEY, fresh, is_later)
    rows = [
        {"exam": exam, "first_at": each.at, "last_at": each.at}
        | {"cause": each.cause, "attempt": each.attempt, "jti": each.jti}
        for each in found
    ]
    connection.execute(statement, rows)


def count_since(connection: Connection, exam: str, since: datetime, least: int = 1) -> dict[str, int]:
    """Count for each cause the seats that have reported it since then, where they are ``least`` or more."""
    row = RoomSymptomRow
    seats = func.count(distinct(row.jti))
    query = select(row.cause, seats).where(row.exam == exam, row.last_at > since)
    found = connection.execute(query.group_by(row.cause).having(seats >= least))
    return {str(cause): int(count) for cause, count in found}


def figures(connection: Connection, exam: str, causes: Collection[str]) -> dict[str, Figures]:
    """Count for each cause all seats whose report is not forgotten."""
    row = RoomSymptomRow
    query = select(row.cause, func.count(distinct(row.jti)), func.min(row.first_at), func.max(row.last_at))
    query = query.where(row.exam == exam, row.cause.in_(list(causes))).group_by(row.cause)
    found = connection.execute(query)
    return {cause: Figures(seats, first_at, last_at) for cause, seats, first_at, last_at in found}


def builds(connection: Connection, exam: str, cause: str) -> dict[str, int]:
    """Count the seats with a cause by the build that their client checked in with, where that is known."""
    row = RoomSymptomRow
    query = select(CheckIn.build, func.count(distinct(row.jti))).join_from(
        row, CheckIn, CheckIn.jti == row.jti
    )
    found = connection.execute(query.where(row.exam == exam, row.cause == cause).group_by(CheckIn.build))
    return {str(build): int(count) for build, count in found}


def silent_attempts(
    connection: Connection, exam: str, now: datetime, since: datetime, until: datetime, limit: int
) -> list[SilentAttempt]:
    """List attempts in their answer time whose pages were last heard after ``since`` and before ``until``."""
    row = RoomAttemptRow
    query = select(row.id, row.jti, row.window_seen_at).where(
        row.exam == exam,
        row.handed_in_at.is_(None),
        row.ends_at > now,
        row.starts_at <= now,
        row.window_seen_at > since,
        row.window_seen_at <= until,
    )
    found = connection.execute(query.limit(limit))
    return [SilentAttempt(attempt, jti, heard_at) for attempt, jti, heard_at in found if heard_at is not None]


def forget(
    connection: Connection,
    exam: str,
    before: datetime,
    kept: Collection[str],
    kept_until: datetime,
    limit: int,
) -> int:
    """Delete symptoms that are older than ``before``, those of ``kept`` causes than ``kept_until``.

    Rows that a page's call has locked are left for the next time: neither waits for the other.
    """
    row = RoomSymptomRow
    is_over = or_(
        and_(row.last_at < before, row.cause.not_in(list(kept))),
        row.last_at < kept_until,
    )
    some = select(row.cause, row.attempt).where(row.exam == exam, is_over).limit(limit)
    found = connection.execute(some.with_for_update(skip_locked=True)).all()
    if not found:
        return 0
    keys = [tuple(each) for each in found]
    statement = delete(row).where(row.exam == exam, tuple_(row.cause, row.attempt).in_(keys))
    return connection.execute(statement).rowcount
