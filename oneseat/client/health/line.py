"""What the network answers to :class:`oneseat.client.health.probes.NetworkProbe`: the exam's own portal.

Speeds are measured against ``/speed`` of the portal's API: what counts is the line to there.
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
"""What the portal allows at most: two seconds and one of a line of 16 Mbit/s."""
FIRST_UPLOAD_BYTES = 256 * 1024
"""Sent first: a line that takes longer than :data:`ENOUGH_S` for it is known well enough by it."""
ENOUGH_S = 2.0
DIRECTION_WITHIN_S = 8.0
_CHUNK_BYTES = 32 * 1024
_SHORTEST_S = 0.001

PortalMaker = Callable[[], Portal]


class _Over(Exception):
    """The time for one direction is over."""


class Line:
    """The line to the portal that ``portal`` makes, and the clock that is compared with its time."""

    def __init__(
        self, portal: PortalMaker, clock: Clock, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._portal, self._clock, self._ticks = portal, clock, ticks

    def clock(self) -> ClockReading:
        """The computer's clock against the portal's, which was read somewhere between question and answer.

        The portal signs whole seconds, so half a second is added, and as much to the doubt.

        Raises:
            OneSeatError: the portal cannot be asked, or the answer is not its own.
        """
        portal = self._portal()
        started, began = self._clock.now().timestamp(), self._ticks()
        signed = portal.signed_time()
        half_trip = (self._ticks() - began) / 2
        return ClockReading(started + half_trip - (signed + 0.5), half_trip + 0.5)

    def speeds(self) -> Speeds:
        """Fetch and send.

        Raises:
            Unanswered: the portal sends nothing.
            OneSeatError: the portal cannot be asked, or refuses.
        """
        return Speeds(self._download(), self._upload())

    def _download(self) -> float:
        received = 0
        with self._portal().stream(f"speed?bytes={DOWNLOAD_BYTES}") as answer:
            began = self._ticks()
            elapsed = 0.0
            while elapsed < DIRECTION_WITHIN_S:
                chunk = answer.read(_CHUNK_BYTES)
                elapsed = self._ticks() - began
                if not chunk:
                    break
                received += len(chunk)
        if not received:
            raise Unanswered(Text("the portal sent nothing", "考生平台未发送数据"))
        return _mbps(received, elapsed)

    def _upload(self) -> float:
        speed, elapsed = self._send(FIRST_UPLOAD_BYTES)
        if elapsed < ENOUGH_S:
            speed, _ = self._send(UPLOAD_BYTES)
        return speed

    def _send(self, amount: int) -> Tuple[float, float]:
        sending = _Sending(amount, self._ticks)
        try:
            with self._portal().stream("speed", sending, amount) as answer:
                answer.read(_CHUNK_BYTES)
        except _Over:
            pass
        elapsed = sending.elapsed()
        return _mbps(sending.sent, elapsed), elapsed


class _Sending:
    """Random bytes on their way, which give up when the time for one direction is over."""

    def __init__(self, amount: int, ticks: Callable[[], float]) -> None:
        self._amount, self._ticks = amount, ticks
        self._noise = os.urandom(_CHUNK_BYTES)
        self._began = ticks()
        self.sent = 0

    def elapsed(self) -> float:
        """Seconds since the first byte was asked for."""
        return self._ticks() - self._began

    def __iter__(self) -> Iterator[bytes]:
        self._began = self._ticks()
        while self.sent < self._amount:
            if self.elapsed() > DIRECTION_WITHIN_S:
                raise _Over
            chunk = self._noise[: self._amount - self.sent]
            self.sent += len(chunk)
            yield chunk


def _mbps(amount_bytes: int, seconds: float) -> float:
    return amount_bytes * 8 / 1e6 / max(seconds, _SHORTEST_S)
