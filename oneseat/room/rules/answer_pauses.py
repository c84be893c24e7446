"""Says which answers belong to a paused time. They are kept: who was offline did not know of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from signing.session_times import Pause, paused_at

HEARD_AFTER = timedelta(seconds=10)
"""A page hears of a pause with its next call and saves what was written; until then nothing is noted."""


def find_pause(pauses: Iterable[Pause], made_at: datetime, received_at: datetime) -> Pause | None:
    """Return the pause in which an answer was made, by its page, or received, by the server; or None.

    The beginning of a pause does not count (:data:`HEARD_AFTER`).
    """
    known = [
        replace(pause, begins=pause.begins + HEARD_AFTER)
        for pause in pauses
        if pause.ends - pause.begins > HEARD_AFTER
    ]
    return paused_at(known, made_at) or paused_at(known, received_at)
