"""Detects that the computer slept between two looks, by two clocks or by the system's message on waking."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Optional

SHORTEST_S = 5.0
"""A shorter gap between two looks, which are a second apart, is a busy computer."""
_MESSAGE_WITHIN_S = 60.0
"""The message on waking may come after the first look that follows."""


class SleepClocks(NamedTuple):
    """One reading, in seconds since the start of the system.

    ``elapsed_s`` counts on while the computer sleeps, ``awake_s`` does not; neither follows a changed clock.
    ``wake_ups`` is how often the system has reported waking to this program.
    """

    elapsed_s: float
    awake_s: float
    wake_ups: int = 0


class Sleep(NamedTuple):
    """The last look before the computer slept, and the first one after."""

    began: datetime
    ended: datetime


class SleepWatch:
    """Compares each look with the one before it.

    Clocks alone would do for sleep and hibernation. In the standby of newer computers the clocks may go on
    while Windows stops programs, so a gap counts as sleep there once the message comes.
    """

    def __init__(self) -> None:
        self._last: Optional[datetime] = None
        self._clocks = SleepClocks(0, 0)
        self._gap: Optional[Sleep] = None
        self._gap_ended_s = 0.0

    def look(self, now: datetime, clocks: SleepClocks) -> Optional[Sleep]:
        """Return the sleep that ended since the last look; None if there was none, or it is known already."""
        last, before = self._last, self._clocks
        self._last, self._clocks = now, clocks
        if last is None:
            return None
        elapsed_s = clocks.elapsed_s - before.elapsed_s
        if elapsed_s >= SHORTEST_S:
            self._gap, self._gap_ended_s = Sleep(last, now), clocks.elapsed_s
        slept_s = elapsed_s - (clocks.awake_s - before.awake_s)
        if slept_s >= SHORTEST_S or clocks.wake_ups != before.wake_ups:
            return self._take(clocks)
        return None

    def _take(self, clocks: SleepClocks) -> Optional[Sleep]:
        gap, self._gap = self._gap, None
        return gap if clocks.elapsed_s - self._gap_ended_s <= _MESSAGE_WITHIN_S else None
