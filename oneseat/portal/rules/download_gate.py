"""The download gate: decides whether a seat may log in, start or resume a download now.

It is one pure function. It reads no clock and no database, so every rule about the download
window can be tested at its boundaries. Windows are half open: closed at
``opens - 1 s``, open at ``opens``, open at ``closes - 1 s``, closed at ``closes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from oneseat.portal.rules.utc_interval import UtcInterval, utc

NO_GRACE = timedelta(0)


class Phase(StrEnum):
    """The phase of the exam's download windows, the same for all seats."""

    BEFORE = "before"
    OPEN = "open"
    BETWEEN = "between"
    CLOSED = "closed"


class Refusal(StrEnum):
    """Why nothing may be fetched."""

    NOT_YET = "not-yet"
    CLOSED = "closed"
    SEAT_REVOKED = "seat-revoked"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class DownloadRules:
    """The charter's download rules: the windows, and the grace for downloads under way at their end.

    Raises:
        ValueError: there is no window, windows overlap, or ``grace`` is negative.
    """

    windows: tuple[UtcInterval, ...]
    grace: timedelta = NO_GRACE

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.windows, key=lambda window: window.opens))
        if not ordered:
            raise ValueError("an exam has at least one download window")
        if any(later.opens < earlier.closes for earlier, later in pairwise(ordered)):
            raise ValueError("download windows do not overlap")
        if self.grace < NO_GRACE:
            raise ValueError("the grace is not negative")
        object.__setattr__(self, "windows", ordered)


class DownloadFacts(NamedTuple):
    """What the gate needs to know about one seat.

    ``admitted_until`` is an exception that the operators' desk made for this seat: it may download
    until then, also outside the windows. ``withdrawn`` says that the installers were taken away,
    which overrides windows and exceptions.
    """

    live: bool
    admitted_until: datetime | None = None
    withdrawn: bool = False


class Grant(NamedTuple):
    """A download of this seat that was started while it was allowed."""

    at: datetime


class Decision(NamedTuple):
    """The gate's decision.

    ``fetch_until`` is the moment at which fetching ends if nothing changes (None where
    nothing may be fetched), ``opens`` the next opening of a window, if there is one.
    """

    phase: Phase
    may_log_in: bool
    may_start: bool
    may_resume: bool
    fetch_until: datetime | None = None
    opens: datetime | None = None
    refusal: Refusal | None = None

    @property
    def may_fetch(self) -> bool:
        """Whether bytes of the installer may be sent at all."""
        return self.may_start or self.may_resume


def phase_at(now: datetime, rules: DownloadRules) -> Phase:
    """The phase at ``now`` (aware)."""
    now = utc(now)
    if any(window.contains(now) for window in rules.windows):
        return Phase.OPEN
    if now < rules.windows[0].opens:
        return Phase.BEFORE
    return Phase.BETWEEN if now < rules.windows[-1].closes else Phase.CLOSED


def decide_download(
    now: datetime, rules: DownloadRules, seat: DownloadFacts, grant: Grant | None
) -> Decision:
    """Decide what the seat may do at ``now``.

    A seat with a grant may always log in. It may fetch until the grace has passed after the end of
    the window or exception that the grant was made in.
    """
    now = utc(now)
    phase = phase_at(now, rules)
    opens = next((window.opens for window in rules.windows if window.opens > now), None)
    if not seat.live:
        return Decision(phase, False, False, False, opens=opens, refusal=Refusal.SEAT_REVOKED)
    startable = start_until(now, rules, seat)
    resume_until = _resume_until(rules, seat, grant)
    may_start = startable is not None
    may_resume = resume_until is not None and now < resume_until
    may_log_in = may_start or grant is not None
    ends = [end for end, allowed in ((startable, may_start), (resume_until, may_resume)) if allowed and end]
    refusal = None
    if not ends:
        refusal = Refusal.NOT_YET if opens is not None else Refusal.CLOSED
    if seat.withdrawn:
        refusal = Refusal.WITHDRAWN
    return Decision(phase, may_log_in, may_start, may_resume, max(ends, default=None), opens, refusal)


def start_until(now: datetime, rules: DownloadRules, seat: DownloadFacts) -> datetime | None:
    """The end of what lets a download start at ``now`` (UTC), or None where nothing does."""
    if seat.withdrawn:
        return None
    ends = [window.closes for window in rules.windows if window.contains(now)]
    if seat.admitted_until is not None and now < utc(seat.admitted_until):
        ends.append(utc(seat.admitted_until))
    return max(ends, default=None)


def _resume_until(rules: DownloadRules, seat: DownloadFacts, grant: Grant | None) -> datetime | None:
    """The moment to which a granted download may go on, or None without a grant."""
    if grant is None or seat.withdrawn:
        return None
    ends = [window.closes for window in rules.windows if window.contains(grant.at)]
    if seat.admitted_until is not None and utc(grant.at) < utc(seat.admitted_until):
        ends.append(utc(seat.admitted_until))
    return max(ends) + rules.grace if ends else None
