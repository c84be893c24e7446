"""Prometheus metrics of answers: requests and times by route, refusals by code.

Each process has its own registry and answers ``/metrics`` for itself, so Prometheus scrapes every
process. Labels are route templates and codes: never a path, a person or an address.
Format: Prometheus text exposition, by its own client library.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
"""From a cached login to a download over a slow connection."""


class AnswerMetrics:
    """One process's metrics of its answers; a server registers collectors of its own in ``registry``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
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
