"""Reads what a wall shows of a session's live attempts, in a few statements whose rows are narrow.

A session has thousands of attempts, and a wall reads them every two seconds, so nothing is read that it does
not show: no tickets, no digests, no pictures.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from oneseat.state.tables.room import RoomAttemptRow, RoomTakeRow
from oneseat.state.tables.room_help import RoomHelpRequestRow, RoomPermissionRow
from oneseat.state.tables.room_identity import RoomIdentityClaimRow
from oneseat.state.tables.room_phones import RoomPhoneRow
from oneseat.state.tables.room_pictures import RoomPictureRow

Session = tuple[str, int]
"""A session's kind and position."""


class LiveAttempt(NamedTuple):
    """An attempt that is not handed in, with members of :class:`oneseat.state.room.attempts.Attempt`."""

    id: str
    jti: str
    kind: str
    session: int
    ordinal: int
    epoch: int
    created_at: datetime
    consent_at: datetime | None
    phone_at: datetime | None
    devices_at: datetime | None
    identity_at: datetime | None
    identity_state: str | None
    room_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    handed_in_at: datetime | None
    completed_at: datetime | None
    upload_until: datetime | None
    window_seen_at: datetime | None
    guard_seen_at: datetime | None


class LivePhone(NamedTuple):
    """A seat's live phone."""

    jti: str
    consent_at: datetime | None
    filmed: str | None
    placed_at: datetime | None
    seen_at: datetime
    fault: str | None


class OpenPermission(NamedTuple):
    """A permission that holds now."""

    attempt: str
    reason: str
    ends_at: datetime


class LiveTakes(NamedTuple):
    """An attempt's recordings, by stream.

    ``waiting`` is how many announced or promised segments are not stored. ``began_at`` is when the take began
    that still runs, by the page's estimate of the room's clock.
    """

    waiting: dict[str, int]
    began_at: dict[str, datetime]


class TypedName(NamedTuple):
    """A seat's typed name and number, sealed for the attempt that they were typed in."""

    jti: str
    attempt: str
    sealed: bytes


_ATTEMPTS = select(*(getattr(RoomAttemptRow, name) for name in LiveAttempt._fields))
_PHONES = select(*(getattr(RoomPhoneRow, name) for name in LivePhone._fields))
_PERMISSIONS = select(*(getattr(RoomPermissionRow, name) for name in OpenPermission._fields))


def attempts_of(connection: Connection, exam: str, session: Session) -> list[LiveAttempt]:
    """List a session's attempts that are not handed in."""
    return [LiveAttempt(*row) for row in connection.execute(_ATTEMPTS.where(*_live(exam, session))).all()]


def phones_of(connection: Connection, exam: str, session: Session) -> dict[str, LivePhone]:
    """The live phones of those attempts' seats, by seat."""
    query = _PHONES.join(
        RoomAttemptRow, (RoomAttemptRow.exam == RoomPhoneRow.exam) & (RoomAttemptRow.jti == RoomPhoneRow.jti)
    ).where(RoomPhoneRow.moved_at.is_(None), *_live(exam, session))
    return {row[0]: LivePhone(*row) for row in connection.execute(query).all()}


def permissions_of(connection: Connection, exam: str, now: datetime) -> dict[str, OpenPermission]:
    """The permissions of an exam that hold now, by attempt."""
    row = RoomPermissionRow
    query = _PERMISSIONS.where(row.exam == exam, row.begins_at <= now, row.ends_at > now).order_by(row.id)
    return {each[0]: OpenPermission(*each) for each in connection.execute(query).all()}


def requests_of(connection: Connection, exam: str) -> dict[str, str]:
    """The open requests for help of an exam: their states at the portal by attempt, empty before that."""
    row = RoomHelpRequestRow
    query = select(row.attempt, row.status).where(row.exam == exam, row.closed_at.is_(None))
    return {attempt: status or "" for attempt, status in connection.execute(query).all()}


def picture_times_of(connection: Connection, exam: str, session: Session) -> dict[str, dict[str, datetime]]:
    """When the newest pictures of those attempts came, by attempt and stream."""
    row = RoomPictureRow
    query = select(row.attempt, row.stream, row.at).join(RoomAttemptRow, RoomAttemptRow.id == row.attempt)
    times: dict[str, dict[str, datetime]] = {}
    for attempt, stream, at in connection.execute(query.where(*_live(exam, session))).all():
        times.setdefault(attempt, {})[stream] = at
    return times


def takes_of(connection: Connection, exam: str, session: Session) -> dict[str, LiveTakes]:
    """What those attempts have recorded that is not stored, and which recordings run."""
    take = RoomTakeRow
    query = select(take.attempt, take.stream, take.began_at, take.announced, take.promised, take.stored)
    query = query.join(RoomAttemptRow, RoomAttemptRow.id == take.attempt).where(*_live(exam, session))
    found: dict[str, LiveTakes] = {}
    for attempt, stream, began_at, announced, promised, stored in connection.execute(query).all():
        known = found.setdefault(attempt, LiveTakes({}, {}))
        left = max(announced, promised or 0) - int.from_bytes(stored, "little").bit_count()
        known.waiting[stream] = known.waiting.get(stream, 0) + left
        if promised is None:
            known.began_at[stream] = max(began_at, known.began_at.get(stream, began_at))
    return found


def seats_that_came(connection: Connection, exam: str, session: Session) -> set[str]:
    """The seats (jti) that have an attempt at a session, handed in or not."""
    row = RoomAttemptRow
    kind, position = session
    query = select(row.jti).where(row.exam == exam, row.kind == kind, row.session == position)
    return set(connection.scalars(query))


def names_of(connection: Connection, exam: str, session: Session) -> list[TypedName]:
    """What those attempts' seats have typed as their names, sealed, the oldest first."""
    row = RoomIdentityClaimRow
    query = (
        select(row.jti, row.attempt, row.sealed)
        .join(RoomAttemptRow, (RoomAttemptRow.exam == row.exam) & (RoomAttemptRow.jti == row.jti))
        .where(*_live(exam, session))
        .order_by(row.at)
    )
    return [TypedName(*each) for each in connection.execute(query).all()]


def _live(exam: str, session: Session) -> list[ColumnElement[bool]]:
    row = RoomAttemptRow
    kind, position = session
    return [row.exam == exam, row.kind == kind, row.session == position, row.handed_in_at.is_(None)]
