"""What ``issue`` reads and writes of seats and licences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from oneseat.state.bulk import insert_many
from oneseat.state.dialect import among
from oneseat.state.issuing.licence_rows import EditionRow, HeldSeat, NewLicence
from oneseat.state.tables.issuing import Edition, Licence, Seat

__all__ = ["EditionRow", "HeldSeat", "NewLicence"]

_SEAT_COLUMNS = ("exam", "admission_number", "generation", "jti")
_LICENCE_COLUMNS = ("jti", "edition_id", "exam", "admission_number", "login_tag", "sealed_key", "token")


def edition(connection: Connection, exam: str, base: str, build: str, expires_at: datetime) -> EditionRow:
    """The edition with these properties, made when it is new."""
    found = find_edition(connection, exam, base, build, expires_at)
    if found is not None:
        return found
    values = {"exam": exam, "base": base, "build": build, "expires_at": expires_at}
    edition_id = connection.execute(insert(Edition).values(values).returning(Edition.id)).scalar_one()
    return EditionRow(edition_id, exam, base, build, expires_at)


def find_edition(
    connection: Connection, exam: str, base: str, build: str, expires_at: datetime
) -> EditionRow | None:
    """The edition with these properties, if one was issued."""
    row = connection.execute(
        select(Edition.id).where(
            Edition.exam == exam,
            Edition.base == base,
            Edition.build == build,
            Edition.expires_at == expires_at,
        )
    ).first()
    return row and EditionRow(row[0], exam, base, build, expires_at)


def held_seats(
    connection: Connection, exam: str, edition_id: int, admission_numbers: Sequence[str]
) -> dict[str, HeldSeat]:
    """What is stored about these admission numbers (at most a few thousand at once)."""
    seats = connection.execute(
        select(Seat.admission_number, Seat.generation, Seat.jti, Licence.login_tag, Licence.edition_id)
        .join(Licence, Licence.jti == Seat.jti)
        .where(Seat.exam == exam, among(connection, Seat.admission_number, admission_numbers))
    )
    held: dict[str, HeldSeat] = {}
    for number, generation, jti, login_tag, edition_of_row in seats:
        licensed = edition_of_row == edition_id or (number in held and held[number].licensed)
        held[number] = HeldSeat(number, generation, jti, login_tag, licensed)
    return held


def add_seats(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Write seats that were not there, with their licences."""
    rows = [(exam, one.admission_number, one.generation, one.jti) for one in new]
    insert_many(connection, Seat, _SEAT_COLUMNS, rows)
    add_licences(connection, exam, edition_id, new)


def move_seats_on(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Give seats that are there a new generation, with its licences.

    The old one is revoked when the new one is published.
    """
    if not new:
        return
    connection.execute(
        update(Seat)
        .where(Seat.exam == bindparam("in_exam"), Seat.admission_number == bindparam("number"))
        .values(generation=bindparam("new_generation"), jti=bindparam("new_jti")),
        [
            {
                "in_exam": exam,
                "number": one.admission_number,
                "new_generation": one.generation,
                "new_jti": one.jti,
            }
            for one in new
        ],
    )
    add_licences(connection, exam, edition_id, new)


def add_licences(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Write licences of seats that are there."""
    rows = sorted(
        (one.jti, edition_id, exam, one.admission_number, one.login_tag, one.sealed_key, one.token)
        for one in new
    )  # in the order of the index by jti, which is written fastest that way
    insert_many(connection, Licence, _LICENCE_COLUMNS, rows)


def newest_licence(
    connection: Connection, exam: str, edition_id: int, admission_number: str
) -> tuple[str, str] | None:
    """The jti and token of a seat's newest licence for an edition, published or not."""
    row = connection.execute(
        select(Licence.jti, Licence.token)
        .join(Seat, Seat.jti == Licence.jti)
        .where(Seat.exam == exam, Seat.admission_number == admission_number, Licence.edition_id == edition_id)
    ).first()
    return row and (row[0], row[1])
