"""Finds the seat that a command names: by admission number, by a licence's jti, or by an attempt's id."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from oneseat.room.refusals.evidence import NothingToExport
from oneseat.state.candidates import seat_lookup
from oneseat.state.room import kept
from oneseat.state.room.kept import KeptAttempt
from signing.normal_forms import normalise_admission_number

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class NamedSeat:
    """A seat with all licences that it ever had, and the attempts that were named."""

    jtis: tuple[str, ...]
    attempts: tuple[KeptAttempt, ...]


def find(connection: Connection, exam: str, named: str) -> NamedSeat:
    """Find a seat. A room with a database of its own knows no admission numbers, and is asked by jti.

    A seat of which a phone or a photograph alone is known has no attempts.

    Raises:
        NothingToExport: there is no such seat, or nothing is kept of it.
    """
    normal = normalise_admission_number(named).replace("\0", "")
    identifier = normal.lower()
    seat = seat_lookup.seat_by_number(connection, exam, normal) or seat_lookup.seat_by_jti(
        connection, exam, identifier
    )
    if seat is not None:
        attempts = kept.list_attempts(connection, exam, jtis=seat.licences)
        return NamedSeat(tuple(seat.licences), tuple(attempts))
    if _ID.fullmatch(identifier):
        by_id = kept.list_attempts(connection, exam, attempt=identifier)
        if by_id:
            return NamedSeat((by_id[0].jti,), tuple(by_id))
        by_jti = kept.list_attempts(connection, exam, jtis=[identifier])
        if by_jti or kept.knows_seat(connection, exam, identifier):
            return NamedSeat((identifier,), tuple(by_jti))
    raise NothingToExport
