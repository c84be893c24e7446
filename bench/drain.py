"""Measures how a page sends what it kept while it had no network, over a line that DevTools slows down.

The page records without a network, and stops. Then the network comes back at a rate, so nothing new is
recorded while the page uploads. What the page promises is what it shows of the time that is left: bytes that
wait, by the uplink of its uploads of the last minute. It is known with the first upload.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from playwright.sync_api import CDPSession

from tests.room.browser.studio import Studio

LATENCY_MS = 40
_LONGEST_S = 600
_STREAMS = ("camera", "screen")
_PROMISE = """(() => {
  const { bytes, segments, uplink_bps: uplink } = room.progress || {};
  return uplink && segments ? (bytes * 8) / uplink : null;
})()"""


@dataclass(frozen=True)
class Drain:
    """How long it took to send so many bytes, and the page's first promise by what then remained of that."""

    size: int
    seconds: float
    promise_ratio: float


class Line:
    """The network of a page, as DevTools emulates it."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        session.send("Network.enable")

    def cut(self) -> None:
        """Take the network away."""
        self._emulate(offline=True)

    def hold(self, mbit_per_s: float) -> None:
        """Give it back, with so much for all uploads together."""
        self._emulate(offline=False, mbit_per_s=mbit_per_s)

    def release(self) -> None:
        """Leave the network as it is."""
        self._session.detach()

    def _emulate(self, *, offline: bool, mbit_per_s: float = 0) -> None:
        conditions = {
            "offline": offline,
            "latency": LATENCY_MS,
            "downloadThroughput": -1,
            "uploadThroughput": mbit_per_s * 1e6 / 8 or -1,
        }
        self._session.send("Network.emulateNetworkConditions", conditions)


def drain(studio: Studio, name: str, mbit_per_s: float, backlog_s: float, **recording: int) -> Drain:
    """Record without a network, and measure the upload at a rate afterwards."""
    studio.begin(name)
    studio.open("", **recording)
    page = studio.window.page
    line = Line(page.context.new_cdp_session(page))
    line.cut()
    for stream in _STREAMS:
        studio.run(f"room.record('{stream}')")
    time.sleep(backlog_s)
    studio.run("room.stop()")
    line.hold(mbit_per_s)
    drained = _measure(studio)
    line.release()
    return drained


def _measure(studio: Studio) -> Drain:
    began, promise = time.monotonic(), _first_promise(studio)
    known = time.monotonic()
    studio.wait(studio.room.is_complete, "drained", _LONGEST_S)
    done = time.monotonic()
    studio.wait_until_complete()
    size = sum(path.stat().st_size for take in studio.room.takes for path in studio.room.files(take))
    return Drain(size, done - began, promise / (done - known))


def _first_promise(studio: Studio) -> float:
    """Wait until the page promises a time (seconds)."""
    while not isinstance(promise := studio.run(_PROMISE), int | float):
        assert not studio.room.is_complete(), "all was sent before a promise: record longer"
        time.sleep(0.02)
    return promise
