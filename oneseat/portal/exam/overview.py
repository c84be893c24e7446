"""Reads an exam's figures in the background, so that no page waits for a count over a million seats.

One thread per exam and process reads, and only while somebody looks at the desk. While a read is quick, each
page reads anew; the slower it is, the longer its result is kept. A page says how old its figures are.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.rules.help_rules import QUEUED
from oneseat.portal.rules.rate_limits import LONGEST_DELAY_S
from oneseat.state import figures, problems
from oneseat.state.candidates import attendance, failures, login_budget, seat_search
from oneseat.state.candidates.attendance import Turnout
from oneseat.state.candidates.failures import FailureKind
from oneseat.state.database import Database
from oneseat.state.errors import StateUnavailable
from oneseat.state.figures import Series, Totals
from oneseat.state.help import requests
from oneseat.state.problems import MAX_LISTED, Problem, ProblemList, ProblemSeat
from signing.binding import KeyedHash

QUICK_S = 0.05
"""A read that takes no longer is repeated for each page."""
LEAST_AGE_S = 5.0
AGE_PER_COST = 20
"""How many times its own duration a slow read is kept: it takes a twentieth of one processor at most."""
FIRST_WAIT_S = 2.0
"""How long the first page waits for the first read."""

BUCKET = timedelta(minutes=15)
BROKEN_OFF_AFTER = timedelta(minutes=10)
NOT_ACTIVATED_AFTER = timedelta(hours=1)
SILENT_AFTER = timedelta(hours=24)
EVENING = timedelta(hours=4)
"""How long before the end of the last mock those without one are listed."""


@dataclass(frozen=True)
class Overview:
    """Figures, chart and problem lists of one moment, and how long it took to read them."""

    at: datetime
    totals: Totals
    series: tuple[Series, ...]
    turnout: tuple[Turnout, ...]
    published: bool
    problems: dict[Problem, ProblemList]
    codes: tuple[tuple[str, str, int], ...]
    help_waiting: int = 0
    took_s: float = 0.0


class OverviewReader:
    """Keeps the last overview of an exam, and reads the next one in a thread."""

    def __init__(self, database: Database, exam: str, pepper: KeyedHash) -> None:
        self._database = database
        self._exam = exam
        self._pepper = pepper
        self._reading = threading.Lock()
        self._thread: threading.Thread | None = None
        self._last: Overview | None = None
        self._read_at = float("-inf")

    def current(self, now: datetime, last_mock: datetime | None) -> Overview | None:
        """The newest overview at hand; None while the first one takes longer than :data:`FIRST_WAIT_S`.

        ``last_mock`` is the end of the exam's last mock window.
        """
        last = self._last
        if last is not None and last.took_s <= QUICK_S:
            self._read(now, last_mock)
        elif last is None:
            self._start(now, last_mock).join(FIRST_WAIT_S)
        elif time.monotonic() - self._read_at > max(LEAST_AGE_S, AGE_PER_COST * last.took_s):
            self._start(now, last_mock)
        return self._last

    def close(self) -> None:
        """Wait for a read that is under way, so that the database can be closed."""
        if self._thread is not None:
            self._thread.join()

    def _start(self, now: datetime, last_mock: datetime | None) -> threading.Thread:
        with self._reading:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._read_or_leave, args=(now, last_mock), daemon=True
                )
                self._thread.start()
            return self._thread

    def _read_or_leave(self, now: datetime, last_mock: datetime | None) -> None:
        try:
            self._read(now, last_mock)
        except StateUnavailable:
            self._read_at = time.monotonic()  # the next page reads again, after the usual time

    def _read(self, now: datetime, last_mock: datetime | None) -> None:
        began = time.perf_counter()
        with self._database.snapshot() as connection:
            read = self._overview(connection, now, last_mock)
        self._last = replace(read, took_s=time.perf_counter() - began)
        self._read_at = time.monotonic()

    def _overview(self, connection: Connection, now: datetime, last_mock: datetime | None) -> Overview:
        exam = self._exam
        by_code = failures.count_codes(connection, exam, (FailureKind.CLIENT, FailureKind.HEALTH))
        return Overview(
            at=now,
            totals=figures.totals(connection, exam),
            series=figures.count_over_time(connection, exam, BUCKET),
            turnout=tuple(attendance.count_turnout(connection, exam)),
            published=figures.has_release(connection, exam),
            problems=self._problems(connection, now, last_mock),
            codes=tuple(by_code),
            help_waiting=requests.count_with_status(connection, exam, QUEUED),
        )

    def _problems(
        self, connection: Connection, now: datetime, last_mock: datetime | None
    ) -> dict[Problem, ProblemList]:
        exam = self._exam
        found = {
            Problem.WAITING: self._waiting(connection, now),
            Problem.BROKEN_OFF: problems.broken_off(connection, exam, now - BROKEN_OFF_AFTER),
            Problem.NOT_ACTIVATED: problems.not_activated(connection, exam, now - NOT_ACTIVATED_AFTER),
            Problem.SILENT: problems.silent(connection, exam, now - SILENT_AFTER),
        }
        if last_mock is not None and now >= last_mock - EVENING:
            found[Problem.NO_MOCK] = problems.no_mock(connection, exam)
        return found

    def _waiting(self, connection: Connection, now: datetime) -> ProblemList:
        """Seats whose wait runs. Budgets have keyed hashes for keys, so seats are read one by one."""
        since = now - timedelta(seconds=LONGEST_DELAY_S)
        numbers = problems.refused_since(connection, self._exam, since, MAX_LISTED)
        waiting = []
        for seat in seat_search.describe(connection, self._exam, numbers):
            until = max(self._waits_of(connection, seat.admission_number, seat.jti, now))
            if until > now:
                waiting.append(ProblemSeat(seat.admission_number, until))
        return ProblemList(len(waiting), tuple(waiting))

    def _waits_of(self, connection: Connection, number: str, jti: str, now: datetime) -> list[datetime]:
        login = login_budget.subject(self._pepper, self._exam, number)
        activation = login_budget.activation_subject(self._pepper, self._exam, jti)
        return [login_budget.read(connection, key, now).next_at for key in (login, activation)]
