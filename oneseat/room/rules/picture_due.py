"""Decides when a live picture of a stream is missed: it was due, and did not come.

A page sends the first picture of a stream some seconds after its recording begins, and one every
:data:`oneseat.room.rules.live_pictures.EVERY_S` seconds from then on, none while recordings wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneseat.room.rules.live_pictures import MOST_WAITING
from oneseat.room.rules.steps import Facts, Step

LATE_AFTER = timedelta(seconds=70)
"""Three pictures that did not come, or a device that takes long to open."""
SLOW_FOR = timedelta(minutes=5)
"""How long waiting recordings are a reason for no picture. A page must not be able to keep them waiting."""
AHEAD = timedelta(seconds=10)
"""How far a page's estimate of the room's clock may be ahead."""
RECORDED = (Step.ROOM, Step.BEGIN, Step.WAITING, Step.QUESTIONS)
"""Steps in which the camera runs for sure: it is opened with the devices."""


@dataclass(frozen=True)
class StreamPictures:
    """What is known of one stream's pictures. Times are None for what never was.

    ``asked_at`` is since when the stream should be recorded; None while the exam does not ask for it.
    ``began_at`` is when its recording began that still runs, as the page says. ``newest_at`` is when the
    newest picture came. ``away_at`` is when its page was last seen to be silent, or found to be a new one,
    and ``slow_at`` when so much waited for the upload that none is sent.
    """

    asked_at: datetime | None
    began_at: datetime | None = None
    newest_at: datetime | None = None
    away_at: datetime | None = None
    slow_at: datetime | None = None


def is_missed(stream: StreamPictures, now: datetime) -> bool:
    """Whether a picture was due and did not come.

    The time counts from the last of: the stream was asked for, its recording began, a picture came, its
    page was back. A slow line adds to it, by :data:`SLOW_FOR` at most. A page that says that its recording
    begins in the future is not believed.
    """
    if stream.asked_at is None:
        return False
    began_at = stream.began_at if stream.began_at is not None and stream.began_at <= now + AHEAD else None
    known = (began_at, stream.newest_at, stream.away_at)
    since = max([stream.asked_at, *(moment for moment in known if moment is not None)])
    if stream.slow_at is not None:
        since = max(since, min(stream.slow_at, since + SLOW_FOR))
    return now - since > LATE_AFTER


def is_slow(waiting: Mapping[str, int], streams: tuple[str, ...]) -> bool:
    """Whether so many segments of a page's streams wait that it sends no pictures."""
    return sum(waiting.get(stream, 0) for stream in streams) > MOST_WAITING


def recorded_since(facts: Facts, step: Step) -> datetime | None:
    """Since when the computer's camera should be recorded; None in a step in which it need not be.

    Who has not passed the devices by the start is recorded from then on, or from a later consent.
    """
    if step not in RECORDED:
        return None
    if facts.devices_at is not None:
        return facts.devices_at
    return max((at for at in (facts.starts_at, facts.consent_at) if at is not None), default=None)
