"""A session as it holds for this seat now: its end, and whether its answer time stands still in a pause.

Two sources know of pauses: the room's last answer to a look, and the signed orders that are kept on this
computer. Either may be the newer one, since room and portal can be out of reach independently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Iterable, Optional

from oneseat.client.local.seat_times import SeatPauses
from oneseat.client.online.room import AttemptFacts, LookAnswer
from oneseat.client.sessions.session_windows import SessionWindow, current_window, windows_of
from signing.charter import Charter
from signing.session_times import FORMAL, stands_until


@dataclass(frozen=True)
class HeldSession:
    """A session's window. ``paused_until`` is when the pause that holds now ends by itself; None without one.

    ``is_told`` is whether the end is the room's word about the seat's attempt, ``answers`` whether only the
    end is still to come: the last login is over, or concerns a seat no longer that answers already.
    """

    window: SessionWindow
    paused_until: Optional[datetime] = None
    answers: bool = False
    is_told: bool = False

    @property
    def stands(self) -> bool:
        """Whether the countdown stands: it goes to the end, and the answer time does not run."""
        return self.paused_until is not None and self.answers

    def left(self, now: datetime) -> timedelta:
        """What the countdown shows: the time to the next boundary, or the answer time left in a pause."""
        if self.stands and self.paused_until is not None:
            return self.window.ends - self.paused_until
        return (self.window.ends if self.answers else self.window.next_change(now)) - now


def held_session(
    charter: Charter, kind: str, now: datetime, pauses: SeatPauses, answer: Optional[LookAnswer]
) -> Optional[HeldSession]:
    """The session of a kind that runs or comes next; None if all are over.

    ``charter`` has the seat's own times. ``answer`` is what the room last said of the seat's newest attempt
    of this kind. One from before the newest kept order counts no more: that order may have ended a pause.
    """
    attempt = answer.attempt if answer is not None and kind == FORMAL else None
    if attempt is not None and answer is not None and not pauses.are_newer(answer.now):
        told = _by_room(charter, now, attempt)
        if told is not None:
            return told
    window = current_window(charter, kind, now)
    if window is None:
        return None
    paused_until = stands_until(pauses.spans, now) if kind == FORMAL else None
    return HeldSession(window, paused_until, answers=kind == FORMAL and now >= window.last_login)


def next_session(sessions: Iterable[Optional[HeldSession]]) -> Optional[HeldSession]:
    """Of the sessions of all kinds the one that is open or opens next; None if all are over."""
    held = [session for session in sessions if session is not None]
    return min(held, key=lambda session: session.window.opens, default=None)


def _by_room(charter: Charter, now: datetime, attempt: AttemptFacts) -> Optional[HeldSession]:
    """The session of an attempt that has not ended, with the end that the room gives it."""
    starts, ends = attempt.starts_at, attempt.ends_at
    if starts is None or ends is None or attempt.handed_in_at is not None or now >= ends:
        return None
    zone = charter.ends.tzinfo
    starts, ends = starts.astimezone(zone), ends.astimezone(zone)
    own = [window for window in windows_of(charter, FORMAL) if window.opens <= starts < window.ends]
    window = replace(own[0], ends=ends) if own else SessionWindow(FORMAL, starts, starts, ends)
    until = attempt.paused_until
    paused_until = until.astimezone(zone) if until is not None and now < until else None
    return HeldSession(window, paused_until, answers=now >= starts, is_told=True)
