"""Decides when a permission opens and ends: for a call of the service desk, and for leaving the picture."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, StrEnum

LONGEST = timedelta(minutes=10)
"""How long a permission holds at most."""
PUT_BACK = timedelta(minutes=1)
"""What is left to put the phone back once a call is over."""
PHONE_LONGEST = timedelta(minutes=5)
"""How long the candidate may see to a phone that has a fault."""
LEAVE_BEFORE = timedelta(minutes=5)
"""Who leaves the picture is back this long before the start."""


MINUTES = (2, 5, 10)
"""How long an invigilator may choose to permit, none longer than :data:`LONGEST`."""


class Opener(StrEnum):
    """Who opened a permission."""

    DESK = "desk"
    CANDIDATE = "candidate"
    SYSTEM = "system"
    INVIGILATOR = "invigilator"


class Cause(StrEnum):
    """What a permission is for."""

    CALL = "call"
    LEAVE = "leave"
    PHONE = "phone"
    """The phone has a fault, which the candidate may mend."""
    HANDLE = "handle"
    """An invigilator permits the phone to be touched."""
    AWAY = "away"
    """An invigilator permits the picture to be left."""


PERMITTED = (Cause.HANDLE, Cause.AWAY)
"""What an invigilator may permit."""


class Change(Enum):
    """What the state of a help request changes for the permission to take its call."""

    OPEN = "open"
    KEEP = "keep"
    END = "end"


CALLING, ANSWERED = "calling", "answered"
"""The portal's states of a request while the desk dials, and once the candidate was reached."""


def on_status(before: str | None, after: str) -> Change:
    """What a new state of a request means.

    The desk marks a candidate as reached when the call begins: that does not end the permission. Every other
    state does, since no call goes on in it.
    """
    if after == CALLING:
        return Change.KEEP if before == CALLING else Change.OPEN
    return Change.KEEP if after == ANSWERED else Change.END


def leave_until(starts_at: datetime | None) -> datetime | None:
    """Until when leaving may be asked for, and by when one is back; None without a start."""
    return None if starts_at is None else starts_at - LEAVE_BEFORE


def leave_ends(now: datetime, starts_at: datetime | None) -> datetime | None:
    """When a leave that is asked for now ends; None where it may not be asked for any more."""
    until = leave_until(starts_at)
    return None if until is None or now >= until else min(now + LONGEST, until)
