"""The journal of erasures: what was deleted of which attempt, from which certificates are written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from oneseat.state.room.kept import KeptAttempt
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_keeping import RoomErasureRow


@dataclass(frozen=True)
class Erasure:
    """What was erased of an attempt in one retention class. ``names`` digests the objects' names."""

    attempt: str
    retention: str
    kind: str
    objects: int
    size_bytes: int
    names: bytes
    rows: int
    begun_at: datetime
    done_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether it was begun, for the first time or again, and not finished since."""
        return self.done_at is None or self.done_at < self.begun_at


_COLUMNS = tuple(getattr(RoomErasureRow, member.name) for member in fields(Erasure))


def find(connection: Connection, attempt: str, retention: str) -> Erasure | None:
    """Return what is known of an erasure, begun or done; None if it was not begun."""
    query = select(*_COLUMNS).where(RoomErasureRow.attempt == attempt, RoomErasureRow.retention == retention)
    row = connection.execute(query).first()
    return None if row is None else Erasure(*row)


def begin(connection: Connection, exam: str, erasure: Erasure) -> None:
    """Write down what is about to be erased."""
    connection.execute(insert(RoomErasureRow), {**vars(erasure), "exam": exam})


def repeat(connection: Connection, attempt: str, retention: str, at: datetime) -> None:
    """Record that an erasure begins again: it was killed, or rows came after it was done."""
    connection.execute(
        update(RoomErasureRow)
        .where(RoomErasureRow.attempt == attempt, RoomErasureRow.retention == retention)
        .values(begun_at=at)
    )


def list_of(connection: Connection, exam: str, jtis: Collection[str]) -> list[Erasure]:
    """List what was erased, or is being erased, of the attempts that are still known of some licences."""
    attempts = select(RoomAttemptRow.id).where(RoomAttemptRow.exam == exam, RoomAttemptRow.jti.in_(jtis))
    query = select(*_COLUMNS).where(RoomErasureRow.exam == exam, RoomErasureRow.attempt.in_(attempts))
    query = query.order_by(RoomErasureRow.attempt, RoomErasureRow.retention)
    return [Erasure(*row) for row in connection.execute(query)]


def finish(connection: Connection, attempt: KeptAttempt, retention: str, rows: int, at: datetime) -> None:
    """Record that nothing is left, and how many rows there were."""
    connection.execute(
        update(RoomErasureRow)
        .where(RoomErasureRow.attempt == attempt.id, RoomErasureRow.retention == retention)
        .values(rows=rows, done_at=at, certificate=None)
    )


def list_uncertified(connection: Connection, exam: str) -> list[Erasure]:
    """List finished erasures that no certificate names yet."""
    query = select(*_COLUMNS).where(
        RoomErasureRow.exam == exam,
        RoomErasureRow.certificate.is_(None),
        RoomErasureRow.done_at.is_not(None),
    )
    query = query.order_by(RoomErasureRow.attempt, RoomErasureRow.retention)
    return [Erasure(*row) for row in connection.execute(query)]


def certify(connection: Connection, exam: str, until: datetime, certificate: str) -> None:
    """Record that a certificate names all erasures that were finished by then."""
    connection.execute(
        update(RoomErasureRow)
        .where(
            RoomErasureRow.exam == exam,
            RoomErasureRow.certificate.is_(None),
            RoomErasureRow.done_at <= until,
        )
        .values(certificate=certificate)
    )
