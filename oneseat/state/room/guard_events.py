"""Events of clients' guards, by attempt and sequence: each is stored once, as it was signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from oneseat.state.tables.room import RoomGuardEventRow


@dataclass(frozen=True)
class KeptEvent:
    """An event as it is stored; ``event`` is its signed JSON, ``hash`` its place in the chain."""

    sequence: int
    at: datetime
    code: str
    hash: bytes
    event: str
    device_key: bytes
    received_at: datetime


def append_all(connection: Connection, exam: str, attempt: str, kept: Sequence[KeptEvent]) -> None:
    """Append events of one attempt, in one statement. None of their sequence numbers may be taken."""
    if kept:
        rows = [{"exam": exam, "attempt": attempt, **vars(event)} for event in kept]
        connection.execute(insert(RoomGuardEventRow), rows)


def hashes(connection: Connection, attempt: str, first: int, last: int) -> dict[int, bytes]:
    """The hashes of an attempt's events by sequence, from one number to another."""
    query = select(RoomGuardEventRow.sequence, RoomGuardEventRow.hash).where(
        RoomGuardEventRow.attempt == attempt, RoomGuardEventRow.sequence.between(first, last)
    )
    return {row.sequence: row.hash for row in connection.execute(query)}


def list_of(connection: Connection, exam: str, attempt: str) -> list[KeptEvent]:
    """List an attempt's events in the order of their chain."""
    columns = (getattr(RoomGuardEventRow, name) for name in KeptEvent.__dataclass_fields__)
    query = (
        select(*columns)
        .where(RoomGuardEventRow.exam == exam, RoomGuardEventRow.attempt == attempt)
        .order_by(RoomGuardEventRow.sequence)
    )
    return [KeptEvent(*row) for row in connection.execute(query)]


def arrivals(connection: Connection, attempt: str) -> list[tuple[datetime, datetime]]:
    """When each event happened by the client's word, and when it arrived."""
    row = RoomGuardEventRow
    query = select(row.at, row.received_at).where(row.attempt == attempt)
    return [(at, received) for at, received in connection.execute(query)]
