"""The source of time: one clock, passed in where time is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """The present moment by this computer."""
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
        """The moment it was set to."""
        return self.at


class OffsetClock:
    """A clock that runs on from another moment, for rehearsals."""

    def __init__(self, base: Clock, offset: timedelta) -> None:
        self.base = base
        self.offset = offset

    @classmethod
    def starting_at(cls, moment: datetime, base: Clock) -> OffsetClock:
        """A clock that shows ``moment`` (aware) now and runs at the usual pace."""
        return cls(base, moment.astimezone(timezone.utc) - base.now())

    def now(self) -> datetime:
        """The rehearsed moment."""
        return self.base.now() + self.offset
