"""Admission without the portal's tickets: whether it is on, and who came in so, until that is reconciled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_admissions import RoomAdmissionRow, RoomAdmissionSwitchRow

_PRIMARY_KEY = ["exam", "jti", "kind", "session"]


@dataclass(frozen=True)
class Admission:
    """A seat that came in without a ticket. ``refusal`` is what the portal's rules object to afterwards."""

    exam: str
    jti: str
    kind: str
    session: int
    device_key: bytes
    activated_at: datetime
    activation: str = field(repr=False)
    at: datetime
    reconciled_at: datetime | None = None
    refusal: str | None = None


_COLUMNS = (
    RoomAdmissionRow.exam,
    RoomAdmissionRow.jti,
    RoomAdmissionRow.kind,
    RoomAdmissionRow.session,
    RoomAdmissionRow.device_key,
    RoomAdmissionRow.activated_at,
    RoomAdmissionRow.activation,
    RoomAdmissionRow.at,
    RoomAdmissionRow.reconciled_at,
    RoomAdmissionRow.refusal,
)


def switch(connection: Connection, exam: str, names: tuple[str, str], at: datetime, *, is_on: bool) -> None:
    """Record that two persons switched it on or off."""
    row = {"exam": exam, "is_on": int(is_on), "first_name": names[0], "second_name": names[1], "at": at}
    connection.execute(insert(RoomAdmissionSwitchRow), row)


def is_on(connection: Connection, exam: str) -> bool:
    """Whether it is on now; off where nobody ever switched it."""
    query = select(RoomAdmissionSwitchRow.is_on).where(RoomAdmissionSwitchRow.exam == exam)
    return bool(connection.scalar(query.order_by(RoomAdmissionSwitchRow.id.desc()).limit(1)))


def add(connection: Connection, admission: Admission) -> bool:
    """Add an admission; False if the seat came into this session so before: the first time stays.

    A computer that was activated later takes the row over, and is reconciled anew.
    """
    members = (*_PRIMARY_KEY, "device_key", "activated_at", "activation", "at")
    row = {name: getattr(admission, name) for name in members}
    statement = insert_or_ignore(connection, RoomAdmissionRow, _PRIMARY_KEY).returning(RoomAdmissionRow.jti)
    if connection.scalar(statement, {**row, "next_try_at": admission.at}) is not None:
        return True
    moved = {"device_key": admission.device_key, "activated_at": admission.activated_at}
    anew = {"activation": admission.activation, "next_try_at": admission.at, "reconciled_at": None}
    mine = (*_key(admission), RoomAdmissionRow.activated_at < admission.activated_at)
    connection.execute(update(RoomAdmissionRow).where(*mine).values({**moved, **anew, "ticket": None}))
    return False


def list_all(connection: Connection, exam: str) -> list[Admission]:
    """List all admissions of an exam, in the order in which they came."""
    query = select(*_COLUMNS).where(RoomAdmissionRow.exam == exam)
    rows = connection.execute(query.order_by(RoomAdmissionRow.at, RoomAdmissionRow.jti))
    return [_admission(row) for row in rows]


def find_of_seat(connection: Connection, exam: str, jti: str) -> list[Admission]:
    """List a seat's admissions."""
    query = select(*_COLUMNS).where(RoomAdmissionRow.exam == exam, RoomAdmissionRow.jti == jti)
    return [_admission(row) for row in connection.execute(query)]


def tickets_of_seat(connection: Connection, exam: str, jti: str) -> list[tuple[bytes, str]]:
    """List the device key and the last ticket of each of a seat's attempts."""
    query = select(RoomAttemptRow.device_key, RoomAttemptRow.ticket).where(
        RoomAttemptRow.exam == exam, RoomAttemptRow.jti == jti
    )
    return [(bytes(key), ticket) for key, ticket in connection.execute(query)]


def take_due(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[Admission]:
    """Take admissions that are to be reconciled, and set their next try."""
    query = select(*_COLUMNS).where(
        RoomAdmissionRow.exam == exam,
        RoomAdmissionRow.reconciled_at.is_(None),
        RoomAdmissionRow.next_try_at <= now,
    )
    due = [_admission(row) for row in connection.execute(query.order_by(RoomAdmissionRow.at).limit(limit))]
    for admission in due:
        _set(connection, admission, next_try_at=retry_at)
    return due


def reconcile(
    connection: Connection, admission: Admission, at: datetime, ticket: str | None, refusal: str | None
) -> None:
    """Record the portal's ticket for an admission, or the code of what its rules object to."""
    _set(connection, admission, reconciled_at=at, ticket=ticket, refusal=refusal)


def ticket_of(connection: Connection, exam: str, attempt_id: str) -> str | None:
    """Return the portal's ticket for an attempt that began without one; None until it is reconciled."""
    same = (
        RoomAttemptRow.exam == RoomAdmissionRow.exam,
        RoomAttemptRow.jti == RoomAdmissionRow.jti,
        RoomAttemptRow.kind == RoomAdmissionRow.kind,
        RoomAttemptRow.session == RoomAdmissionRow.session,
    )
    query = select(RoomAdmissionRow.ticket).join(RoomAttemptRow, and_(*same))
    return connection.scalar(query.where(RoomAttemptRow.exam == exam, RoomAttemptRow.id == attempt_id))


def _admission(row: Any) -> Admission:  # noqa: ANN401 -- a row of the columns above
    return Admission(*row)


def _set(connection: Connection, admission: Admission, **values: object) -> None:
    connection.execute(update(RoomAdmissionRow).where(*_key(admission)).values(**values))


def _key(admission: Admission) -> tuple[ColumnElement[bool], ...]:
    return (
        RoomAdmissionRow.exam == admission.exam,
        RoomAdmissionRow.jti == admission.jti,
        RoomAdmissionRow.kind == admission.kind,
        RoomAdmissionRow.session == admission.session,
    )
