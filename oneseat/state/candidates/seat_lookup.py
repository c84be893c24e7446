"""Looks up one seat for the operators' desk, with all its licences. No query names a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from oneseat.state.artefacts import INSTALLER
from oneseat.state.tables.issuing import Edition, Licence, Revocation, Seat


@dataclass(frozen=True)
class SeatState:
    """A seat with its newest jti, its published jti, and all its jtis, oldest first."""

    admission_number: str
    generation: int
    jti: str
    published_jti: str | None
    licences: tuple[str, ...]
    """All jtis of the seat, oldest first."""


def seat_by_number(connection: Connection, exam: str, admission_number: str) -> SeatState | None:
    """Find the seat of a normalised admission number, published or not."""
    return _seat(connection, and_(Seat.exam == exam, Seat.admission_number == admission_number))


def seat_by_jti(connection: Connection, exam: str, jti: str) -> SeatState | None:
    """Find the seat that has, or had, this jti."""
    number = (
        select(Licence.admission_number).where(Licence.jti == jti, Licence.exam == exam).limit(1)
    ).scalar_subquery()
    return _seat(connection, and_(Seat.exam == exam, Seat.admission_number == number))


def revocation(connection: Connection, jti: str) -> tuple[datetime, str] | None:
    """Return time and reason code of a jti's revocation, or None."""
    row = connection.execute(select(Revocation.at, Revocation.reason).where(Revocation.jti == jti)).first()
    return row and (row[0], row[1])


def first_token(connection: Connection, exam: str, jti: str) -> str | None:
    """Return the installer's licence token that a jti was first issued with, or None."""
    return connection.scalar(
        select(Licence.token)
        .join(Edition, Edition.id == Licence.edition_id)
        .where(Licence.jti == jti, Licence.exam == exam, Edition.artefact == INSTALLER)
        .order_by(Licence.edition_id)
        .limit(1)
    )


def _seat(connection: Connection, which: ColumnElement[bool]) -> SeatState | None:
    row = connection.execute(
        select(Seat.exam, Seat.admission_number, Seat.generation, Seat.jti, Seat.published_jti).where(which)
    ).first()
    if row is None:
        return None
    exam, number, generation, jti, published_jti = row
    had = connection.scalars(
        select(Licence.jti)
        .where(Licence.exam == exam, Licence.admission_number == number)
        .group_by(Licence.jti)
        .order_by(func.min(Licence.edition_id))
    )
    return SeatState(number, generation, jti, published_jti, tuple(had))
