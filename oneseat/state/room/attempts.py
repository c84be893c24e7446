"""Attempts: one seat's stay in one session, its steps, its cookie, its epoch and its hand-in.

What happens once (consent, steps, begin, hand-in, completion) is an UPDATE on the condition that it has not
happened: of several calls the first decides, and the others change nothing. The statements of frequent calls
are built once, since building one takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, tuple_, update

from oneseat.state.dialect import in_values, insert_unless_taken
from oneseat.state.tables.room import RoomAttemptRow
from signing.session_times import FORMAL, MOCK

SENT, CARRIED = "sent", "carried"
"""How the identity step was finished: by this attempt's photographs, or by a decision on an earlier one."""


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
    """A stored attempt. ``epoch`` counts the windows that have joined; only the newest one may write.

    ``identity_by`` is :data:`SENT` or :data:`CARRIED` once the identity step is finished; while
    ``identity_at`` is None, the code of why new photographs were asked for.
    """

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
    identity_at: datetime | None
    identity_by: str | None
    identity_state: str | None
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
    guard_sequence: int | None = None
    guard_head: bytes | None = None
    guard_present: str | None = None
    paper_variant: str | None = None
    phone_at: datetime | None = None
    reminder: str | None = None
    permitted_until: datetime | None = None


Place = tuple[str, str, int]
"""A seat (jti), the kind of a session, and the session's position: what a ticket names."""

_COLUMNS = tuple(getattr(RoomAttemptRow, member.name) for member in fields(Attempt))
_BY_ID = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.id == bindparam("its_id")
)
_LOCK_BY_ID = _BY_ID.with_for_update()
_BY_COOKIE = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.cookie_hash == bindparam("its_cookie")
)
_LOCK_BY_COOKIE = _BY_COOKIE.with_for_update()
_LOCK_BY_COOKIES = (
    select(RoomAttemptRow.cookie_hash, *_COLUMNS)
    .where(
        RoomAttemptRow.exam == bindparam("its_exam"),
        RoomAttemptRow.cookie_hash.in_(bindparam("its_cookies", expanding=True)),
    )
    .order_by(RoomAttemptRow.cookie_hash)
    .with_for_update()
)
_EPOCHS = select(RoomAttemptRow.cookie_hash, RoomAttemptRow.epoch).where(
    RoomAttemptRow.exam == bindparam("its_exam"),
    RoomAttemptRow.cookie_hash.in_(bindparam("its_cookies", expanding=True)),
)
_BY_GRANT = select(*_COLUMNS).where(
    RoomAttemptRow.exam == bindparam("its_exam"), RoomAttemptRow.grant_hash == bindparam("its_grant")
)
_LOCK_BY_GRANTS = (
    select(RoomAttemptRow.grant_hash, *_COLUMNS)
    .where(
        RoomAttemptRow.exam == bindparam("its_exam"),
        RoomAttemptRow.grant_hash.in_(bindparam("its_grants", expanding=True)),
    )
    .order_by(RoomAttemptRow.cookie_hash)
    .with_for_update()
)
_LOCK_BY_PLACES = (
    select(*_COLUMNS)
    .where(
        RoomAttemptRow.exam == bindparam("its_exam"),
        tuple_(RoomAttemptRow.jti, RoomAttemptRow.kind, RoomAttemptRow.session).in_(
            bindparam("its_places", expanding=True)
        ),
    )
    .order_by(RoomAttemptRow.cookie_hash, RoomAttemptRow.ordinal)
    .with_for_update()
)
_LOCK_BY_SEATS = (
    select(*_COLUMNS)
    .where(
        RoomAttemptRow.exam == bindparam("its_exam"),
        RoomAttemptRow.jti.in_(bindparam("its_jtis", expanding=True)),
    )
    .order_by(RoomAttemptRow.cookie_hash, RoomAttemptRow.ordinal)
    .with_for_update()
)
_ITS = update(RoomAttemptRow).where(RoomAttemptRow.id == bindparam("its_id"))
_SEE_WINDOW = _ITS.values(window_seen_at=bindparam("seen_at"))
_SEE_WINDOWS = (
    update(RoomAttemptRow)
    .where(RoomAttemptRow.id.in_(bindparam("its_ids", expanding=True)))
    .values(window_seen_at=bindparam("seen_at"))
)
_SEE_GUARDS = (
    update(RoomAttemptRow)
    .where(RoomAttemptRow.id.in_(bindparam("its_ids", expanding=True)))
    .values(guard_seen_at=bindparam("seen_at"))
)
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


def lock_by_cookies(connection: Connection, exam: str, hashes: Collection[bytes]) -> dict[bytes, Attempt]:
    """As :func:`lock_by_cookie` for several calls, in one statement; cookies that are unknown are left out.

    Rows are locked in the order of their cookies: two processes that lock some of the same attempts cannot
    wait for each other.
    """
    rows = connection.execute(_LOCK_BY_COOKIES, {"its_exam": exam, "its_cookies": sorted(hashes)}).all()
    return {row[0]: _attempt(row[1:]) for row in rows}


