"""Lists the published seats of an exam, as the reference for tests."""

from __future__ import annotations

from sqlalchemy import Connection, select

from oneseat.state.candidates import seats
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.tables.issuing import Seat


def published_seats(connection: Connection, exam: str) -> list[PublishedSeat]:
    """List all published seats, sorted by admission number."""
    numbers = connection.scalars(
        select(Seat.admission_number).where(Seat.exam == exam).order_by(Seat.admission_number)
    )
    by_number = [seats.find_by_admission_number(connection, exam, number) for number in numbers.all()]
    return [seat for seat in by_number if seat is not None]
