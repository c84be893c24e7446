"""Maintenance: while it lasts, an exam's pages and API answer 503, and the desk works on."""

from __future__ import annotations

import threading
import time
from zoneinfo import ZoneInfo

from oneseat.portal.exam import schedule
from oneseat.state.candidates import seat_support
from oneseat.state.candidates.seat_support import Maintenance
from oneseat.state.database import Database
from signing.text import Text

LOOK_EVERY_S = 1.0
"""How long each process may go on after maintenance was switched in another."""

_SOON = Text("it will be back shortly", "即将恢复服务")


class MaintenanceWatch:
    """Whether an exam rests, looked up at most once a second: every request asks."""

    def __init__(self, database: Database, exam: str) -> None:
        self._database = database
        self._exam = exam
        self._looking = threading.Lock()
        self._seen: Maintenance | None = None
        self._looked_at = float("-inf")

    def current(self) -> Maintenance | None:
        """The maintenance that is on, as of at most a second ago."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            with self._looking:
                if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                    with self._database.reading() as connection:
                        self._seen = seat_support.maintenance(connection, self._exam)
                    self._looked_at = time.monotonic()
        return self._seen

    def forget(self) -> None:
        """Look again at once: this process has just changed it."""
        self._looked_at = float("-inf")


def back_words(resting: Maintenance, zone: ZoneInfo) -> Text:
    """When service is expected back."""
    if resting.back_at is None:
        return _SOON
    when = schedule.opening(resting.back_at, zone)
    return Text(f"it is expected back on {when.en}", f"预计 {when.zh} 恢复服务")
