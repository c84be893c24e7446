"""Prometheus metrics of the portal: those of its answers, and seats and windows by exam."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.download_gate import phase_at
from oneseat.state import figures
from oneseat.state.figures import Totals
from oneseat.web.metrics import AnswerMetrics
from signing.clock import Clock
from signing.errors import OneSeatError

COUNT_INTERVAL_S = 15.0
"""How long seat counts are cached: each costs a scan of the whole exam."""


class Metrics(AnswerMetrics):
    """One process's metrics, with those of its exams."""

    def __init__(self, exams: Mapping[str, ServedExam], clock: Clock) -> None:
        super().__init__()
        self.registry.register(_Exams(exams, clock))


class _Exams(Collector):
    """Collects each exam's state at scrape time."""

    def __init__(self, exams: Mapping[str, ServedExam], clock: Clock) -> None:
        self._exams = exams
        self._clock = clock
        self._counting = threading.Lock()
        self._totals_cache: dict[str, tuple[float, Totals]] = {}

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """No description, so that registering reads no database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Windows, charters and seats of every exam whose state can be read."""
        window = GaugeMetricFamily("oneseat_download_open", "1 while the window is open.", labels=["exam"])
        version = GaugeMetricFamily("oneseat_charter_version", "The charter in force.", labels=["exam"])
        resting = GaugeMetricFamily("oneseat_maintenance", "1 during maintenance.", labels=["exam"])
        ready = GaugeMetricFamily("oneseat_exam_readable", "1 while its state is in reach.", labels=["exam"])
        seats = GaugeMetricFamily("oneseat_seats", "Seats by how far they are.", labels=["exam", "stage"])
        for name, exam in self._exams.items():
            try:
                in_force, totals = exam.charter(), self._totals(name, exam)
                maintenance = exam.maintenance.current()
            except OneSeatError:
                ready.add_metric([name], 0)
                continue
            ready.add_metric([name], 1)
            window.add_metric([name], phase_at(self._clock.now(), in_force.rules) == "open")
            version.add_metric([name], in_force.charter.version)
            resting.add_metric([name], maintenance is not None)
            stages = {
                "published": totals.seats,
                "download_begun": totals.begun + totals.downloaded,
                "downloaded": totals.downloaded,
                "activated": totals.activated,
                "mock_taken": totals.mocks,
                "revoked": totals.revoked,
            }
            for stage, number in stages.items():
                seats.add_metric([name, stage], number)
        yield from (ready, window, version, resting, seats)

    def _totals(self, name: str, exam: ServedExam) -> Totals:
        """The seat counts, cached for :data:`COUNT_INTERVAL_S`."""
        with self._counting:
            at, totals = self._totals_cache.get(name, (float("-inf"), None))
            if totals is None or time.monotonic() - at >= COUNT_INTERVAL_S:
                with exam.database.reading() as connection:
                    totals = figures.totals(connection, name)
                self._totals_cache[name] = (time.monotonic(), totals)
            return totals
