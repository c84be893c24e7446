"""Events of attempts, in the order in which the room got them: codes and numbers, no words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from oneseat.state.dialect import in_values
from oneseat.state.tables.room import RoomEventRow

Fact = str | int | float | bool | None


@dataclass(frozen=True)
class RoomEvent:
    """Something that happened. ``source`` is ``page``, ``client`` or ``room``; ``at`` is what it says."""

    at: datetime
    source: str
    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


_APPEND = insert(RoomEventRow)


def append_all(connection: Connection, exam: str, attempt: str, events: Sequence[RoomEvent]) -> None:
    """Append events to an attempt's history, in one statement."""
    if not events:
        return
    rows = [
        {
            "exam": exam,
            "attempt": attempt,
            "at": event.at,
            "source": event.source,
            "code": event.code,
            "facts": json.dumps(dict(event.facts), sort_keys=True, separators=(",", ":")),
        }
        for event in events
    ]
    connection.execute(_APPEND, rows)


def count(connection: Connection, exam: str, attempt: str, limit: int) -> int:
    """Count an attempt's events, up to ``limit``."""
    some = select(RoomEventRow.id).where(RoomEventRow.exam == exam, RoomEventRow.attempt == attempt)
    return connection.scalar(select(func.count()).select_from(some.limit(limit).subquery())) or 0


def having(connection: Connection, exam: str, attempts: Sequence[str], code: str) -> set[str]:
    """Those of some attempts (ids) whose history has an event of that code."""
    row = RoomEventRow
    query = select(row.attempt).where(row.exam == exam, row.code == code)
    return set(connection.scalars(query.where(in_values(connection, row.attempt, attempts)).distinct()))


def list_of(connection: Connection, exam: str, attempt: str) -> list[RoomEvent]:
    """List an attempt's events, oldest first."""
    query = (
        select(RoomEventRow.at, RoomEventRow.source, RoomEventRow.code, RoomEventRow.facts)
        .where(RoomEventRow.exam == exam, RoomEventRow.attempt == attempt)
        .order_by(RoomEventRow.id)
    )
    return [
        RoomEvent(at, source, code, json.loads(facts))
        for at, source, code, facts in connection.execute(query)
    ]
