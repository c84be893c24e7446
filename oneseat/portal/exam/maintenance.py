"""Caches an exam's maintenance switch, which makes its pages and API answer 503."""

from __future__ import annotations

import threading
import time
from zoneinfo import ZoneInfo

from oneseat.portal.exam import schedule
from oneseat.state.candidates import seat_support
from oneseat.state.candidates.seat_support import Maintenance
from oneseat.state.database import Database
from signing.text import Text

REFRESH_INTERVAL_S = 1.0
"""How old the cached record may be: the delay until other processes see a switch."""

_SOON = Text("it will be back shortly", "即将恢复服务")


class MaintenanceCache:
    """A cache of an exam's maintenance record, which every request reads."""

    def __init__(self, database: Database, exam: str) -> None:
        self._database = database
        self._exam = exam
        self._lock = threading.Lock()
        self._cached: Maintenance | None = None
        self._read_at = float("-inf")

    def current(self) -> Maintenance | None:
        """The maintenance that is on, from a cache of :data:`REFRESH_INTERVAL_S`."""
        if time.monotonic() - self._read_at >= REFRESH_INTERVAL_S:
            with self._lock:
                # Requests that queued here find the record that the first one read.
                if time.monotonic() - self._read_at >= REFRESH_INTERVAL_S:
                    with self._database.reading() as connection:
                        self._cached = seat_support.maintenance(connection, self._exam)
                    self._read_at = time.monotonic()
        return self._cached

    def invalidate(self) -> None:
        """Drop the cached record, after this process has changed it."""
        self._read_at = float("-inf")


def back_words(maintenance: Maintenance, zone: ZoneInfo) -> Text:
    """When service is expected back."""
    if maintenance.back_at is None:
        return _SOON
    when = schedule.opening(maintenance.back_at, zone)
    return Text(f"it is expected back on {when.en}", f"预计 {when.zh} 恢复服务")
