"""Prometheus metrics: requests and times by route, refusals by code, seats and windows by exam.

Each process has its own registry and answers ``/metrics`` for itself, so Prometheus scrapes every
process. Labels are route templates, codes and exam names: never a path, a person or an address.
Format: Prometheus text exposition, by its own client library.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.download_gate import phase_at
from oneseat.state import figures
from oneseat.state.figures import Totals
from signing.clock import Clock
from signing.errors import OneSeatError

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
"""From a cached login to a download over a slow connection."""

COUNT_INTERVAL_S = 15.0
"""How long seat counts are cached: each costs a scan of the whole exam."""


class Metrics:
    """One process's metrics."""

    def __init__(self, exams: Mapping[str, ServedExam], clock: Clock) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Exams(exams, clock))
        labels = ("method", "route")
        self._requests = Counter(
            "oneseat_requests", "Requests answered.", (*labels, "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "oneseat_request_seconds",
            "From the request's first byte to the answer's last.",
            labels,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "oneseat_answered_bytes", "Bytes of answers, without headers.", labels, registry=self.registry
        )
        self._running = Gauge(
            "oneseat_answers_running",
            "Answers begun and not ended: at the installers' route, running downloads.",
            ("route",),
            registry=self.registry,
        )
        self._refusals = Counter("oneseat_refusals", "Refusals by code.", ("code",), registry=self.registry)

    def start_answer(self, route: str) -> None:
        """Count an answer whose first byte is about to be sent."""
        self._running.labels(route).inc()

    def end_answer(self, method: str, route: str, status: int, seconds: float, sent_bytes: int) -> None:
        """Count an answer that ended, complete or not."""
        self._running.labels(route).dec()
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)
        self._bytes.labels(method, route).inc(sent_bytes)

    def count_refusal(self, code: str) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(code).inc()


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
