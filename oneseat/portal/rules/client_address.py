"""Derives the network address that rate limits count a request under, through trusted proxies."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_UNKNOWN = "unknown"


MAX_FORWARDED = 512
"""Characters of X-Forwarded-For that are parsed, from its end; a bound on the work per request."""


@dataclass(frozen=True)
class Origin:
    """Where an attempt comes from.

    ``address`` is as :func:`client_address` gives it. ``through`` is the token id of the
    program that reported the address, empty for a direct attempt. ``browser`` is the cookie of a browser
    that logged in before, empty without one.
    """

    address: str
    through: str = ""
    browser: str = field(default="", repr=False)

    @property
    def counted(self) -> str:
        """Key for rate limiting; addresses reported by a program are scoped to that program."""
        return f"{self.through} {self.address}" if self.through else self.address

    @property
    def throttled(self) -> str:
        """The origin's part of a throttle key; a program has one for all addresses that it reports."""
        return self.through or self.address


def client_address(peer: str | None, forwarded: str, trusted: Sequence[str]) -> str:
    """The address that an attempt is counted under.

    It is the socket's peer, unless that is a trusted proxy. Then ``forwarded`` (all X-Forwarded-For
    headers joined in order) is read from the right, up to the first address that is not itself a
    trusted proxy. IPv6 addresses count by their /64, which is one household.
    """
    networks = tuple(trusted)
    if not networks or not _is_in(peer, networks):
        return _counted_as(peer, "", ())
    return _counted_as(peer, forwarded[-MAX_FORWARDED:], networks)


def in_networks(address: str, networks: Sequence[str]) -> bool:
    """Whether an address, as :func:`client_address` counts it, lies in one of the networks."""
    try:
        counted = ip_network(address)
    except ValueError:
        return False
    return any(
        counted.version == network.version and counted[0] in network for network in _networks(tuple(networks))
    )


@functools.lru_cache(maxsize=4096)
def _is_in(peer: str | None, networks: tuple[str, ...]) -> bool:
    address = _parsed(peer)
    return address is not None and any(address in network for network in _networks(networks))


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
