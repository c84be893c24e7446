"""A span of time kept in UTC, for rules that compare times of any offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class UtcInterval:
    """A half-open interval from ``opens`` up to ``closes``.

    Both are kept in UTC: Python compares two times of one zone by their wall clocks,
    which is wrong in the hour that a daylight-saving change repeats.

    Raises:
        ValueError: a time has no offset, or the interval does not open before it closes.
    """

    opens: datetime
    closes: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "opens", utc(self.opens))
        object.__setattr__(self, "closes", utc(self.closes))
        if self.opens >= self.closes:
            raise ValueError("an interval opens before it closes")

    def contains(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in the interval."""
        return self.opens <= utc(moment) < self.closes


def utc(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: it has no offset.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without an offset means nothing")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
