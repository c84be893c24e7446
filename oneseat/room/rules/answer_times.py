"""Decides what an answer's time means: kept, kept as late, or refused. Only the server's clock counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Arrival(StrEnum):
    """What becomes of an answer."""

    KEPT = "kept"
    LATE = "late"
    """Kept, and marked: it arrived after the end, and says that it was made before. People decide."""
    REFUSED = "refused"


@dataclass(frozen=True)
class AnswerWindow:
    """The times of an attempt that decide about its answers; each interval is half open."""

    starts_at: datetime
    ends_at: datetime
    upload_until: datetime

    def judge(self, made_at: datetime, received_at: datetime) -> Arrival:
        """Judge an answer by when the server got it, and only after the end by when it says it was made.

        The page's own time proves nothing (a browser's clock and scripts are its owner's). So it makes an
        answer late at best, never in time.
        """
        if received_at < self.starts_at:
            return Arrival.REFUSED
        if received_at < self.ends_at:
            return Arrival.KEPT
        return Arrival.LATE if self._may_be_late(made_at, received_at) else Arrival.REFUSED

    def _may_be_late(self, made_at: datetime, received_at: datetime) -> bool:
        return self.starts_at <= made_at < self.ends_at and received_at < self.upload_until
