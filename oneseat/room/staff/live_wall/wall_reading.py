"""Reads a session's live attempts as the tiles of a wall: once in two seconds for all who watch it.

Names and numbers never change for a seat, so each is read once and remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules import guard_silence, live_pictures, phones
from oneseat.room.rules import wall as rules
from oneseat.room.rules.identity import Identity
from oneseat.room.rules.incidents import WITHIN
from oneseat.room.rules.steps import Step
from oneseat.room.rules.wall import Alarm, WallFilter, Watched
from oneseat.room.services.identity.identity_step import open_claim
from oneseat.room.services.page.attempt_view import paused_until, step_of
from oneseat.room.staff.live_wall import wall_words as words
from oneseat.room.staff.live_wall.wall_pictures import PagesSeen, Seen
from oneseat.state.candidates import seat_search
from oneseat.state.room import groups, incidents, live_groups, symptoms, wall
from oneseat.state.room.groups import Membership
from oneseat.state.room.wall import LiveAttempt, LivePhone, LiveTakes, OpenPermission, Session

READ_EVERY_S = 2.0
TAKES_EVERY = timedelta(seconds=10)


@dataclass(frozen=True)
class Tile:
    """One attempt on a wall: ``shown`` is what the page draws (JSON), ``filters`` the filters it passes.

    ``identity_at`` is when face and document came. ``watchers`` are the invigilators of its ``group``.
    """

    attempt: str
    is_grave: bool
    identity_at: datetime | None
    urgency: tuple[int, int]
    filters: frozenset[WallFilter]
    shown: Mapping[str, Any] = field(repr=False)
    watchers: frozenset[str] = frozenset()
    group: int | None = None

    @property
    def rank(self) -> tuple[tuple[int, int], str]:
        """The sort key: problems first, then by number."""
        return self.urgency, self.shown["number"]


@dataclass(frozen=True)
class WallSnapshot:
    """The tiles of a session at a moment, in the wall's order. Two of equal tiles and alarms are equal.

    ``unwatched`` are the groups that nobody watches, and since when. ``incidents`` are those that are not
    closed: number, whether it is open, whether the portal has it, seats of the last minutes.
    """

    tiles: tuple[Tile, ...]
    at: datetime = field(compare=False)
    unwatched: tuple[tuple[int, datetime], ...] = ()
    incidents: tuple[tuple[int, bool, bool, bool, int], ...] = ()


@dataclass(frozen=True)
class _Read:
    """What one round of queries has brought."""

    attempts: list[LiveAttempt]
    phones: dict[str, LivePhone]
    permissions: dict[str, OpenPermission]
    requests: dict[str, str]
    pictures: dict[str, dict[str, datetime]]
    takes: dict[str, LiveTakes]
    memberships: dict[str, Membership]


class WallReader:
    """The reader of one session's wall in this process. Threads share it."""

    def __init__(self, room: ServedRoom, session: Session) -> None:
        self._room, self._session = room, session
        self._numbers: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._takes: dict[str, LiveTakes] = {}
        self._takes_read_at: datetime | None = None
        self._pages = PagesSeen()

    def read(self) -> WallSnapshot:
        """Read the session's tiles.

        Raises:
            RoomNotReady: there is no usable charter.
            StateUnavailable: the database cannot be used.
        """
        room = self._room
        with room.database.reading() as connection:
            charter, now = room.charter_in(connection), room.clock.now()
            found = self._query(connection, now)
            self._learn(connection, found.attempts)
            unwatched = live_groups.list_unwatched(connection, room.exam)
            unclosed = self._incidents(connection, now)
        self._pages.meet(found.attempts, now)
        tiles = [self._tile(charter, found, attempt, now) for attempt in found.attempts]
        live = (tile for tile in tiles if tile is not None)
        alone = sorted((key.number, since) for key, since in unwatched.items() if key[1:3] == self._session)
        return WallSnapshot(tuple(sorted(live, key=lambda tile: tile.rank)), now, tuple(alone), unclosed)

    def _incidents(
        self, connection: Connection, now: datetime
    ) -> tuple[tuple[int, bool, bool, bool, int], ...]:
        listed = incidents.list_unclosed(connection, self._room.exam)
        counted = symptoms.count_since(connection, self._room.exam, now - WITHIN) if listed else {}
        return tuple(
            (
                each.number,
                each.is_open,
                each.sent_at is not None,
                each.is_ended_at_portal,
                counted.get(each.cause, 0),
            )
            for each in listed
        )

    def _query(self, connection: Connection, now: datetime) -> _Read:
        exam, session = self._room.exam, self._session
        return _Read(
            wall.attempts_of(connection, exam, session),
            wall.phones_of(connection, exam, session),
            wall.permissions_of(connection, exam, now),
            wall.requests_of(connection, exam),
            wall.picture_times_of(connection, exam, session),
            self._takes_at(connection, now),
            groups.memberships_of(connection, exam, *session),
        )

    def _takes_at(self, connection: Connection, now: datetime) -> dict[str, LiveTakes]:
        """What is recorded, which is the longest list to read and changes slowly: not in every round."""
        read_at = self._takes_read_at
        if read_at is None or not timedelta() <= now - read_at < TAKES_EVERY:
            self._takes = wall.takes_of(connection, self._room.exam, self._session)
            self._takes_read_at = now
        return self._takes

    def _learn(self, connection: Connection, attempts: list[LiveAttempt]) -> None:
        """Read numbers of seats that are new, and names where somebody has none yet."""
        exam = self._room.exam
        unknown = [each.jti for each in attempts if each.jti not in self._numbers]
        if unknown:
            numbers = seat_search.numbers_of(connection, exam, unknown)
            self._numbers |= {jti: numbers.get(jti, jti) for jti in unknown}
        if any(each.identity_at is not None and each.jti not in self._names for each in attempts):
            for typed in wall.names_of(connection, exam, self._session):
                if typed.jti not in self._names:
                    opened = open_claim(self._room, typed.attempt, typed.sealed)
                    self._names[typed.jti] = rules.masked_name(opened.name)
            # Who went on without typing a name is not looked for again.
            for each in attempts:
                if each.identity_at is not None:
                    self._names.setdefault(each.jti, "")

    def _tile(
        self, charter: CharterInForce, found: _Read, attempt: LiveAttempt, now: datetime
    ) -> Tile | None:
        step = step_of(charter, attempt, now)
        if step is Step.REFUSED:
            return None
        watched = self._with_pictures(
            charter, found, attempt, _watched(charter, found, attempt, step, now), now
        )
        alarms = rules.alarms_of(watched, now)
        until = paused_until(charter, attempt, now)
        shown = {
            "id": attempt.id,
            "number": words.masked_number(self._numbers[attempt.jti]),
            "name": self._names.get(attempt.jti, ""),
            "ordinal": attempt.ordinal,
            "step": words.STEPS[step] if until is None else words.PAUSED,
            "alarms": [[words.ALARMS[alarm], alarm in rules.GRAVE] for alarm in alarms],
            "marks": [
                *([words.pause(until, charter.zone)] if until is not None else []),
                *_marks(charter, found, attempt, watched, alarms),
            ],
            "pictures": _pictures(found.pictures.get(attempt.id, {}), attempt, charter, now),
        }
        membership = found.memberships.get(attempt.id)
        return Tile(
            attempt.id,
            not rules.GRAVE.isdisjoint(alarms),
            attempt.identity_at,
            rules.urgency(alarms),
            rules.filters_of(watched, alarms),
            shown,
            frozenset() if membership is None else membership.watchers,
            None if membership is None else membership.number,
        )

    def _with_pictures(
        self, charter: CharterInForce, found: _Read, attempt: LiveAttempt, watched: Watched, now: datetime
    ) -> Watched:
        """Add the streams of which pictures may be due; none where no one watches."""
        if not live_pictures.are_wanted(charter.charter, attempt.kind):
            return watched
        is_phone_well = watched.phone_present
        if is_phone_well and (watched.phone_fault is not None or watched.has_permission):
            is_phone_well = False
        seen = Seen(found.takes.get(attempt.id), found.pictures.get(attempt.id, {}), is_phone_well)
        return replace(watched, pictures=self._pages.streams_of(attempt, watched.step, seen, now))