def epochs_by_cookies(connection: Connection, exam: str, hashes: Collection[bytes]) -> dict[bytes, int]:
    """Return the epochs of the attempts with these cookies, in one statement, without a lock."""
    rows = connection.execute(_EPOCHS, {"its_exam": exam, "its_cookies": sorted(hashes)})
    return {cookie: epoch for cookie, epoch in rows if cookie is not None}


def find_by_grant(connection: Connection, exam: str, grant_hash: bytes) -> Attempt | None:
    """Return the attempt whose upload grant has this SHA-256, or None."""
    return _first(connection, _BY_GRANT, its_exam=exam, its_grant=grant_hash)


def lock_by_grants(connection: Connection, exam: str, hashes: Collection[bytes]) -> dict[bytes, Attempt]:
    """As :func:`lock_by_cookies`, by the SHA-256 of upload grants, and in the same order of locks."""
    if not hashes:
        return {}
    rows = connection.execute(_LOCK_BY_GRANTS, {"its_exam": exam, "its_grants": sorted(hashes)}).all()
    return {row[0]: _attempt(row[1:]) for row in rows}


def lock_newest(connection: Connection, exam: str, places: Collection[Place]) -> dict[Place, Attempt]:
    """As :func:`find_newest` for several places, in one statement that locks as :func:`lock_by_cookies` does.

    A place without an attempt is left out.
    """
    if not places:
        return {}
    rows = connection.execute(_LOCK_BY_PLACES, {"its_exam": exam, "its_places": sorted(places)}).all()
    newest: dict[Place, Attempt] = {}
    for attempt in sorted(map(_attempt, rows), key=lambda attempt: attempt.ordinal):
        newest[attempt.jti, attempt.kind, attempt.session] = attempt
    return newest


def lock_of_seats(connection: Connection, exam: str, jtis: Collection[str]) -> dict[str, list[Attempt]]:
    """Lock all attempts of seats, as :func:`lock_by_cookies` does; by seat, the newest first."""
    found: dict[str, list[Attempt]] = {jti: [] for jti in jtis}
    if jtis:
        rows = connection.execute(_LOCK_BY_SEATS, {"its_exam": exam, "its_jtis": sorted(jtis)}).all()
        for attempt in sorted(map(_attempt, rows), key=lambda attempt: attempt.created_at, reverse=True):
            found[attempt.jti].append(attempt)
    return found


def list_of_seat(connection: Connection, exam: str, jti: str) -> list[Attempt]:
    """List a seat's attempts without a lock, the newest first."""
    mine = select(*_COLUMNS).where(RoomAttemptRow.exam == exam, RoomAttemptRow.jti == jti)
    rows = connection.execute(mine.order_by(RoomAttemptRow.created_at.desc()))
    return [_attempt(row) for row in rows]


def find_newest(connection: Connection, exam: str, jti: str, kind: str, session: int) -> Attempt | None:
    """Return a seat's newest attempt at a session, which its ticket enters again; None if there is none."""
    mine = select(*_COLUMNS).where(
        RoomAttemptRow.exam == exam,
        RoomAttemptRow.jti == jti,
        RoomAttemptRow.kind == kind,
        RoomAttemptRow.session == session,
    )
    return _first(connection, mine.order_by(RoomAttemptRow.ordinal.desc()).limit(1))


def of_seats(
    connection: Connection, exam: str, kind: str, session: int, jtis: Sequence[str]
) -> list[Attempt]:
    """List the attempts of seats at a session without a lock, oldest first."""
    mine = select(*_COLUMNS).where(
        RoomAttemptRow.exam == exam,
        RoomAttemptRow.kind == kind,
        RoomAttemptRow.session == session,
        in_values(connection, RoomAttemptRow.jti, jtis),
    )
    return [_attempt(row) for row in connection.execute(mine.order_by(RoomAttemptRow.ordinal))]


def find_present(connection: Connection, exam: str, jti: str) -> Attempt | None:
    """Return a seat's newest attempt, locked, if it is not handed in; None otherwise."""
    mine = select(*_COLUMNS).where(RoomAttemptRow.exam == exam, RoomAttemptRow.jti == jti)
    newest = _first(connection, mine.order_by(RoomAttemptRow.created_at.desc()).limit(1).with_for_update())
    return None if newest is None or newest.handed_in_at is not None else newest


def has_mock(connection: Connection, exam: str, jtis: Collection[str], *, finished: bool) -> bool:
    """Whether a seat has begun a mock interview or, with ``finished``, handed one in."""
    reached = RoomAttemptRow.handed_in_at if finished else RoomAttemptRow.began_at
    query = select(RoomAttemptRow.id).where(
        RoomAttemptRow.exam == exam,
        RoomAttemptRow.jti.in_(jtis),
        RoomAttemptRow.kind == MOCK,
        reached.is_not(None),
    )
    return connection.scalar(query.limit(1)) is not None


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


