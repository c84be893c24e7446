"""Network probe: measures clock offset and bandwidth against the exam's portal.

It implements :class:`oneseat.client.health.probes.NetworkProbe`. Speeds are measured with ``/speed`` of the
portal's API, since only the connection to the portal matters.
"""

from __future__ import annotations

import os
import time
from typing import Callable, Iterator, Tuple

from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import ClockReading, Speeds
from oneseat.client.online.portal import Portal
from signing.clock import Clock
from signing.text import Text

DOWNLOAD_BYTES = 4 * 1024 * 1024
UPLOAD_BYTES = 2 * 1024 * 1024
"""The portal's maximum: two seconds and one second at 16 Mbit/s."""
FIRST_UPLOAD_BYTES = 256 * 1024
"""Sent first; if it takes longer than :data:`ENOUGH_S`, the measurement is precise enough."""
ENOUGH_S = 2.0
DIRECTION_WITHIN_S = 8.0
_CHUNK_BYTES = 32 * 1024
_SHORTEST_S = 0.001

PortalFactory = Callable[[], Portal]


class _TimeLimitReached(Exception):
    """The time limit for one direction is reached."""


class PortalProbe:
    """Measures the connection to the portal that ``portal`` creates, and compares ``clock`` with its time."""

    def __init__(
        self, portal: PortalFactory, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._portal, self._clock, self._monotonic = portal, clock, monotonic

    def clock(self) -> ClockReading:
        """Compare the computer's clock with the portal's, read halfway through the round trip.

        The portal signs whole seconds, rounded down: half a second is added to its time and to the
        uncertainty.

        Raises:
            OneSeatError: the request failed, or the time does not verify.
        """
        portal = self._portal()
        started, began = self._clock.now().timestamp(), self._monotonic()
        signed = portal.signed_time()
        half_trip = (self._monotonic() - began) / 2
        return ClockReading(started + half_trip - (signed + 0.5), half_trip + 0.5)

    def speeds(self) -> Speeds:
        """Measure download and upload, one after the other.

        Raises:
            Unanswered: the portal sent no data.
            OneSeatError: a request failed or was refused.
        """
        return Speeds(self._download(), self._upload())

    def _download(self) -> float:
        received = 0
        with self._portal().stream(f"speed?bytes={DOWNLOAD_BYTES}") as response:
            began = self._monotonic()
            elapsed = 0.0
            while elapsed < DIRECTION_WITHIN_S:
                chunk = response.read(_CHUNK_BYTES)
                elapsed = self._monotonic() - began
                if not chunk:
                    break
                received += len(chunk)
        if not received:
            raise Unanswered(Text("the portal sent nothing", "考生平台未发送数据"))
        return _to_mbps(received, elapsed)

    def _upload(self) -> float:
        speed, elapsed = self._send(FIRST_UPLOAD_BYTES)
        if elapsed < ENOUGH_S:
            speed, _ = self._send(UPLOAD_BYTES)
        return speed

    def _send(self, amount: int) -> Tuple[float, float]:
        upload = _TimedUpload(amount, self._monotonic)
        try:
            with self._portal().stream("speed", upload, amount) as response:
                response.read(_CHUNK_BYTES)
        except _TimeLimitReached:
            pass
        elapsed = upload.elapsed()
        return _to_mbps(upload.sent, elapsed), elapsed


class _TimedUpload:
    """Request body of random bytes, which raises once the time limit for one direction is reached."""

    def __init__(self, amount: int, monotonic: Callable[[], float]) -> None:
        self._amount, self._monotonic = amount, monotonic
        self._random = os.urandom(_CHUNK_BYTES)
        self._began = monotonic()
        self.sent = 0

    def elapsed(self) -> float:
        """Seconds since the first byte was read."""
        return self._monotonic() - self._began

    def __iter__(self) -> Iterator[bytes]:
        self._began = self._monotonic()
        while self.sent < self._amount:
            if self.elapsed() > DIRECTION_WITHIN_S:
                raise _TimeLimitReached
            chunk = self._random[: self._amount - self.sent]
            self.sent += len(chunk)
            yield chunk


def _to_mbps(amount_bytes: int, seconds: float) -> float:
    return amount_bytes * 8 / 1e6 / max(seconds, _SHORTEST_S)
