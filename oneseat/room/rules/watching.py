"""Says who is responsible for a group now: the first invigilator, the second one, or those who lead.

An invigilator's open page is heard every 20 seconds. Who was not heard for a minute does not watch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GROUP_SIZE = 40
"""Attempts of a group: as many as one screen of the wall shows, which one person can look over."""
HEARD_EVERY = timedelta(seconds=20)
SILENT_AFTER = timedelta(seconds=60)
"""Three beats of a page: one that is lost makes nobody absent."""


class Place(StrEnum):
    """Which of those who may watch a group is responsible for it."""

    FIRST = "first"
    SECOND = "second"
    LEAD = "lead"


@dataclass(frozen=True)
class Responsible:
    """Who is responsible for a group. ``operator`` is who watches it; None where nobody does."""

    place: Place
    operator: str | None

    @property
    def is_unwatched(self) -> bool:
        """Whether nobody watches: an alarm for those who lead (无人监看)."""
        return self.operator is None


def responsible(
    first: str | None, second: str | None, watches: Mapping[str, datetime], now: datetime
) -> Responsible:
    """Who is responsible, by when each page was heard last: first, second, then a person who leads.

    Where several of those who lead watch a group, the one who was heard last is named.
    """
    heard = {operator: at for operator, at in watches.items() if now - at < SILENT_AFTER}
    if first in heard:
        return Responsible(Place.FIRST, first)
    if second in heard:
        return Responsible(Place.SECOND, second)
    return Responsible(Place.LEAD, max(heard, key=lambda name: (heard[name], name), default=None))
