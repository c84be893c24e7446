"""Limits how often an address that has shown nothing valid may try to enter, to look, or to be admitted.

Thousands of candidates may share one address, so a limit must never meet one of them. Only calls that were
refused because nothing in them verifies are counted. Once an address has used up its burst, a call is first
checked in memory, without a query: one that verifies goes on as always, any other one is refused at once.

Calls with a cookie or an upload grant are not limited so: the database alone knows those. A stranger's is
refused after one read by a key, and takes no write lock. An address of an upload is a MAC, checked in memory.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import Request

from oneseat.room.refusals.entry import (
    ActivationRefused,
    EntriesBusy,
    EntryIncomplete,
    EntryProofInvalid,
    TicketInvalid,
    TicketOfOtherExam,
)
from signing import urls

BURST = 500
PER_S = 10.0
"""What an address regains: ten tries a second go on for ever, each refused."""
MAX_ADDRESSES = 20_000
NOTHING_VERIFIES = (EntryIncomplete, TicketInvalid, TicketOfOtherExam, ActivationRefused, EntryProofInvalid)


class StrangerLimit:
    """A token bucket per address, in this process's memory; threads share it."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str, is_known: Callable[[], bool]) -> None:
        """Refuse a call from an address that has used up its burst, unless the call verifies.

        Raises:
            EntriesBusy: it has, and nothing in the call verifies.
        """
        with self._lock:
            tokens = self._tokens(address)
        if tokens >= 1 or is_known():
            return
        wait_s = max(1, math.ceil((1 - tokens) / PER_S))
        refusal = EntriesBusy(wait_s=wait_s)
        refusal.retry_after_s = wait_s
        raise refusal

    def charge(self, address: str) -> None:
        """Count a call in which nothing verified."""
        with self._lock:
            self._buckets[address] = (self._tokens(address) - 1, self._clock_s())
            self._buckets.move_to_end(address)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)

    def _tokens(self, address: str) -> float:
        tokens, at_s = self._buckets.get(address, (float(BURST), 0.0))
        return min(float(BURST), tokens + (self._clock_s() - at_s) * PER_S)


@contextmanager
def limited(request: Request, is_known: Callable[[], bool]) -> Iterator[None]:
    """Run a call's work within the limit of its address, and count it where nothing verifies.

    Raises:
        EntriesBusy: the address has used up its burst, and nothing in the call verifies.
    """
    limit: StrangerLimit = request.app.state.strangers
    address = address_of(request)
    limit.check(address, is_known)
    try:
        yield
    except NOTHING_VERIFIES:
        limit.charge(address)
        raise


def address_of(request: Request) -> str:
    """The address that a request's failures count under: the peer, or the one that a proxy here has added."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")
    return forwarded.rpartition(",")[2].strip()[:64] if forwarded and urls.is_loopback(peer) else peer
