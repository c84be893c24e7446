"""Attempts: one seat's stay in one session, its steps, its cookie, its epoch and its hand-in.

What happens once (consent, steps, begin, hand-in, completion) is an UPDATE on the condition that it has not
happened: of several calls the first decides, and the others change nothing. The statements of frequent calls
are built once, since building one takes longer than running it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from oneseat.state.dialect import insert_unless_taken
from oneseat.state.tables.room import RoomAttemptRow


@dataclass(frozen=True)
class NewAttempt:
    """What an attempt begins with. ``starts_at`` and ``ends_at`` are None for a mock, until it begins."""

    id: str
    exam: str
    jti: str
    kind: str
    session: int
    ordinal: int
    device_key: bytes
    ticket: str = field(repr=False)
    created_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    upload_until: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """A stored attempt. ``epoch`` counts the windows that have joined; only the newest one may write."""

    id: str
    exam: str
    jti: str
    kind: str
    session: int
    ordinal: int
    device_key: bytes
    ticket: str = field(repr=False)
    created_at: datetime
    consent_at: datetime | None
    consent_version: str | None
    consent_face: bool | None
    devices_at: datetime | None
    room_at: datetime | None
    began_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    answers_head: bytes | None
    handed_in_at: datetime | None
    handed_in_by: str | None
    completed_at: datetime | None
    receipt: str | None = field(repr=False)
    epoch: int
    cookie_scope: str | None
    upload_until: datetime | None
    window_seen_at: datetime | None
    guard_seen_at: datetime | None


_COLUMNS = tuple(getattr(RoomAttemptRow, member.name) for member in fields(Attempt))
_BY_ID = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.id == bindparam("its_id")
)
_LOCK_BY_ID = _BY_ID.with_for_update()
_BY_COOKIE = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.cookie_hash == bindparam("its_cookie")
)
_LOCK_BY_COOKIE = _BY_COOKIE.with_for_update()
_BY_GRANT = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.grant_hash == bindparam("its_grant")
)
_ITS = update(RoomAttemptRow).where(RoomAttemptRow.id == bindparam("its_id"))
_SEE_WINDOW = _ITS.values(window_seen_at=bindparam("seen_at"))
_SEE_GUARD = _ITS.values(guard_seen_at=bindparam("seen_at"))
_FACE = [member.name for member in fields(Attempt)].index("consent_face")


def create(connection: Connection, new: NewAttempt) -> bool:
    """Add an attempt in epoch 0; False where its ordinal is taken, by a call at the same time."""
    row = {member.name: getattr(new, member.name) for member in fields(NewAttempt)}
    statement = insert_unless_taken(connection, RoomAttemptRow).returning(RoomAttemptRow.id)
    return connection.scalar(statement, {**row, "epoch": 0}) is not None


def find(connection: Connection, exam: str, attempt_id: str) -> Attempt | None:
    """Return the attempt of that id, or None."""
    return _first(connection, _BY_ID, its_exam=exam, its_id=attempt_id)


def lock(connection: Connection, exam: str, attempt_id: str) -> Attempt | None:
    """As :func:`find`; other writers of the attempt, its takes and its answers wait for this transaction."""
    return _first(connection, _LOCK_BY_ID, its_exam=exam, its_id=attempt_id)


def find_by_cookie(connection: Connection, exam: str, cookie_hash: bytes) -> Attempt | None:
    """Return the attempt whose newest cookie has this SHA-256, or None."""
    return _first(connection, _BY_COOKIE, its_exam=exam, its_cookie=cookie_hash)


def lock_by_cookie(connection: Connection, exam: str, cookie_hash: bytes) -> Attempt | None:
    """As :func:`find_by_cookie`, with the lock of :func:`lock`: one statement for a page's call."""
    return _first(connection, _LOCK_BY_COOKIE, its_exam=exam, its_cookie=cookie_hash)


def find_by_grant(connection: Connection, exam: str, grant_hash: bytes) -> Attempt | None:
    """Return the attempt whose upload grant has this SHA-256, or None."""
    return _first(connection, _BY_GRANT, its_exam=exam, its_grant=grant_hash)


def find_newest(connection: Connection, exam: str, jti: str, kind: str, session: int) -> Attempt | None:
    """Return a seat's newest attempt at a session, which its ticket enters again; None if there is none."""
    mine = select(*_COLUMNS).where(
        RoomAttemptRow.exam == exam,
        RoomAttemptRow.jti == jti,
        RoomAttemptRow.kind == kind,
        RoomAttemptRow.session == session,
    )
    return _first(connection, mine.order_by(RoomAttemptRow.ordinal.desc()).limit(1))


def list_due(connection: Connection, exam: str, now: datetime, limit: int) -> list[str]:
    """List attempts (ids) with a consent whose end has come and that are not handed in, earliest first."""
    query = (
        select(RoomAttemptRow.id)
        .where(
            RoomAttemptRow.exam == exam,
            RoomAttemptRow.ends_at <= now,
            RoomAttemptRow.handed_in_at.is_(None),
            RoomAttemptRow.consent_at.is_not(None),
        )
        .order_by(RoomAttemptRow.ends_at)
        .limit(limit)
    )
    return list(connection.scalars(query))


