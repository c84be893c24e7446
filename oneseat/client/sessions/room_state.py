"""What an exam room's answers mean for the candidate, and when the client finishes an upload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Optional, Tuple

from oneseat.client.online.room import LookAnswer

WAITING, INSIDE, AWAY, UPLOADING, COMPLETE, LOST = (
    "waiting",
    "inside",
    "away",
    "uploading",
    "complete",
    "lost",
)
"""Not in the room yet; in it; its window gone before the hand-in; handed in; all received; time is over."""

AWAY_AFTER = timedelta(seconds=10)
"""A window that the room has not heard of for longer is gone."""
RESTART_AFTER_S = 60.0
"""A browser that was started to upload is given this long before it is started again."""
_AWAY_LOOKS = 2
_RATE_OVER_S = 60.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class RoomView:
    """What the session page shows of an attempt. ``left_mb`` is rounded up, ``minutes`` None while unknown.

    ``fault`` is the code of why the last look failed, or empty.
    """

    stage: str
    answer: Optional[LookAnswer] = None
    left_mb: int = 0
    minutes: Optional[int] = None
    fault: str = ""

    @property
    def shown(self) -> Tuple[object, ...]:
        """What the page draws of it: the answer's own time changes with every look."""
        attempt = self.answer.attempt if self.answer is not None else None
        times = (attempt.starts_at, attempt.ends_at, attempt.paused_until) if attempt is not None else ()
        return (self.stage, self.left_mb, self.minutes, self.fault, times)


def has_come(answer: LookAnswer, opened_s: float) -> bool:
    """Whether the room has seen a window since the browser was started, ``opened_s`` ago."""
    age = answer.window_age
    return age is not None and age.total_seconds() <= opened_s


def is_away(answer: LookAnswer) -> bool:
    """Whether no window was seen lately."""
    return answer.window_age is None or answer.window_age > AWAY_AFTER


def stage_of(answer: LookAnswer) -> str:
    """The stage of an attempt whose window has come at least once."""
    if answer.is_complete:
        return COMPLETE
    if answer.is_handed_in:
        return UPLOADING
    return AWAY if is_away(answer) else INSIDE


def wants_upload(answer: LookAnswer, away_looks: int, started_s_ago: Optional[float]) -> bool:
    """Whether the client should open the upload page: handed in, incomplete, and no window that does it.

    Two looks in a row must have missed the window: after sleep the client may look before the page does.
    Before the hand-in the client never opens it: a browser without a window would take over the candidate's
    next entry.
    """
    if not answer.is_handed_in or answer.is_complete or away_looks < _AWAY_LOOKS:
        return False
    return started_s_ago is None or started_s_ago >= RESTART_AFTER_S


class Uplink:
    """Measures how fast what is left becomes less, over the last minute."""

    def __init__(self) -> None:
        self._points: Tuple[Tuple[float, int], ...] = ()

    def note(self, at_s: float, left_bytes: int) -> None:
        """Add a measurement; more left than before begins a new series."""
        points = self._points if not self._points or left_bytes <= self._points[-1][1] else ()
        self._points = (*(point for point in points if at_s - point[0] <= _RATE_OVER_S), (at_s, left_bytes))

    @property
    def minutes_left(self) -> Optional[int]:
        """Minutes until nothing is left, rounded up; None while nothing moves."""
        if len(self._points) < 2:
            return None
        (began, before), (now, left) = self._points[0], self._points[-1]
        if left >= before or now <= began:
            return None
        return max(1, -(-int(left * (now - began) / (before - left)) // 60))


def megabytes(left_bytes: int) -> int:
    """Round up: what is not finished is never 0 MB."""
    return max(1, -(-left_bytes // _MEGABYTE))
