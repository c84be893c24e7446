"""Rate limits: a token bucket per network address, and a growing delay per seat.

The seat's budget is in the state, shared by all processes. The address's bucket is in this
process's memory (:class:`MemoryLimit`) or, where several processes serve together, in Redis
(:mod:`oneseat.portal.services.login.rate_limits_redis`). It is large, since thousands of people may
share an address, and applies to login only. Only failed attempts cost. An attempt that comes while its
seat's delay runs costs :data:`POLL_COST`: more than the bucket regains meanwhile.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oneseat.portal.refusals.login import AddressBusy

MAX_ADDRESSES = 100_000

POLL_COST = 10
"""What an attempt costs that came during a delay, in failures. At one a second, that is what 20 seconds
regain by default, so polling for the end of a delay empties the bucket within minutes."""

FREE_FAILURES = 5
"""Failed checks of one seat that cost no delay: people mistype."""
FIRST_DELAY_S = 5
LONGEST_DELAY_S = 15 * 60


def failure_delay(failures: int) -> timedelta:
    """How long a seat's next identity check has to wait after so many failed ones.

    Doubles from :data:`FIRST_DELAY_S` up to :data:`LONGEST_DELAY_S`; there is no lock.
    """
    beyond = failures - FREE_FAILURES
    if beyond < 0:
        return timedelta(0)
    return timedelta(seconds=min(FIRST_DELAY_S * 2 ** min(beyond, 16), LONGEST_DELAY_S))


EXAM_BUDGET = 100
"""Failed logins at one seat in the whole exam; support sees them, and resets them."""
ANSWERED_FREE = 2
ANSWERED_FIRST_DELAY_S = 30


def answered_delay(failures: int, total_failures: int) -> timedelta:
    """How long an attempt with an answered question waits after so many failed ones.

    ``total_failures`` are those of the account, from all addresses. From :data:`EXAM_BUDGET` on, an
    address has one quick attempt and waits :data:`LONGEST_DELAY_S` after each failure.
    """
    beyond = failures - ANSWERED_FREE
    if total_failures >= EXAM_BUDGET:
        return timedelta(seconds=LONGEST_DELAY_S)
    if beyond < 0:
        return timedelta(0)
    return timedelta(seconds=min(ANSWERED_FIRST_DELAY_S * 2 ** min(beyond, 16), LONGEST_DELAY_S))


def seconds_until(later: datetime, now: datetime) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, math.ceil((later - now).total_seconds()))


class AddressLimit(Protocol):
    """A token bucket per address: so many failures at once, then so many a minute."""

    def check(self, address: str, now: datetime) -> None:
        """Refuse an attempt while the bucket is empty; charges nothing. May wait for the network.

        Raises:
            AddressBusy: the address has failed too often.
            LimitOutOfReach: the bucket cannot be read, so no attempt is let through.
        """
        ...

    def allows(self, address: str, now: datetime) -> bool:
        """Whether :meth:`check` would let an attempt through; False also where asking would block."""
        ...

    def charge(self, address: str, now: datetime) -> None:
        """Count a failed attempt. May wait for the network.

        Raises:
            LimitOutOfReach: it could not be counted.
        """
        ...

    def charge_poll(self, address: str, now: datetime) -> None:
        """Charge :data:`POLL_COST` for an attempt during a delay, down to a debt of one burst.

        Raises:
            LimitOutOfReach: it could not be counted.
        """
        ...

    def refuse_unready(self) -> None:
        """Check that attempts can be counted.

        Raises:
            LimitOutOfReach: they cannot.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...


def busy(tokens: float, per_second: float) -> AddressBusy:
    """The refusal of an address that has ``tokens`` (less than one) left."""
    wait_s = math.ceil((1 - tokens) / per_second)
    refusal = AddressBusy(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class MemoryLimit:
    """An :class:`AddressLimit` in this process's memory, with the least recently used addresses evicted."""

    def __init__(self, burst: int, per_minute: float, max_addresses: int = MAX_ADDRESSES) -> None:
        self.burst = burst
        self.per_second = per_minute / 60
        self._max_addresses = max_addresses
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str, now: datetime) -> None:
        """See :class:`AddressLimit`.

        Raises:
            AddressBusy: the address has failed too often.
        """
        with self._lock:
            tokens = self._bucket(address, now).tokens
        if tokens < 1:
            raise busy(tokens, self.per_second)

    def allows(self, address: str, now: datetime) -> bool:
        """See :class:`AddressLimit`."""
        with self._lock:
            return self._bucket(address, now).tokens >= 1

    def charge(self, address: str, now: datetime) -> None:
        """See :class:`AddressLimit`."""
        with self._lock:
            self._bucket(address, now).tokens -= 1

    def charge_poll(self, address: str, now: datetime) -> None:
        """See :class:`AddressLimit`."""
        with self._lock:
            bucket = self._bucket(address, now)
            # A debt is bounded, so that an address serves its other users again soon after the polling ends.
            bucket.tokens = min(bucket.tokens, max(bucket.tokens - POLL_COST, -float(self.burst)))

    def refuse_unready(self) -> None:
        """Does nothing: memory is always ready."""

    def close(self) -> None:
        """Does nothing: there are no connections."""

    def _bucket(self, address: str, now: datetime) -> _Bucket:
        bucket = self._buckets.pop(address, None) or _Bucket(float(self.burst), now)
        earned = max(0.0, (now - bucket.at).total_seconds()) * self.per_second
        bucket.tokens, bucket.at = min(float(self.burst), bucket.tokens + earned), now
        self._buckets[address] = bucket
        if len(self._buckets) > self._max_addresses:
            self._buckets.popitem(last=False)
        return bucket
