"""Remembers what a wall's reader saw of pages that owe live pictures: when they were away, when slow.

The database keeps neither. A reader that reads every two seconds has seen it. One that has just begun to read
knows of nothing before: each page may have been back that moment, and has its time from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oneseat.room.rules.picture_due import StreamPictures, is_slow, recorded_since
from oneseat.room.rules.steps import Step
from oneseat.room.rules.wall import is_silent
from oneseat.room.services.watching.live_pictures import CAMERA, PAGE_STREAMS, PHONE
from oneseat.state.room.wall import LiveAttempt, LiveTakes

_AWAY, _SLOW = "away", "slow"

_Key = tuple[str, str, tuple[str, ...]]
"""An attempt, what was seen of one of its pages, and the streams of that page."""


@dataclass(frozen=True)
class Seen:
    """What was read of an attempt's recordings and pictures.

    ``pictures`` is when the newest of each stream came. ``is_phone_well`` is None in an exam without phones,
    and False where the phone is away, has a fault, or may be away.
    """

    takes: LiveTakes | None
    pictures: Mapping[str, datetime]
    is_phone_well: bool | None


class PagesSeen:
    """When the pages of a session's attempts were last seen to be away, or too slow for pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[_Key, datetime] = {}
        self._epochs: dict[str, int] | None = None

    def meet(self, attempts: Sequence[LiveAttempt], now: datetime) -> None:
        """Note which attempts have come or have a new window, and forget those that are over.

        All that is met first may have come that moment, its phone too.
        """
        epochs = {each.id: each.epoch for each in attempts}
        with self._lock:
            pages = [PAGE_STREAMS] if self._epochs is not None else [PAGE_STREAMS, (PHONE,)]
            before = self._epochs or {}
            self._epochs = epochs
            self._last = {key: at for key, at in self._last.items() if key[0] in epochs}
            self._last |= {
                (attempt, _AWAY, streams): now
                for attempt, epoch in epochs.items()
                for streams in pages
                if before.get(attempt) != epoch
            }

    def streams_of(
        self, attempt: LiveAttempt, step: Step, seen: Seen, now: datetime
    ) -> tuple[StreamPictures, ...]:
        """The streams of which pictures may be due, with what is known of them.

        The camera's are due as long as it should be recorded, the screen's and the phone's while they are.
        """
        since = recorded_since(attempt, step)
        if since is None:
            return ()
        takes = seen.takes or LiveTakes({}, {})
        pages: list[tuple[tuple[str, ...], bool]] = [(PAGE_STREAMS, is_silent(attempt.window_seen_at, now))]
        if seen.is_phone_well is not None:
            pages.append(((PHONE,), not seen.is_phone_well))
        found = []
        for streams, is_away in pages:
            away_at = self._note((attempt.id, _AWAY, streams), is_away, now)
            slow_at = self._note((attempt.id, _SLOW, streams), is_slow(takes.waiting, streams), now)
            for stream in streams:
                began_at = takes.began_at.get(stream)
                asked_at = since if stream == CAMERA or began_at is not None else None
                newest_at = seen.pictures.get(stream)
                found.append(StreamPictures(asked_at, began_at, newest_at, away_at, slow_at))
        return tuple(found)

    def _note(self, key: _Key, holds: bool, now: datetime) -> datetime | None:
        """Note whether something is seen now; return when it was seen last."""
        with self._lock:
            if holds:
                self._last[key] = now
            return self._last.get(key)
