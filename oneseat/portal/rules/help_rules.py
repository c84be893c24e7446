"""The service desk's rules: states of a help request, its place in the queue, waiting times, alarms.

All functions are pure: they read no clock and no database.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum


class Reason(StrEnum):
    """What a candidate asks for help with."""

    LOGIN = "login"
    FACE = "face"
    DEVICE = "device"
    ANSWERING = "answering"
    UPLOAD = "upload"
    COMPUTER = "computer"
    OTHER = "other"


class Door(StrEnum):
    """The system that a request came from."""

    PORTAL = "portal"
    CLIENT = "client"
    ROOM = "room"
    PHONE = "phone"


class Urgency(IntEnum):
    """The class that a request is queued in; a lower number comes first."""

    QUESTIONS = 0
    WAITING = 1
    OTHER = 2
    UNVERIFIED = 3


class Status(StrEnum):
    """The state of a request."""

    SUBMITTED = "submitted"
    CLAIMED = "claimed"
    CALLING = "calling"
    MISSED = "missed"
    ANSWERED = "answered"
    SOLVED = "solved"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """Something that is done to a request."""

    CLAIM = "claim"
    RELEASE = "release"
    CALL = "call"
    REACHED = "reached"
    MISSED = "missed"
    ANSWER = "answer"
    BULK_ANSWER = "bulk-answer"
    NOTE = "note"
    SOLVE = "solve"
    WITHDRAW = "withdraw"


OPEN = frozenset(Status) - {Status.SOLVED, Status.WITHDRAWN}
QUEUED = frozenset({Status.SUBMITTED, Status.MISSED})
"""States in which no operator has the request."""
HELD = frozenset({Status.CLAIMED, Status.CALLING})
"""States in which one operator has it, until the claim lapses."""

CLAIM_LIFE = timedelta(minutes=5)
CALL_LIFE = timedelta(minutes=15)
"""A call may take longer than a claim without an act."""
RETRY_AFTER = timedelta(minutes=2)
"""How long a request waits behind the others after a call that was not answered."""

NEXT: dict[Act, dict[Status, Status]] = {
    Act.CLAIM: dict.fromkeys((*QUEUED, *HELD, Status.ANSWERED), Status.CLAIMED),
    Act.RELEASE: {Status.CLAIMED: Status.SUBMITTED},
    Act.CALL: dict.fromkeys((Status.CLAIMED, Status.ANSWERED), Status.CALLING),
    Act.REACHED: {Status.CALLING: Status.ANSWERED},
    Act.MISSED: {Status.CALLING: Status.MISSED},
    Act.ANSWER: dict.fromkeys((*HELD, Status.ANSWERED), Status.ANSWERED),
    Act.BULK_ANSWER: dict.fromkeys(QUEUED, Status.ANSWERED),
    Act.NOTE: {status: status for status in Status},
    Act.SOLVE: dict.fromkeys((Status.CLAIMED, Status.ANSWERED), Status.SOLVED),
    Act.WITHDRAW: dict.fromkeys(OPEN, Status.WITHDRAWN),
}
"""The state after an act, by act and state before; a missing entry is refused."""


@dataclass(frozen=True)
class Holding:
    """State of a request, the operator who has it, and the time of the last act on it."""

    status: Status
    operator: str | None
    touched_at: datetime

    def lapsed(self, now: datetime) -> bool:
        """Whether the operator's claim has ended because nothing was done."""
        life = CALL_LIFE if self.status is Status.CALLING else CLAIM_LIFE
        return self.status in HELD and now - self.touched_at >= life

    def is_waiting(self, now: datetime) -> bool:
        """Whether the request is in the queue, without an operator or with one whose claim has lapsed."""
        return self.status in QUEUED or self.lapsed(now)

    def belongs_to_other(self, operator: str, now: datetime) -> bool:
        """Whether another operator has the request, whose claim has not lapsed."""
        return self.status in HELD and self.operator != operator and not self.lapsed(now)


def status_after(status: Status, act: Act) -> Status | None:
    """Return the state after an act, or None where the act does not fit the state."""
    return NEXT[act].get(status)


# ------------------------------------------------------------------------------------------ the queue


