"""Decides what a wall shows of a live attempt: its alarms, their order, and which filters it passes.

Alarms are facts that somebody should look at, never a verdict about a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oneseat.room.rules.identity import Identity
from oneseat.room.rules.picture_due import StreamPictures, is_missed
from oneseat.room.rules.steps import Step

PER_PAGE = 40
"""Tiles of a page: what one person watches."""
SILENT_AFTER = timedelta(seconds=60)
"""A page calls every five seconds. One that was not heard for so long is silent."""
MANY_SEGMENTS = 20
"""Ten minutes of one stream that are not stored yet."""
FEW_SEGMENTS = 6
"""Two of each of three streams are on their way at any time; a wall speaks of more."""
RUNNING = (Step.WAITING, Step.QUESTIONS, Step.HAND_IN)
"""Steps in which the page should be heard all the time."""


class Alarm(StrEnum):
    """What somebody should look at, the gravest first."""

    PAGE_SILENT = "page-silent"
    REJECTED = "rejected"
    REQUEST = "request"
    PHONE_AWAY = "phone-away"
    PHONE_FAULT = "phone-fault"
    PICTURE_OLD = "picture-old"
    GUARD_SILENT = "guard-silent"
    DOUBTFUL = "doubtful"
    BACKLOG = "backlog"


_ORDER = {alarm: rank for rank, alarm in enumerate(Alarm)}
GRAVE = frozenset({Alarm.PAGE_SILENT, Alarm.REJECTED, Alarm.REQUEST, Alarm.PHONE_AWAY})
"""Alarms that a wall shows in red."""


class WallFilter(StrEnum):
    """Which attempts a wall shows."""

    ALL = "all"
    ALARMS = "alarms"
    UNDECIDED = "undecided"
    REQUESTS = "requests"
    PERMISSIONS = "permissions"
    PREPARING = "preparing"
    ANSWERING = "answering"


@dataclass(frozen=True)
class Watched:
    """What is known of a live attempt. Times are None for what was never heard or seen.

    ``pictures`` are the streams whose pictures are due at times; none where no one watches such a session.
    ``phone_present`` and ``phone_fault`` are None in an exam without phones, or while it is not needed.
    """

    step: Step
    identity: Identity | None
    heard_at: datetime | None
    guard_connected: bool | None
    phone_present: bool | None
    phone_fault: str | None
    has_request: bool
    has_permission: bool
    backlog: int
    pictures: tuple[StreamPictures, ...] = ()


def alarms_of(watched: Watched, now: datetime) -> tuple[Alarm, ...]:
    """The alarms of an attempt, the gravest first. A permission explains why the phone is away."""
    silent = watched.step in RUNNING and is_silent(watched.heard_at, now)
    missed = any(is_missed(stream, now) for stream in watched.pictures)
    holds = {
        Alarm.PAGE_SILENT: silent,
        Alarm.REJECTED: watched.identity is Identity.REJECTED,
        Alarm.REQUEST: watched.has_request,
        Alarm.PHONE_AWAY: _is_phone_away(watched),
        Alarm.PHONE_FAULT: watched.phone_fault is not None and not watched.has_permission,
        Alarm.PICTURE_OLD: missed and not silent,
        Alarm.GUARD_SILENT: watched.step in RUNNING and watched.guard_connected is False,
        Alarm.DOUBTFUL: watched.identity is Identity.DOUBTFUL,
        Alarm.BACKLOG: watched.backlog >= MANY_SEGMENTS,
    }
    return tuple(alarm for alarm in Alarm if holds[alarm])


def is_silent(heard_at: datetime | None, now: datetime) -> bool:
    """Whether a page was not heard for :data:`SILENT_AFTER`."""
    return heard_at is None or now - heard_at > SILENT_AFTER


def urgency(alarms: Sequence[Alarm]) -> tuple[int, int]:
    """A sort key of attempts: by their gravest alarm, then by how many they have; those without come last."""
    gravest = min((_ORDER[alarm] for alarm in alarms), default=len(_ORDER))
    return gravest, -len(alarms)


def filters_of(watched: Watched, alarms: Sequence[Alarm]) -> frozenset[WallFilter]:
    """The filters that show an attempt."""
    shown = [WallFilter.ALL]
    if alarms:
        shown.append(WallFilter.ALARMS)
    if watched.identity is Identity.UNDECIDED:
        shown.append(WallFilter.UNDECIDED)
    if watched.has_request:
        shown.append(WallFilter.REQUESTS)
    if watched.has_permission:
        shown.append(WallFilter.PERMISSIONS)
    if watched.step not in RUNNING:
        shown.append(WallFilter.PREPARING)
    if watched.step is Step.QUESTIONS:
        shown.append(WallFilter.ANSWERING)
    return frozenset(shown)


def count_filters(passed: Iterable[frozenset[WallFilter]]) -> dict[WallFilter, int]:
    """How many attempts each filter shows."""
    counts = dict.fromkeys(WallFilter, 0)
    for filters in passed:
        for shown in filters:
            counts[shown] += 1
    return counts


def masked_name(name: str) -> str:
    """A name of which the first character alone is legible."""
    return f"{name[:1]}{'*' * min(2, len(name) - 1)}" if name else ""


def _is_phone_away(watched: Watched) -> bool:
    """Whether a phone that should film from its place is away, without a permission."""
    needed = watched.step in RUNNING and not watched.has_permission
    return needed and watched.phone_present is False
