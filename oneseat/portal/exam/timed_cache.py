"""Caches what every request reads from the database for a second: switches and announcements of operators."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from sqlalchemy import Connection

from oneseat.state.database import Database

REFRESH_INTERVAL_S = 1.0
"""How old a cached record may be: the delay until other processes see a change."""

_Record = TypeVar("_Record")


class TimedCache(Generic[_Record]):
    """A cache of one record, read anew after :data:`REFRESH_INTERVAL_S`. Threads share it."""

    def __init__(self, database: Database, read: Callable[[Connection], _Record]) -> None:
        self._database = database
        self._read = read
        self._lock = threading.Lock()
        self._cached: _Record | None = None
        self._read_at = float("-inf")

    def current(self) -> _Record:
        """The record, at most :data:`REFRESH_INTERVAL_S` old."""
        if time.monotonic() - self._read_at >= REFRESH_INTERVAL_S:
            with self._lock:
                # Requests that queued here find the record that the first one read.
                if time.monotonic() - self._read_at >= REFRESH_INTERVAL_S:
                    with self._database.reading() as connection:
                        self._cached = self._read(connection)
                    self._read_at = time.monotonic()
        return cast(_Record, self._cached)

    def invalidate(self) -> None:
        """Drop the cached record, after this process has changed it."""
        self._read_at = float("-inf")
