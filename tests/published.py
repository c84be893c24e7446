"""What candidates can see of a release, for tests to compare with."""

from __future__ import annotations

from sqlalchemy import Connection, select

from oneseat.state.candidates import seats
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.tables.issuing import Seat


def published_seats(connection: Connection, exam: str) -> list[PublishedSeat]:
    """Every published seat in order of admission number."""
    numbers = connection.scalars(
        select(Seat.admission_number).where(Seat.exam == exam).order_by(Seat.admission_number)
    )
    found = [seats.find_by_admission_number(connection, exam, number) for number in numbers.all()]
    return [seat for seat in found if seat is not None]
