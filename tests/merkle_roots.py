"""Computes the Merkle root of a list of leaves, as the reference for tests."""

from __future__ import annotations

from collections.abc import Iterable

from signing.authority.merkle import Frontier, leaf_hash


def stream_root(leaves: Iterable[bytes]) -> tuple[int, bytes]:
    """Return number and root of leaves (contents, not hashes)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf_hash(leaf))
    return frontier.size, frontier.root
