"""The root of a whole list of leaves, for tests to compare with."""

from __future__ import annotations

from collections.abc import Iterable

from signing.authority.merkle import Frontier, leaf_hash


def stream_root(leaves: Iterable[bytes]) -> tuple[int, bytes]:
    """Number and root of leaves (not their hashes)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf_hash(leaf))
    return frontier.size, frontier.root
