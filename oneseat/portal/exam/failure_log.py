"""Counts refusals in memory and writes them to the state in batches, off the way of requests.

A request only adds to a dictionary. One transaction per :data:`FLUSH_INTERVAL_S` writes what came meanwhile,
and none while nothing does. A process that is killed loses at most one interval. The number of entries that
wait is bounded: what comes on top of it in one interval is not counted.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from oneseat.state.candidates import failures
from oneseat.state.candidates.failures import FailureCount, FailureKey, FailureKind
from oneseat.state.database import Database
from oneseat.state.errors import StateUnavailable

FLUSH_INTERVAL_S = 1.0
MAX_WAITING = 1000

_log = logging.getLogger("portal.faults")


class FailureLog:
    """What was refused to one exam's seats since the last write."""

    def __init__(self, database: Database, exam: str) -> None:
        self._database = database
        self._exam = exam
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # held through a write, so that close() comes after it
        self._waiting: dict[FailureKey, FailureCount] = {}
        self._timer: threading.Timer | None = None
        self._closed = False

    def of_number(self, number: str, kind: FailureKind, code: str, channel: str, at: datetime) -> None:
        """Count a refusal at the seat of a normalised admission number, if there is such a seat."""
        self._count(FailureKey(number, False, kind, code), channel, at)

    def of_jti(self, jti: str, kind: FailureKind, code: str, channel: str, at: datetime) -> None:
        """Count a refusal at the seat of a licence."""
        self._count(FailureKey(jti, True, kind, code), channel, at)

    def flush(self) -> None:
        """Write what waits, so that it can be read.

        Raises:
            StateUnavailable: the database failed; what waited is lost.
        """
        with self._writing:
            with self._lock:
                counted, self._waiting = self._waiting, {}
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
            if counted:
                with self._database.writing() as connection:
                    failures.record(connection, self._exam, counted)

    def close(self) -> None:
        """Write what waits; the database is not used afterwards, and what is counted later is lost.

        A write that is under way is waited for. A database that fails now is not asked again.
        """
        with self._lock:
            self._closed = True
        self._flush_or_log()

    def _count(self, key: FailureKey, channel: str, at: datetime) -> None:
        with self._lock:
            earlier = self._waiting.get(key)
            if self._closed or (earlier is None and len(self._waiting) >= MAX_WAITING):
                return
            first_at = at if earlier is None else earlier.first_at
            count = 1 if earlier is None else earlier.count + 1
            self._waiting[key] = FailureCount(channel, count, first_at, at)
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_INTERVAL_S, self._flush_or_log)
                self._timer.daemon = True
                self._timer.start()

    def _flush_or_log(self) -> None:
        try:
            self.flush()
        except StateUnavailable as error:
            _log.error("failures not recorded", extra={"code": error.code})
