"""Decides when a client's guard counts as connected, and when its silence is an event."""

from __future__ import annotations

from datetime import datetime, timedelta

from oneseat.state.room.attempts import Attempt
from oneseat.state.room.wall import LiveAttempt

SILENT_AFTER = timedelta(seconds=30)
"""Three looks that did not come, in an interview that goes well. A guard that has never come is given
the same from the consent on."""


def is_due(attempt: Attempt | LiveAttempt) -> bool:
    """Whether the guard should be watching: from the consent until the hand-in."""
    return attempt.consent_at is not None and attempt.handed_in_at is None


def is_connected(attempt: Attempt | LiveAttempt, now: datetime) -> bool | None:
    """Whether the guard was heard lately; None where that cannot be known yet, or matters no more."""
    if not is_due(attempt):
        return None
    if _silent_at(attempt) <= now:
        return False
    return True if attempt.guard_seen_at is not None else None


def turns_silent(attempt: Attempt, now: datetime) -> bool:
    """Whether silence began between the page's last call and now; one call of the page sees it."""
    if not is_due(attempt) or _silent_at(attempt) > now:
        return False
    return attempt.window_seen_at is None or attempt.window_seen_at < _silent_at(attempt)


def silence_before(attempt: Attempt, now: datetime) -> timedelta | None:
    """For how long the guard was silent until now; None if it was not long enough to count."""
    return now - _last_heard(attempt) if is_due(attempt) and _silent_at(attempt) <= now else None


def _silent_at(attempt: Attempt | LiveAttempt) -> datetime:
    return _last_heard(attempt) + SILENT_AFTER


def _last_heard(attempt: Attempt | LiveAttempt) -> datetime:
    heard = attempt.guard_seen_at or attempt.consent_at or attempt.created_at
    return max(heard, attempt.consent_at or heard)
