"""The source of time: one clock, passed in where time is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """Return this computer's time."""
        return datetime.now(timezone.utc)


class FixedClock:
    """A clock with a fixed time, for tests and for asking "what if".

    Raises:
        ValueError: ``at`` has no offset.
    """

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self.at = at.astimezone(timezone.utc)

    def now(self) -> datetime:
        """Return the fixed time."""
        return self.at


class OffsetClock:
    """A clock shifted by a fixed offset, for rehearsals."""

    def __init__(self, base: Clock, offset: timedelta) -> None:
        self.base = base
        self.offset = offset

    @classmethod
    def starting_at(cls, moment: datetime, base: Clock) -> OffsetClock:
        """Create a clock that shows ``moment`` (aware) now and runs on from there."""
        return cls(base, moment.astimezone(timezone.utc) - base.now())

    def now(self) -> datetime:
        """Return the shifted time."""
        return self.base.now() + self.offset
