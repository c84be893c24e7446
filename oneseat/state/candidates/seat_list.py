"""Lists an exam's seats with their state, and withdraws seats that a roster no longer names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, literal, select

from oneseat.state.accounts import audit
from oneseat.state.candidates import seats
from oneseat.state.tables.activation import Activation, Download
from oneseat.state.tables.issuing import Reissue, Revocation, Seat


class SeatRow(NamedTuple):
    """A seat: its newest jti, the published one if any, and how far its candidate is."""

    admission_number: str
    generation: int
    jti: str
    published_jti: str | None
    revoked: bool
    """Whether the newest licence is revoked. An older one may be, and this one wait for its publication."""
    reissue_queued: bool
    downloaded: bool
    activated: bool


def all_seats(connection: Connection, exam: str) -> Iterator[SeatRow]:
    """Yield the exam's seats by admission number."""
    query = _seats().where(Seat.exam == exam).order_by(Seat.admission_number)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield _seat(row)


def find_seat(connection: Connection, exam: str, admission_number: str) -> SeatRow | None:
    """Find the seat of a normalised admission number, published or not."""
    query = _seats().where(Seat.exam == exam, Seat.admission_number == admission_number)
    row = connection.execute(query).first()
    return row and _seat(row)


def revoke_seats(
    connection: Connection, exam: str, revoked: Sequence[SeatRow], at: datetime, actor: str, reason: str
) -> None:
    """Revoke seats, each with an audit entry, in the caller's transaction.

    A newer licence that waits for its publication is revoked as well.
    """
    for seat in revoked:
        for jti in {seat.jti, seat.published_jti or seat.jti}:
            seats.revoke(connection, exam, jti, at, reason)
        facts: dict[str, audit.Fact] = {"jti": seat.published_jti or seat.jti, "reason": reason}
        audit.append(connection, at, actor, "seat.revoked", exam, facts)


_Columns = tuple[str, int, str, str | None, bool, bool, bool, bool]


def _seats() -> Select[*_Columns]:
    same_seat = (Reissue.exam == Seat.exam, Reissue.admission_number == Seat.admission_number)
    return (
        select(
            Seat.admission_number,
            Seat.generation,
            Seat.jti,
            Seat.published_jti,
            Revocation.jti.is_not(None),
            exists(literal(1)).where(*same_seat, Reissue.done_at.is_(None)),
            Download.finished_at.is_not(None),
            Activation.jti.is_not(None),
        )
        .outerjoin(Revocation, Revocation.jti == Seat.jti)
        .outerjoin(Download, Download.jti == Seat.published_jti)
        .outerjoin(Activation, Activation.jti == Seat.published_jti)
    )


def _seat(row: Sequence[Any]) -> SeatRow:
    return SeatRow(*row[:4], *map(bool, row[4:]))
