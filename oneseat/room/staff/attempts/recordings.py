"""Opens an attempt's recordings for a player, and single segments: each look is in the audit log.

A player that goes on by itself while the attempt runs is one look, with one entry: what is recorded from then
on has no entries of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from oneseat.room.refusals.invigilation import SegmentNotThere
from oneseat.room.refusals.staff import StaffRoleTooLow
from oneseat.room.rules import playing
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.gaps import Gap, Happened
from oneseat.room.rules.playing import SEGMENT, Placed
from oneseat.room.rules.segments import SegmentName
from oneseat.room.staff.attempts import look_keys
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import events, marks, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.marks import Mark
from oneseat.store.errors import ObjectAbsent

_ENDED = "take-ended"
_PLAYED = ("video/webm", "video/mp4")


@dataclass(frozen=True)
class Recordings:
    """What a player needs to know of an attempt."""

    attempt: Attempt
    takes: Sequence[Placed]
    gaps: Sequence[Gap]
    history: Sequence[RoomEvent]
    marks: Sequence[Mark]
    at: datetime

    @property
    def is_live(self) -> bool:
        """Whether more may be recorded."""
        ends = self.attempt.ends_at
        return self.attempt.handed_in_at is None and (ends is None or self.at < ends)

    @property
    def standing_marks(self) -> list[Mark]:
        """The marks that were not withdrawn."""
        return [mark for mark in self.marks if mark.withdrawn_at is None]


@dataclass(frozen=True)
class OpenSegment:
    """A segment's bytes, as they were recorded."""

    media_type: str
    pieces: Iterator[bytes]


def open_recordings(visit: StaffVisit, attempt_id: str) -> Recordings:
    """Read what was recorded of an attempt, and where nothing was.

    Raises:
        AttemptUnknown: there is no such attempt.
        StaffRoleTooLow: the operator may not see streams, or not while the attempt runs.
    """
    attempt = _require_watchable(visit, attempt_id)
    with visit.audited("room.recordings-opened", {"jti": attempt.jti, "attempt": attempt.id}) as connection:
        return _read(connection, visit, attempt)


def follow_recordings(visit: StaffVisit, attempt_id: str, key: str) -> tuple[Recordings, str]:
    """Read what has come of a running attempt's recordings, for a player that goes on by itself.

    Without the key of a look that goes on, this begins one, with an entry in the audit log. Return its key.

    Raises:
        AttemptUnknown: there is no such attempt.
        StaffRoleTooLow: as for :func:`open_recordings`.
    """
    attempt = _require_watchable(visit, attempt_id)
    about = _followed(attempt)
    if look_keys.opened_at(visit, key, about) is not None:
        with visit.room.database.reading() as connection:
            return _read(connection, visit, attempt), key
    with visit.audited("room.recordings-followed", {"jti": attempt.jti, "attempt": attempt.id}) as connection:
        return _read(connection, visit, attempt), look_keys.key_of(visit, about)


def _read(connection: Connection, visit: StaffVisit, attempt: Attempt) -> Recordings:
    exam = visit.room.exam
    recorded = takes.list_of(connection, attempt.id)
    history = events.list_of(connection, exam, attempt.id)
    marked = marks.list_of(connection, exam, attempt.id)
    is_over = attempt.handed_in_at is not None
    placed = playing.place(recorded, _ends(history), visit.now, is_over=is_over)
    begins = attempt.devices_at
    ends = min(visit.now, attempt.handed_in_at or visit.now, attempt.ends_at or visit.now)
    happened = [Happened(event.at, event.code, _cause(event)) for event in history]
    found = [] if begins is None else playing.find_gaps(placed, happened, begins, ends)
    return Recordings(attempt, placed, found, history, marked, visit.now)


def open_segment(visit: StaffVisit, attempt_id: str, take_id: str, number: int, key: str = "") -> OpenSegment:
    """Open one segment of a take. ``key`` is that of a look that follows the attempt, if one goes on.

    Raises:
        AttemptUnknown: there is no such attempt.
        StaffRoleTooLow: as for :func:`open_recordings`.
        SegmentNotThere: it was not received, or is not in the store.
        StoreUnavailable: the store does not answer.
    """
    attempt = _require_watchable(visit, attempt_id)
    with visit.room.database.reading() as connection:
        take = takes.find_some(connection, attempt.id, [take_id]).get(take_id)
    name = None if take is None or not take.is_stored(number) else SegmentName.of(take, number)
    if take is None or name is None:
        raise SegmentNotThere
    pieces = visit.room.segments.read(str(name))
    try:
        first = next(pieces, b"")
    except ObjectAbsent:
        raise SegmentNotThere from None
    followed_from = look_keys.opened_at(visit, key, _followed(attempt))
    if followed_from is None or take.began_at + (number + 1) * SEGMENT <= followed_from:
        facts = {"jti": attempt.jti, "attempt": attempt.id, "stream": take.stream, "take": take.take}
        with visit.audited("room.segment-seen", {**facts, "segment": number}):
            pass
    media_type = take.mime.partition(";")[0]
    return OpenSegment(media_type if media_type in _PLAYED else _PLAYED[0], chain([first], pieces))


def may_watch(visit: StaffVisit, attempt: Attempt) -> bool:
    """Whether an operator may see an attempt's streams: now, or by reviewing once its time is over."""
    is_over = attempt.ends_at is not None and visit.now >= attempt.ends_at
    return visit.may(Duty.WATCH) or (is_over and visit.may(Duty.REVIEW))


def _require_watchable(visit: StaffVisit, attempt_id: str) -> Attempt:
    """Find an attempt whose streams the operator may see: now, or once its time is over."""
    with visit.room.database.reading() as connection:
        attempt = find(connection, visit, attempt_id)
    if not may_watch(visit, attempt):
        raise StaffRoleTooLow
    return attempt


def _followed(attempt: Attempt) -> str:
    """What the key of a look is about that follows an attempt."""
    return f"follow/{attempt.id}"


def _ends(history: Sequence[RoomEvent]) -> dict[str, datetime]:
    """When takes ended, by what their recorders said."""
    ended = [(event.facts.get("take"), event.at) for event in history if event.code == _ENDED]
    return {take: at for take, at in ended if isinstance(take, str)}


def _cause(event: RoomEvent) -> str | None:
    cause = event.facts.get("cause")
    if isinstance(cause, str):
        return cause
    return None if event.source == "room" else event.code
