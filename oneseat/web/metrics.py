"""Prometheus metrics of answers: requests and times by route, refusals by code.

Each process has its own registry and answers ``/metrics`` for itself, so Prometheus scrapes every
process. Labels are route templates and codes: never a path, a person or an address.
Format: Prometheus text exposition, by its own client library.
"""

from __future__ import annotations

import functools
from ipaddress import ip_address

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
        # Routes, methods and statuses are few, and none comes from a caller.
        self._running_of = functools.cache(self._running.labels)
        self._series_of = functools.cache(self._of_answers)

    def start_answer(self, route: str) -> None:
        """Count an answer whose first byte is about to be sent."""
        self._running_of(route).inc()

    def end_answer(self, method: str, route: str, status: int, seconds: float, sent_bytes: int) -> None:
        """Count an answer that ended, complete or not."""
        self._running_of(route).dec()
        requests, times, sizes = self._series_of(method, route, status)
        requests.inc()
        times.observe(seconds)
        sizes.inc(sent_bytes)

    def _of_answers(self, method: str, route: str, status: int) -> tuple[Counter, Histogram, Counter]:
        """The series of an answer's labels. Looking one up takes longer than counting in it."""
        return (
            self._requests.labels(method, route, status),
            self._seconds.labels(method, route),
            self._bytes.labels(method, route),
        )

    def count_refusal(self, code: str) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(code).inc()


_PRIVATE_SUFFIXES = (".internal", ".local", ".localhost", ".home.arpa")
"""Names under these are resolved by the local network alone (ICANN; RFC 6762; RFC 6761; RFC 8375)."""


def is_private_host(host: str, own: str = "") -> bool:
    """Whether a Host header is one that no stranger's domain can send: an address, or a local name.

    A page of a stranger can let its own domain point at this computer (DNS rebinding), and then reads what a
    browser here may read. The browser still sends that domain. ``own`` is the server's public host name.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.strip("[]").lower().rstrip(".")
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(_PRIVATE_SUFFIXES) or name == own.lower())
    return True
