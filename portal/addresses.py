"""Which network address a request counts under."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_UNKNOWN = "unknown"


def client_address(peer: str | None, headers: Mapping[str, str], trusted: Sequence[str]) -> str:
    """The address that an attempt is counted under.

    It is the socket's peer. Only where that peer is a trusted proxy does
    X-Forwarded-For count, read from the right up to the first address that is not
    itself a trusted proxy. IPv6 counts by its /64, which is one household.
    """
    forwarded = headers.get("x-forwarded-for", "")
    return _counted_as(peer, forwarded if trusted else "", tuple(trusted))


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