def replace_ticket(connection: Connection, attempt_id: str, ticket: str, device_key: bytes) -> None:
    """Record the ticket of a re-entry, and the device that it names."""
    _set(connection, attempt_id, ticket=ticket, device_key=device_key)


def replace_cookie(connection: Connection, attempt_id: str, cookie_hash: bytes, scope: str) -> None:
    """Record the SHA-256 of a new cookie. The one before is not known any more."""
    _set(connection, attempt_id, cookie_hash=cookie_hash, cookie_scope=scope)


def replace_grant(connection: Connection, attempt_id: str, grant_hash: bytes) -> None:
    """Record the SHA-256 of a new upload grant. The one before is not known any more."""
    _set(connection, attempt_id, grant_hash=grant_hash)


def raise_epoch(connection: Connection, attempt_id: str, known: int) -> int | None:
    """Raise the epoch by one if it is still the known one (compare and set), and return it; else None."""
    statement = (
        update(RoomAttemptRow)
        .where(RoomAttemptRow.id == attempt_id, RoomAttemptRow.epoch == known)
        .values(epoch=known + 1)
    )
    return known + 1 if connection.execute(statement).rowcount == 1 else None


def record_consent(
    connection: Connection, attempt_id: str, version: str, at: datetime, *, face: bool | None
) -> bool:
    """Record the consent, with the one of its own to face and card; False if it was given before."""
    values: dict[str, object] = {
        "consent_at": at,
        "consent_version": version,
        "consent_face": None if face is None else int(face),
    }
    return _set_once(connection, attempt_id, RoomAttemptRow.consent_at, **values)


def record_devices(connection: Connection, attempt_id: str, at: datetime) -> bool:
    """Record that the step of the devices is finished; False if it was before."""
    return _set_once(connection, attempt_id, RoomAttemptRow.devices_at, devices_at=at)


def record_room(connection: Connection, attempt_id: str, at: datetime) -> bool:
    """Record that the room's rules were acknowledged; False if they were before."""
    return _set_once(connection, attempt_id, RoomAttemptRow.room_at, room_at=at)


def begin(
    connection: Connection,
    attempt_id: str,
    at: datetime,
    *,
    starts_at: datetime,
    ends_at: datetime,
    upload_until: datetime,
) -> bool:
    """Record that a mock began, with the times that follow; False if it had: they never change."""
    return _set_once(
        connection,
        attempt_id,
        RoomAttemptRow.began_at,
        began_at=at,
        starts_at=starts_at,
        ends_at=ends_at,
        upload_until=upload_until,
    )


def move(
    connection: Connection, attempt_id: str, starts_at: datetime, ends_at: datetime, upload_until: datetime
) -> None:
    """Record other times of an attempt, as a newer charter gives them."""
    _set(connection, attempt_id, starts_at=starts_at, ends_at=ends_at, upload_until=upload_until)


def hand_in(connection: Connection, attempt_id: str, at: datetime, by: str, receipt: str) -> bool:
    """Record the hand-in, by the candidate or the clock, with its receipt; False if there was one."""
    return _set_once(
        connection,
        attempt_id,
        RoomAttemptRow.handed_in_at,
        handed_in_at=at,
        handed_in_by=by,
        receipt=receipt,
    )


def complete(connection: Connection, attempt_id: str, at: datetime) -> bool:
    """Record that everything promised is in the store; False if that was known."""
    return _set_once(connection, attempt_id, RoomAttemptRow.completed_at, completed_at=at)


def record_window(connection: Connection, attempt_id: str, at: datetime) -> None:
    """Record when the page was last heard."""
    connection.execute(_SEE_WINDOW, {"its_id": attempt_id, "seen_at": at})


def record_guard(connection: Connection, attempt_id: str, at: datetime) -> None:
    """Record when the client was last heard."""
    connection.execute(_SEE_GUARD, {"its_id": attempt_id, "seen_at": at})


def _first(connection: Connection, query: Select[Any], **values: object) -> Attempt | None:
    row = connection.execute(query, values).first()
    return None if row is None else _attempt(row)


def _attempt(row: Any) -> Attempt:  # noqa: ANN401 -- a row of the columns above
    values = list(row)
    values[_FACE] = None if values[_FACE] is None else bool(values[_FACE])
    return Attempt(*values)


def _set(connection: Connection, attempt_id: str, **values: object) -> None:
    connection.execute(update(RoomAttemptRow).where(RoomAttemptRow.id == attempt_id).values(**values))


def _set_once(connection: Connection, attempt_id: str, when: Any, **values: object) -> bool:  # noqa: ANN401 -- a column
    statement = update(RoomAttemptRow).where(RoomAttemptRow.id == attempt_id, when.is_(None))
    return connection.execute(statement.values(**values)).rowcount == 1
