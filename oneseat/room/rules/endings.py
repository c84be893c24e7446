"""Decides who may end an attempt before its time, for which reasons, and when it may be opened again."""

from __future__ import annotations

from datetime import datetime

from oneseat.room.rules.steps import Facts
from signing.text import Text

REASONS = {
    "substitute": Text("Somebody else takes part in the candidate's place", "替考"),
    "danger": Text("Danger to the candidate or to others", "考生或他人有人身危险"),
}
"""By their codes. For all else there are reminders and marks: no attempt ends for them."""
CHIEF = "chief"
"""What a hand-in is recorded as made by, where two persons have ended the attempt."""

_NO_CONSENT = Text("the candidate has not come in yet", "考生还没有进入考场")
_HANDED_IN = Text("the candidate has handed in", "考生已经交卷")
_OVER = Text("the answer time is over", "作答时间已经结束")
_NOT_ENDED = Text("the attempt was not ended by two persons", "本场不是由考务人员结束的")


def refuses_end(attempt: Facts, now: datetime) -> Text | None:
    """Why an attempt cannot be ended, or None."""
    if attempt.handed_in_at is not None:
        return _HANDED_IN
    if attempt.consent_at is None:
        return _NO_CONSENT
    return _OVER if _is_over(attempt, now) else None


def refuses_reopening(attempt: Facts, handed_in_by: str | None, now: datetime) -> Text | None:
    """Why an attempt cannot be opened again, or None."""
    if attempt.handed_in_at is None or handed_in_by != CHIEF:
        return _NOT_ENDED
    return _OVER if _is_over(attempt, now) else None


def _is_over(attempt: Facts, now: datetime) -> bool:
    return attempt.ends_at is not None and now >= attempt.ends_at
