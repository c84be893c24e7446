"""What a room has kept of its attempts: rows of every room table that names one, for exports and erasure.

The tables are found in the metadata, so that a table of a later version is exported and erased too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, false, func, not_, select

from oneseat.state.dialect import in_values
from oneseat.state.tables import retention
from oneseat.state.tables.room import RoomAttemptRow

_AT_ONCE = 500


@dataclass(frozen=True)
class KeptAttempt:
    """An attempt's identity: its seat's jti, its session, and which entry of the seat it is."""

    id: str
    jti: str
    kind: str
    session: int
    ordinal: int
    created_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None


_COLUMNS = (
    RoomAttemptRow.id,
    RoomAttemptRow.jti,
    RoomAttemptRow.kind,
    RoomAttemptRow.session,
    RoomAttemptRow.ordinal,
    RoomAttemptRow.created_at,
    RoomAttemptRow.starts_at,
    RoomAttemptRow.ends_at,
)


def list_attempts(
    connection: Connection, exam: str, *, jtis: Sequence[str] | None = None, attempt: str | None = None
) -> list[KeptAttempt]:
    """List attempts in the order of their ids: all, those of some licences, or one."""
    query = select(*_COLUMNS).where(RoomAttemptRow.exam == exam).order_by(RoomAttemptRow.id)
    if attempt is not None:
        query = query.where(RoomAttemptRow.id == attempt)
    if jtis is not None:
        query = query.where(RoomAttemptRow.jti.in_(jtis))
    return [KeptAttempt(*row) for row in connection.execute(query)]


def latest_end(connection: Connection, exam: str) -> datetime | None:
    """When the attempt ends that ends last, by its own times; None where none has an end."""
    return connection.scalar(select(func.max(RoomAttemptRow.ends_at)).where(RoomAttemptRow.exam == exam))


def rows_of(
    connection: Connection, table: Table, attempt: KeptAttempt, exam: str
) -> Iterator[tuple[Any, ...]]:
    """Yield a table's rows of one attempt without its private columns, in the order of the primary key."""
    query = select(*retention.exported_columns(table)).where(_is_of(table, attempt, exam))
    query = query.order_by(*table.primary_key.columns)
    yield from connection.execute(query.execution_options(stream_results=True, yield_per=_AT_ONCE))


def count_rows(connection: Connection, retained: str, attempt: KeptAttempt, exam: str) -> int:
    """Count an attempt's rows of one retention class."""
    return sum(
        connection.scalar(select(func.count()).select_from(table).where(_is_of(table, attempt, exam))) or 0
        for table in _tables(retained)
    )


def delete_rows(connection: Connection, retained: str, attempt: KeptAttempt, exam: str) -> int:
    """Delete an attempt's rows of one retention class; return how many."""
    return sum(
        connection.execute(delete(table).where(_is_of(table, attempt, exam))).rowcount
        for table in _tables(retained)
    )


def count_unattended(
    connection: Connection, retained: str, exam: str, held: Sequence[str], *, sessions: bool
) -> int:
    """Count rows of one retention class about seats that have no attempt, but for those that are held.

    ``sessions`` says that rows about whole sessions count too: groups, watches, measures, announcements.
    """
    return sum(
        connection.scalar(select(func.count()).select_from(table).where(condition)) or 0
        for table, condition in _unattended(connection, retained, exam, held, sessions)
    )


def delete_unattended(
    connection: Connection, retained: str, exam: str, held: Sequence[str], *, sessions: bool
) -> int:
    """Delete such rows; return how many."""
    return sum(
        connection.execute(delete(table).where(condition)).rowcount
        for table, condition in _unattended(connection, retained, exam, held, sessions)
    )


def knows_seat(connection: Connection, exam: str, jti: str) -> bool:
    """Whether any row is kept of a seat, of one without an attempt too."""
    named = (table for table in retention.room_tables() if _names_seat(table))
    return any(
        connection.execute(
            select(1).where(table.columns.exam == exam, table.columns.jti == jti).limit(1)
        ).first()
        for table in named
        if retention.class_of(table) != retention.UNKEPT
    )


def _seat_tables(retained: str) -> list[Table]:
    """The tables of a class whose rows name a seat and no attempt: seats without one have rows there too."""
    return [table for table in _tables(retained) if _names_seat(table)]


def _session_tables(retained: str) -> list[Table]:
    """The tables of a class whose rows name neither a seat nor an attempt."""
    return [table for table in _tables(retained) if not {"attempt", "jti"} & set(table.columns.keys())]


def _unattended(
    connection: Connection, retained: str, exam: str, held: Sequence[str], sessions: bool
) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    for table in _seat_tables(retained):
        yield table, _is_unattended(connection, table, exam, held)
    if sessions and not held:
        for table in _session_tables(retained):
            yield table, table.columns.exam == exam


def _names_seat(table: Table) -> bool:
    """Whether a table's rows name a seat and no attempt. What names one is the attempt's alone."""
    is_attempts = table is retention.table_of(RoomAttemptRow)
    return "jti" in table.columns and "attempt" not in table.columns and not is_attempts


def _is_unattended(
    connection: Connection, table: Table, exam: str, held: Sequence[str]
) -> ColumnElement[bool]:
    jti = table.columns.jti
    came = select(RoomAttemptRow.jti).where(RoomAttemptRow.exam == exam)
    return and_(table.columns.exam == exam, jti.not_in(came), not_(in_values(connection, jti, held)))


def _tables(retained: str) -> list[Table]:
    """The tables of a class, that of the attempts last: without its row no other is found."""
    attempts = retention.table_of(RoomAttemptRow)
    tables = [table for table in retention.room_tables() if retention.class_of(table) == retained]
    return sorted(tables, key=lambda table: table is attempts)


def _is_of(table: Table, attempt: KeptAttempt, exam: str) -> ColumnElement[bool]:
    """The condition of an attempt's rows; rows that name a seat only belong to each of its attempts."""
    columns = table.columns
    if table is retention.table_of(RoomAttemptRow):
        return columns.id == attempt.id
    if "attempt" in columns:
        mine = columns.attempt == attempt.id
        return and_(mine, columns.exam == exam) if "exam" in columns else mine
    if "jti" in columns:
        return and_(columns.exam == exam, columns.jti == attempt.jti)
    return false()