@dataclass(frozen=True)
class Queued:
    """What the queue's order depends on; ``urgency`` and ``order_at`` are the request's standing now."""

    number: str
    urgency: int
    order_at: datetime
    id: int
    retry_at: datetime | None = None


def in_order(requests: Sequence[Queued], now: datetime) -> list[Queued]:
    """Sort waiting requests: urgent ones first, those not reached a moment ago last in their class."""

    def key(request: Queued) -> tuple[int, bool, datetime, int]:
        later = request.retry_at is not None and request.retry_at > now
        return request.urgency, later, request.order_at, request.id

    return sorted(requests, key=key)


# ---------------------------------------------------------------------------------------- waiting time

RATE_WINDOW = timedelta(minutes=15)
FEWEST_ANSWERS = 5
_LONGEST_SAID = timedelta(hours=3)
BUSY_WAIT = timedelta(minutes=10)
"""From here on the page says that there are many requests, and what to try first."""


def estimate_wait(place: int, reached: Sequence[datetime], now: datetime) -> timedelta | None:
    """Estimate the wait at a place in the queue from recent answers, rounded up to five minutes.

    None where fewer than :data:`FEWEST_ANSWERS` requests were reached within :data:`RATE_WINDOW`,
    or the estimate would be longer than can be said honestly.
    """
    recent = [moment for moment in reached if now - RATE_WINDOW <= moment <= now]
    if len(recent) < FEWEST_ANSWERS:
        return None
    wait = RATE_WINDOW * place / len(recent)
    rounded = timedelta(minutes=5 * max(1, math.ceil(wait / timedelta(minutes=5))))
    return rounded if rounded <= _LONGEST_SAID else None


ALARM_AFTER = {
    Urgency.QUESTIONS: timedelta(seconds=30),
    Urgency.WAITING: timedelta(seconds=90),
    Urgency.OTHER: timedelta(minutes=3),
    Urgency.UNVERIFIED: timedelta(minutes=3),
}


def is_alarming(urgency: int, submitted_at: datetime, now: datetime) -> bool:
    """Whether a waiting request has waited longer than its class allows."""
    return now - submitted_at >= ALARM_AFTER[Urgency(urgency)]


# ------------------------------------------------------------------------------------- what is typed

MAX_WORDS = 500
MAX_CODES = 20
CODE = re.compile(r"(OS-[0-9]{3,4}|[a-z][a-z0-9-]{0,31}:[a-z-]{1,16})")
"""A diagnostic code: a refusal's code, or a check of the client with its outcome."""


def diagnostic_codes(given: Sequence[str]) -> tuple[str, ...]:
    """The well-formed codes among those given, each once, at most :data:`MAX_CODES`."""
    return tuple(dict.fromkeys(code for code in given if CODE.fullmatch(code)))[:MAX_CODES]


# -------------------------------------------------------------------------------------------- incidents

ALIKE = 20
ALIKE_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True)
class Symptom:
    """What may show that requests have one cause: the reason and the first code."""

    reason: str
    code: str


def find_incidents(submitted: Sequence[tuple[Symptom, datetime]], now: datetime) -> list[tuple[Symptom, int]]:
    """Symptoms that at least :data:`ALIKE` requests of the last :data:`ALIKE_WITHIN` share, most first."""
    counts: dict[Symptom, int] = {}
    for symptom, at in submitted:
        if now - ALIKE_WITHIN < at <= now:
            counts[symptom] = counts.get(symptom, 0) + 1
    alike = [(symptom, count) for symptom, count in counts.items() if count >= ALIKE]
    return sorted(alike, key=lambda pair: (-pair[1], pair[0].reason, pair[0].code))


# -------------------------------------------------------------------------------------------- pictures

MAX_PICTURES = 3
"""Pictures of one request."""


def may_take_away(holding: Holding, now: datetime) -> bool:
    """Whether the candidate may take a picture away: no operator has the request."""
    return holding.is_waiting(now)


def may_look(holding: Holding, operator: str, now: datetime) -> bool:
    """Whether an operator may look at the pictures: the operator has claimed the request."""
    return holding.status in HELD and holding.operator == operator and not holding.lapsed(now)