class RunningTimes(NamedTuple):
    """The times of a formal attempt that is not handed in."""

    id: str
    jti: str
    session: int
    times: tuple[datetime | None, datetime | None, datetime | None]


def times_of_running(connection: Connection, exam: str) -> list[RunningTimes]:
    """List start, end and end of uploads of the formal attempts that are not handed in."""
    row = RoomAttemptRow
    query = select(row.id, row.jti, row.session, row.starts_at, row.ends_at, row.upload_until).where(
        row.exam == exam, row.kind == FORMAL, row.handed_in_at.is_(None)
    )
    return [
        RunningTimes(found[0], found[1], found[2], (found[3], found[4], found[5]))
        for found in connection.execute(query)
    ]


def list_page(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], skip: int, limit: int
) -> list[Attempt]:
    """List a page of the attempts that fulfil conditions, in the order in which they began."""
    query = select(*_COLUMNS).where(*conditions).order_by(RoomAttemptRow.created_at, RoomAttemptRow.id)
    return [_attempt(row) for row in connection.execute(query.offset(skip).limit(limit))]


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


def record_identity(connection: Connection, attempt_id: str, at: datetime, by: str) -> bool:
    """Record that the identity step is finished, :data:`SENT` or :data:`CARRIED`; False if it was before."""
    return _set_once(connection, attempt_id, RoomAttemptRow.identity_at, identity_at=at, identity_by=by)


def reopen_identity(connection: Connection, attempt_id: str, reason: str) -> None:
    """Open the identity step again, with the code of the reason."""
    _set(connection, attempt_id, identity_at=None, identity_by=reason)


def record_identity_state(connection: Connection, attempt_id: str, state: str) -> None:
    """Record what the decisions on an attempt's identity amount to."""
    _set(connection, attempt_id, identity_state=state)


def find_carried(connection: Connection, exam: str, jti: str) -> list[str]:
    """List a seat's attempts whose identity was carried over from the mock interview."""
    query = select(RoomAttemptRow.id).where(
        RoomAttemptRow.exam == exam, RoomAttemptRow.jti == jti, RoomAttemptRow.identity_by == CARRIED
    )
    return list(connection.scalars(query))


def record_phones(connection: Connection, attempt_ids: Collection[str], at: datetime) -> None:
    """Record of attempts that the step of the phone is finished, in one statement; a first time stays."""
    if attempt_ids:
        mine = update(RoomAttemptRow).where(
            RoomAttemptRow.id.in_(sorted(attempt_ids)), RoomAttemptRow.phone_at.is_(None)
        )
        connection.execute(mine.values(phone_at=at))


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


def reopen(connection: Connection, attempt_id: str) -> None:
    """Take back a hand-in that was not the candidate's, and what followed from it."""
    _set(connection, attempt_id, handed_in_at=None, handed_in_by=None, receipt=None, completed_at=None)


def complete(connection: Connection, attempt_id: str, at: datetime) -> bool:
    """Record that everything promised is in the store; False if that was known."""
    return _set_once(connection, attempt_id, RoomAttemptRow.completed_at, completed_at=at)


def record_window(connection: Connection, attempt_id: str, at: datetime) -> None:
    """Record when the page was last heard."""
    connection.execute(_SEE_WINDOW, {"its_id": attempt_id, "seen_at": at})


def record_windows(connection: Connection, attempt_ids: Collection[str], at: datetime) -> None:
    """As :func:`record_window` for several attempts, in one statement."""
    if attempt_ids:
        connection.execute(_SEE_WINDOWS, {"its_ids": sorted(attempt_ids), "seen_at": at})


def record_guards(connection: Connection, attempt_ids: Collection[str], at: datetime) -> None:
    """Record when the clients of several attempts were last heard, in one statement."""
    if attempt_ids:
        connection.execute(_SEE_GUARDS, {"its_ids": sorted(attempt_ids), "seen_at": at})


def record_guard_head(connection: Connection, attempt_id: str, sequence: int, head: bytes) -> None:
    """Record the last event of the guard's chain."""
    _set(connection, attempt_id, guard_sequence=sequence, guard_head=head)


def record_guard_present(connection: Connection, attempt_id: str, present: str) -> None:
    """Record what the guard sees now (JSON)."""
    _set(connection, attempt_id, guard_present=present)


def record_reminder(connection: Connection, attempt_id: str, reminder: str | None) -> None:
    """Record the reminder that the page is to show (JSON), or that there is none."""
    _set(connection, attempt_id, reminder=reminder)


def record_permitted(connection: Connection, attempt_id: str, until: datetime | None) -> None:
    """Record until when a permission holds or has held, or that there was none."""
    _set(connection, attempt_id, permitted_until=until)


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
