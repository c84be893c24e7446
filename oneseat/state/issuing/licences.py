"""Queries of ``issue``: reads and writes seats and licences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from oneseat.state.artefacts import INSTALLER
from oneseat.state.bulk import insert_many
from oneseat.state.candidates.seats import WITHDRAWN
from oneseat.state.dialect import in_values
from oneseat.state.issuing.licence_rows import EditionRow, NewLicence, StoredSeat
from oneseat.state.tables.issuing import TAIL_LENGTH, Edition, Licence, Revocation, Seat
from signing import jws
from signing.fields import unix_time

__all__ = ["EditionRow", "NewLicence", "StoredSeat"]

_SEAT_COLUMNS = ("exam", "admission_number", "generation", "jti", "tail")
_LICENCE_COLUMNS = ("jti", "edition_id", "exam", "admission_number", "login_tag", "sealed_key", "token")


def edition(
    connection: Connection,
    exam: str,
    base: str,
    build: str,
    expires_at: datetime,
    artefact: str = INSTALLER,
) -> EditionRow:
    """Return the edition with these properties, created if needed."""
    existing = find_edition(connection, exam, base, build, expires_at, artefact)
    if existing is not None:
        return existing
    values = {
        "exam": exam,
        "base": base,
        "build": build,
        "expires_at": expires_at,
        "artefact": artefact,
    }
    edition_id = connection.execute(insert(Edition).values(values).returning(Edition.id)).scalar_one()
    return EditionRow(edition_id, exam, base, build, expires_at, artefact)


def find_edition(
    connection: Connection,
    exam: str,
    base: str,
    build: str,
    expires_at: datetime,
    artefact: str = INSTALLER,
) -> EditionRow | None:
    """Return the edition with these properties, or None."""
    row = connection.execute(
        select(Edition.id).where(
            Edition.exam == exam,
            Edition.base == base,
            Edition.build == build,
            Edition.expires_at == expires_at,
            Edition.artefact == artefact,
        )
    ).first()
    return row and EditionRow(row[0], exam, base, build, expires_at, artefact)


def find_stored_seats(
    connection: Connection, exam: str, edition_id: int, admission_numbers: Sequence[str]
) -> dict[str, StoredSeat]:
    """Map those of the admission numbers that have a seat to it (at most a few thousand numbers)."""
    seats = connection.execute(
        select(
            Seat.admission_number,
            Seat.generation,
            Seat.jti,
            Licence.login_tag,
            Licence.edition_id,
            Revocation.reason,
        )
        .join(Licence, Licence.jti == Seat.jti)
        .join(Edition, and_(Edition.id == Licence.edition_id, Edition.artefact == INSTALLER))
        .outerjoin(Revocation, Revocation.jti == Seat.jti)
        .where(Seat.exam == exam, in_values(connection, Seat.admission_number, admission_numbers))
    )
    held: dict[str, StoredSeat] = {}
    for number, generation, jti, login_tag, edition_of_row, revoked in seats:
        seat = StoredSeat(
            number, generation, jti, login_tag, edition_of_row == edition_id, revoked == WITHDRAWN
        )
        # A seat has one row for each edition: the tag is that of the edition asked about, if there is one.
        if number not in held or seat.licensed:
            held[number] = seat
    return held


def find_not_before(connection: Connection, edition_id: int, jtis: Sequence[str]) -> dict[str, datetime]:
    """Map those of the jtis that have a licence for the edition to the time from which it is valid.

    The tokens are the state's own: they are decoded, and not verified again.
    """
    query = select(Licence.jti, Licence.token).where(
        Licence.edition_id == edition_id, in_values(connection, Licence.jti, jtis)
    )
    return {jti: _not_before(token) for jti, token in connection.execute(query)}


def _not_before(token: str) -> datetime:
    payload = token.split(".")[1]
    return unix_time(jws.parse_object(jws.b64url_decode(payload))["nbf"])


def add_seats(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Insert new seats and their licences."""
    rows = [
        (
            exam,
            licence.admission_number,
            licence.generation,
            licence.jti,
            licence.admission_number[-TAIL_LENGTH:],
        )
        for licence in new
    ]
    insert_many(connection, Seat, _SEAT_COLUMNS, rows)
    add_licences(connection, exam, edition_id, new)


def advance_seats(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Advance existing seats to a new generation and insert its licences.

    The old generation is revoked when the new one is published.
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
                "number": licence.admission_number,
                "new_generation": licence.generation,
                "new_jti": licence.jti,
            }
            for licence in new
        ],
    )
    add_licences(connection, exam, edition_id, new)


def add_licences(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Insert licences of existing seats."""
    rows = sorted(
        (
            licence.jti,
            edition_id,
            exam,
            licence.admission_number,
            licence.login_tag,
            licence.sealed_key,
            licence.token,
        )
        for licence in new
    )  # sorted by jti, so that the index is written in order
    insert_many(connection, Licence, _LICENCE_COLUMNS, rows)


def replace_login_tags(connection: Connection, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Replace the login tags of existing licences, whose tokens stay as they are."""
    if not new:
        return
    connection.execute(
        update(Licence)
        .where(Licence.jti == bindparam("of_jti"), Licence.edition_id == edition_id)
        .values(login_tag=bindparam("new_tag")),
        [{"of_jti": licence.jti, "new_tag": licence.login_tag} for licence in new],
    )


def newest_licence(
    connection: Connection, exam: str, edition_id: int, admission_number: str
) -> tuple[str, str] | None:
    """Return jti and token of a seat's newest licence for an edition, published or not."""
    row = connection.execute(
        select(Licence.jti, Licence.token)
        .join(Seat, Seat.jti == Licence.jti)
        .where(Seat.exam == exam, Seat.admission_number == admission_number, Licence.edition_id == edition_id)
    ).first()
    return row and (row[0], row[1])
