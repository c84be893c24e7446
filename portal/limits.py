"""How often one network address may try to prove an identity; and which address that is.

The budget per seat lives in the state, shared by all processes. This one is per process
and in memory: it slows a single address that walks through many numbers. Only failed
attempts cost, so a school behind one address is not shut out.
"""

from __future__ import annotations

import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from portal.errors import AddressBusy

_UNKNOWN = "unknown"
MAX_ADDRESSES = 100_000

FREE_FAILURES = 5
"""Failed proofs of one seat that cost no delay: people mistype."""
FIRST_DELAY_S = 5
LONGEST_DELAY_S = 15 * 60


def proof_delay(failures: int) -> timedelta:
    """How long a seat's next proof has to wait after so many failed ones.

    Doubles from five seconds up to a quarter of an hour, and never becomes a lock.
    """
    beyond = failures - FREE_FAILURES
    if beyond < 0:
        return timedelta(0)
    return timedelta(seconds=min(FIRST_DELAY_S * 2 ** min(beyond, 16), LONGEST_DELAY_S))


def seconds_until(later: datetime, now: datetime) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, math.ceil((later - now).total_seconds()))


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class AddressLimit:
    """A token bucket per address: ``burst`` failures at once, then ``per_minute``."""

    def __init__(self, burst: int, per_minute: float, max_addresses: int = MAX_ADDRESSES) -> None:
        self.burst = burst
        self.per_second = per_minute / 60
        self._max_addresses = max_addresses
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str, now: datetime) -> None:
        """Let an attempt through, at no cost yet.

        Raises:
            AddressBusy: the address has failed too often.
        """
        with self._lock:
            tokens = self._bucket(address, now).tokens
        if tokens < 1:
            wait_s = math.ceil((1 - tokens) / self.per_second)
            refusal = AddressBusy(wait_s=wait_s)
            refusal.retry_after_s = wait_s
            raise refusal

    def allows(self, address: str, now: datetime) -> bool:
        """Whether :meth:`check` would let an attempt through."""
        with self._lock:
            return self._bucket(address, now).tokens >= 1

    def charge(self, address: str, now: datetime) -> None:
        """Count a failed attempt."""
        with self._lock:
            self._bucket(address, now).tokens -= 1

    def _bucket(self, address: str, now: datetime) -> _Bucket:
        bucket = self._buckets.pop(address, None) or _Bucket(float(self.burst), now)
        earned = max(0.0, (now - bucket.at).total_seconds()) * self.per_second
        bucket.tokens, bucket.at = min(float(self.burst), bucket.tokens + earned), now
        self._buckets[address] = bucket
        if len(self._buckets) > self._max_addresses:
            self._buckets.popitem(last=False)
        return bucket


def client_address(peer: str | None, headers: Mapping[str, str], trusted: Sequence[str]) -> str:
    """The address that an attempt is counted under.

    It is the socket's peer. Only where that peer is a trusted proxy does
    X-Forwarded-For count, read from the right up to the first address that is not
    itself a trusted proxy. IPv6 counts by its /64, which is one household.
    """
    forwarded = headers.get("x-forwarded-for", "")
    return _counted_as(peer, forwarded if trusted else "", tuple(trusted))


@functools.lru_cache(maxsize=4096)
def _counted_as(peer: str | None, forwarded: str, trusted: tuple[str, ...]) -> str:
    networks = _networks(trusted)
    hops = [part.strip() for part in forwarded.split(",") if part.strip()]
    address = _parsed(peer)
    while address is not None and hops and any(address in network for network in networks):
        address = _parsed(hops.pop())
    if address is None:
        return _UNKNOWN
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


@functools.cache
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]


def _parsed(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
