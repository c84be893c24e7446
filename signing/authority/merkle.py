"""Merkle trees as in Certificate Transparency: RFC 9162, section 2.1, with SHA-256.

A root and the number of leaves commit to every leaf and to their order. Nothing here does
I/O: a tree's hashes come from a function that returns the hash of a *perfect subtree*
(:data:`Node`), so that a proof reads a logarithmic number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from signing.authority.errors import ProofInvalid
from signing.text import Text

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves: the hash of nothing."""

TILE_LEVELS = 8
TILE_HASHES = 1 << TILE_LEVELS
"""Hashes in a full tile: 8 KiB. A path in a tree of 16 million leaves reads three tiles."""

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the hash of leaves ``index << level`` to ``(index + 1) << level``."""

_LEAF, _NODE = sha256(b"\x00"), sha256(b"\x01")


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf: SHA-256 of a zero byte and the leaf."""
    digest = _LEAF.copy()
    digest.update(leaf)
    return digest.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256 of a one byte and both children."""
    digest = _NODE.copy()
    digest.update(left + right)
    return digest.digest()


def _split(count: int) -> int:
    """Return the largest power of two below ``count`` (at least 2): the size of the left subtree."""
    return 1 << (count - 1).bit_length() - 1


def _root_of(node: Node, start: int, end: int) -> bytes:
    """Compute the hash of leaves ``start`` to ``end``; ``start`` is a multiple of the subtree's size."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return node_hash(_root_of(node, start, middle), _root_of(node, middle, end))


def root(node: Node, size: int) -> bytes:
    """Compute the root of the tree's first ``size`` leaves."""
    return _root_of(node, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Collect the hashes that lead from leaf ``index`` to the root of ``size`` leaves (section 2.1.3.1).

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_root_of(node, middle, end))
            end = middle
        else:
            path.append(_root_of(node, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """Collect the hashes that show the first ``old`` of ``new`` leaves to be unchanged (section 2.1.4.1).

    The proof is empty if ``old`` is 0 or equals ``new``.

    Raises:
        ValueError: the tree shrank.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree cannot shrink")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_root_of(node, middle, end))
            end = middle
        else:
            path.append(_root_of(node, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_root_of(node, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Verify that a leaf's hash is in the tree with this root (section 2.1.3.2).

    Raises:
        ProofInvalid: the hash is not leaf ``index`` of the tree of ``size``, or the path is another one's.
    """
    if not 0 <= index < size:
        raise ProofInvalid(reason=Text("there is no leaf of that number", "没有该序号的叶子"))
    computed = leaf
    for other, is_left in _path_steps(index, size - 1, path):
        computed = node_hash(other, computed) if is_left else node_hash(computed, other)
    if computed != root:
        raise ProofInvalid(reason=Text("the path does not lead to the root", "路径与根不符"))


def _path_steps(position: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each hash of a path from ``position`` to the root, and whether it is the left child.

    Raises:
        ProofInvalid: the path has too many or too few hashes.
    """
    for other in path:
        if last == 0:
            raise ProofInvalid(reason=Text("the path is too long", "路径过长"))
        is_left = bool(position & 1) or position == last
        yield other, is_left
        if is_left:
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid(reason=Text("the path is too short", "路径过短"))


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Verify that a tree extends an earlier state of it (section 2.1.4.2).

    Raises:
        ProofInvalid: the later tree does not begin with the earlier one's leaves, or the
            path does not show it.
    """
    if not 0 <= old <= new:
        raise ProofInvalid(reason=Text("the later tree is the smaller one", "较新的树反而较小"))
    if old in (0, new):
        known = EMPTY_ROOT if old == 0 else new_root
        if path or old_root != known:
            raise ProofInvalid(reason=Text("the roots do not fit their sizes", "根与树的大小不符"))
        return
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        raise ProofInvalid(reason=Text("the path is too short", "路径过短"))
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    earlier = later = hashes[0]
    for other, is_left in _path_steps(position, last, hashes[1:]):
        earlier = node_hash(other, earlier) if is_left else earlier
        later = node_hash(other, later) if is_left else node_hash(later, other)
    if (earlier, later) != (old_root, new_root):
        raise ProofInvalid(reason=Text("the path does not lead to both roots", "路径与两个根不符"))


class Frontier:
    """Computes a root incrementally from leaf hashes. Memory is logarithmic in their number."""

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add the next leaf's hash."""
        # Each one bit of the size is a perfect subtree: adding a leaf merges them like a carry.
        subtree, size = leaf, self.size
        while size & 1:
            subtree = node_hash(self._perfect.pop(), subtree)
            size >>= 1
        self._perfect.append(subtree)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._perfect:
            return EMPTY_ROOT
        *left, right = self._perfect
        for other in reversed(left):
            right = node_hash(other, right)
        return right


def tile_root(hashes: bytes) -> bytes:
    """Compute the root of concatenated hashes, whose number is a power of two."""
    level = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


Tile = Callable[[int, int], bytes]
"""``tile(level, index)``: up to 256 concatenated hashes, each the root of a full tile one level below.

At level 0 they are leaf hashes. A tile is only ever appended to.
"""


def nodes(tile: Tile) -> Node:
    """Create a :data:`Node` function for a tree stored in tiles. It caches tiles.

    Raises (from the function returned):
        ProofInvalid: a tile is missing or too short.
    """
    cache: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_LEVELS)
        first = index << height
        number, within = divmod(first, TILE_HASHES)
        key = (tile_level, number)
        if key not in cache:
            cache[key] = tile(*key)
        start, length = within * HASH_BYTES, HASH_BYTES << height
        hashes = cache[key][start : start + length]
        if len(hashes) != length:
            raise ProofInvalid(reason=Text("a part of the tree is missing", "树不完整"))
        return tile_root(hashes)

    return node


class TileWriter:
    """Appends leaf hashes to a tree stored in tiles.

    Create it with the tree's ``size`` and a function that reads its tiles. The tiles that
    :meth:`changed` returns replace the stored ones.
    """

    def __init__(self, size: int, tile: Tile) -> None:
        self.size = size
        self._open: list[bytearray] = []
        self._full: list[tuple[int, int, bytes]] = []
        level = 0
        while count := size >> (level * TILE_LEVELS):
            number, held = divmod(count, TILE_HASHES)
            kept = tile(level, number)[: held * HASH_BYTES] if held else b""
            if len(kept) != held * HASH_BYTES:
                raise ProofInvalid(reason=Text("a part of the tree is missing", "树不完整"))
            self._open.append(bytearray(kept))
            level += 1

    def add(self, leaf: bytes) -> None:
        """Add the next leaf's hash."""
        self.size += 1
        digest, level = leaf, 0
        while True:
            if level == len(self._open):
                self._open.append(bytearray())
            hashes = self._open[level]
            hashes += digest
            if len(hashes) < TILE_HASHES * HASH_BYTES:
                return
            number = (self.size >> (level + 1) * TILE_LEVELS) - 1
            full = bytes(hashes)
            self._full.append((level, number, full))
            hashes.clear()
            digest, level = tile_root(full), level + 1

    def changed(self) -> list[tuple[int, int, bytes]]:
        """Return level, index and hashes of every tile that is new or longer since the last call."""
        taken, self._full = self._full, []
        open_tiles = (
            (level, self.size >> (level + 1) * TILE_LEVELS, bytes(hashes))
            for level, hashes in enumerate(self._open)
            if hashes
        )
        return [*taken, *open_tiles]
