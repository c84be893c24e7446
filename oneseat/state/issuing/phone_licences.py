"""Queries about phone licences: which seats lack one for an edition of the phone app."""

from __future__ import annotations

from typing import NamedTuple, TypeVarTuple

from sqlalchemy import Connection, Select, and_, func, select
from sqlalchemy.orm import aliased

from oneseat.state.tables.issuing import Licence, Seat

Columns = TypeVarTuple("Columns")


class UnlicensedSeat(NamedTuple):
    """A seat without a phone licence, and the token of its installer's licence."""

    jti: str
    admission_number: str
    token: str


def find_unlicensed(
    connection: Connection, installer_edition: int, phone_edition: int, after: str, limit: int
) -> list[UnlicensedSeat]:
    """List seats of an installer's edition that lack a licence of a phone's, with jtis above ``after``.

    At most ``limit`` are listed, in order of jti.
    """
    query = _unlicensed(
        select(Licence.jti, Licence.admission_number, Licence.token), installer_edition, phone_edition
    )
    query = query.where(Licence.jti > after).order_by(Licence.jti).limit(limit)
    return [UnlicensedSeat(*row) for row in connection.execute(query)]


def count_unlicensed(connection: Connection, installer_edition: int, phone_edition: int) -> int:
    """Count the seats that :func:`find_unlicensed` lists."""
    query = _unlicensed(select(func.count()).select_from(Licence), installer_edition, phone_edition)
    return connection.scalar(query) or 0


def find_token(connection: Connection, jti: str, edition_id: int) -> str | None:
    """Return a seat's licence token for an edition, or None."""
    return connection.scalar(
        select(Licence.token).where(Licence.jti == jti, Licence.edition_id == edition_id)
    )


def _unlicensed(query: Select[*Columns], installer_edition: int, phone_edition: int) -> Select[*Columns]:
    # No filter by exam: an edition belongs to one, and with that filter SQLite would sort all licences.
    phone = aliased(Licence)
    newest = and_(
        Seat.exam == Licence.exam,
        Seat.admission_number == Licence.admission_number,
        Seat.jti == Licence.jti,
    )
    return (
        query.join(Seat, newest)
        .outerjoin(phone, and_(phone.jti == Licence.jti, phone.edition_id == phone_edition))
        .where(Licence.edition_id == installer_edition, phone.jti.is_(None))
    )
