"""Finds seats by parts of what identifies them: the end of a number, the beginning of a pseudonym.

Each query reads a range of one index and at most ``limit`` rows, whatever the number of seats.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from oneseat.state.dialect import in_values
from oneseat.state.tables.activation import Activation, Download
from oneseat.state.tables.issuing import TAIL_LENGTH, Licence, Revocation, Seat

_AFTER_HEX = "g"
"""Sorts after every hexadecimal digit, in any collation."""


class SeatMatch(NamedTuple):
    """A seat that was found, with what tells it from others in a list."""

    admission_number: str
    jti: str
    downloaded: bool
    activated: bool
    revoked: bool


def by_ending(connection: Connection, exam: str, ending: str, limit: int) -> list[str]:
    """List the admission numbers with this ending of at least :data:`TAIL_LENGTH` characters."""
    query = (
        select(Seat.admission_number)
        .where(
            Seat.exam == exam,
            Seat.tail == ending[-TAIL_LENGTH:],
            func.substr(Seat.admission_number, func.length(Seat.admission_number) - len(ending) + 1)
            == ending,
        )
        .order_by(Seat.admission_number)
        .limit(limit)
    )
    return list(connection.scalars(query))


def by_pseudonym(connection: Connection, exam: str, beginning: str, limit: int) -> list[str]:
    """List the admission numbers of the seats that have, or had, a jti with this hexadecimal beginning."""
    query = (
        select(Licence.admission_number)
        .where(Licence.jti >= beginning, Licence.jti < beginning + _AFTER_HEX, Licence.exam == exam)
        .order_by(Licence.jti)
        .limit(limit)
    )
    return list(dict.fromkeys(connection.scalars(query)))


def describe(connection: Connection, exam: str, admission_numbers: list[str]) -> list[SeatMatch]:
    """Describe seats of these numbers, in the order of the numbers."""
    shown = func.coalesce(Seat.published_jti, Seat.jti)
    query = (
        select(
            Seat.admission_number,
            shown,
            Download.finished_at.is_not(None),
            Activation.jti.is_not(None),
            Revocation.jti.is_not(None),
        )
        .outerjoin(Download, Download.jti == shown)
        .outerjoin(Activation, Activation.jti == shown)
        .outerjoin(Revocation, Revocation.jti == shown)
        .where(Seat.exam == exam, in_values(connection, Seat.admission_number, admission_numbers))
    )
    found = {row[0]: SeatMatch(*row[:2], *map(bool, row[2:])) for row in connection.execute(query)}
    return [found[number] for number in admission_numbers if number in found]


def numbers_of(connection: Connection, exam: str, jtis: list[str]) -> dict[str, str]:
    """Map jtis to the admission numbers of their seats."""
    query = select(Licence.jti, Licence.admission_number).where(
        Licence.exam == exam, in_values(connection, Licence.jti, jtis)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