class Walls:
    """The readers of a process, one for each session that somebody has watched."""

    def __init__(self, room: ServedRoom) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._readers: dict[Session, WallReader] = {}

    def reader(self, session: Session) -> WallReader:
        """The reader of a session."""
        with self._lock:
            return self._readers.setdefault(session, WallReader(self._room, session))


def _watched(
    charter: CharterInForce, found: _Read, attempt: LiveAttempt, step: Step, now: datetime
) -> Watched:
    phone, takes = found.phones.get(attempt.jti), found.takes.get(attempt.id)
    with_phone = charter.has_phone_step
    return Watched(
        step=step,
        identity=_identity(charter, attempt),
        heard_at=attempt.window_seen_at,
        guard_connected=guard_silence.is_connected(attempt, now),
        phone_present=_is_present(phone, now) if with_phone else None,
        phone_fault=phone.fault if phone is not None and phone.filmed == attempt.id else None,
        has_request=attempt.id in found.requests,
        has_permission=attempt.id in found.permissions,
        backlog=0 if takes is None else sum(takes.waiting.values()),
    )


def _identity(charter: CharterInForce, attempt: LiveAttempt) -> Identity | None:
    """The state of the identity; None while there is nothing to decide on."""
    if attempt.identity_state is not None:
        return Identity(attempt.identity_state)
    sent = charter.has_identity_step and attempt.identity_at is not None
    return Identity.UNDECIDED if sent else None


def _is_present(phone: LivePhone | None, now: datetime) -> bool:
    return phone is not None and phone.consent_at is not None and now - phone.seen_at <= phones.SILENT_AFTER


def _marks(
    charter: CharterInForce,
    found: _Read,
    attempt: LiveAttempt,
    watched: Watched,
    alarms: tuple[Alarm, ...],
) -> list[str]:
    """What a tile says beside its alarms: identity, phone, permission, extra time, backlog."""
    marks = [words.IDENTITIES[watched.identity] if charter.has_identity_step else None]
    if watched.phone_present is not None and Alarm.PHONE_AWAY not in alarms:
        phone = found.phones.get(attempt.jti)
        marks.append(words.phone(phone, attempt.id, present=watched.phone_present))
    permission = found.permissions.get(attempt.id)
    if permission is not None:
        marks.append(words.permission(permission, charter.zone))
    extra_s = charter.seats.of(attempt.jti).terms.extra_s
    marks.append(words.extra_time(extra_s))
    if watched.backlog > rules.FEW_SEGMENTS:
        marks.append(words.backlog(watched.backlog))
    return [mark for mark in marks if mark]


def _pictures(
    times: Mapping[str, datetime], attempt: LiveAttempt, charter: CharterInForce, now: datetime
) -> dict[str, int]:
    """When each stream's picture came, in milliseconds since 1970: the version in its address too."""
    watchable = live_pictures.is_watchable(attempt, now)
    if not (watchable and live_pictures.are_wanted(charter.charter, attempt.kind)):
        return {}
    return {stream: int(times[stream].timestamp() * 1000) for stream in words.STREAMS if stream in times}
