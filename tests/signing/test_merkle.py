"""Merkle trees: the published vectors, a naive reading of RFC 9162, and proofs that cannot be bent."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.authority import merkle
from signing.authority.errors import ProofInvalid
from tests.effort import examples
from tests.merkle_roots import stream_root

# Leaves and roots of the reference implementation of RFC 6962 (google/certificate-transparency on GitHub,
# cpp/merkletree/merkle_tree_test.cc), which RFC 9162 leaves as they are for SHA-256.
VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
VECTOR_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """Section 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """Section 2.1.4.1, word for word."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [b"leaf %d" % index for index in range(count)]


class StoredTiles:
    """A tree in tiles, as a state keeps it."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    def append(self, size: int, leaves: list[bytes], every: int) -> None:
        writer = merkle.TileWriter(size, self.tile)
        for number, leaf in enumerate(leaves):
            writer.add(merkle.leaf_hash(leaf))
            if number % every == 0:
                self.take(writer)
        self.take(writer)

    def take(self, writer: merkle.TileWriter) -> None:
        for level, index, hashes in writer.changed():
            assert hashes.startswith(self.tile(level, index)), "a tile only grows"
            self.tiles[level, index] = hashes

    @property
    def node(self) -> merkle.Node:
        return merkle.nodes(self.tile)


def stored_tiles(count: int) -> StoredTiles:
    tree = StoredTiles()
    tree.append(0, leaves_of(count), 1000)
    return tree


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(count: int) -> None:
    assert stream_root(VECTOR_LEAVES[:count]) == (count, bytes.fromhex(VECTOR_ROOTS[count - 1]))


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert stream_root([]) == (0, sha256(b"").digest())
    assert merkle.root(stored_tiles(0).node, 0) == merkle.EMPTY_ROOT


@given(count=st.integers(0, 700), cut=st.integers(0, 700), every=st.integers(1, 400))
@settings(max_examples=examples(60), deadline=None)
def test_streamed_tiled_and_naive_roots_agree_in_however_many_sittings(
    count: int, cut: int, every: int
) -> None:
    leaves = leaves_of(count)
    tree, first = StoredTiles(), min(cut, count)
    tree.append(0, leaves[:first], every)
    tree.append(first, leaves[first:], every)
    wanted = naive_root(leaves)
    assert stream_root(leaves)[1] == merkle.root(tree.node, count) == wanted
    assert merkle.root(tree.node, first) == naive_root(leaves[:first]), "an earlier head is still there"


def test_what_was_staged_and_given_up_leaves_no_trace() -> None:
    tree = stored_tiles(300)
    tree.append(300, [b"given up %d" % index for index in range(400)], 7)
    writer = merkle.TileWriter(300, tree.tile)
    for leaf in leaves_of(600)[300:]:
        writer.add(merkle.leaf_hash(leaf))
    tree.tiles.update({(level, index): hashes for level, index, hashes in writer.changed()})
    assert merkle.root(tree.node, 600) == naive_root(leaves_of(600))


@given(st.data())
@settings(max_examples=examples(80), deadline=None)
def test_inclusion_proofs_are_the_standards_and_hold(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    leaves, node = leaves_of(size), stored_tiles(size).node
    path = merkle.inclusion_proof(node, index, size)
    assert path == naive_path(index, leaves)
    merkle.verify_inclusion(merkle.leaf_hash(leaves[index]), index, size, path, naive_root(leaves))


@given(st.data())
@settings(max_examples=examples(80), deadline=None)
def test_consistency_proofs_are_the_standards_and_hold(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 600))
    old = data.draw(st.integers(1, new))
    leaves = leaves_of(new)
    path = merkle.consistency_proof(stored_tiles(new).node, old, new)
    assert path == naive_subproof(old, leaves, True)
    merkle.verify_consistency(old, naive_root(leaves[:old]), new, naive_root(leaves), path)


@given(st.data())
@settings(max_examples=examples(150), deadline=None)
def test_no_bent_inclusion_proof_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    path = merkle.inclusion_proof(stored_tiles(size).node, index, size)
    leaf, root = merkle.leaf_hash(leaves[index]), naive_root(leaves)
    at = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
    bent = data.draw(
        st.sampled_from(
            [
                (leaf, index, size, [*path[:at], flipped, *path[at + 1 :]], root),
                (leaf, index, size, path[:at] + path[at + 1 :], root),
                (leaf, index, size, [*path, leaf], root),
                (leaf, (index + 1) % size, size, path, root),
                (leaf, size + index, size, path, root),
                (merkle.leaf_hash(b"slipped in"), index, size, path, root),
                (leaf, index, size, path, naive_root(leaves[:-1])),
            ]
        )
    )
    with pytest.raises(ProofInvalid):
        merkle.verify_inclusion(*bent)


@given(st.data())
@settings(max_examples=examples(150), deadline=None)
def test_no_bent_consistency_proof_holds(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    leaves = leaves_of(new)
    path = merkle.consistency_proof(stored_tiles(new).node, old, new)
    old_root, new_root = naive_root(leaves[:old]), naive_root(leaves)
    rewritten = [b"another", *leaves[1:]]
    at = data.draw(st.integers(0, len(path) - 1))
    flipped = bytes([path[at][0] ^ 1]) + path[at][1:]
    bent = data.draw(
        st.sampled_from(
            [
                (old, old_root, new, new_root, [*path[:at], flipped, *path[at + 1 :]]),
                (old, old_root, new, new_root, path[:at] + path[at + 1 :]),
                (old, old_root, new, new_root, [*path, old_root]),
                (old, old_root, new, new_root, []),
                (old, naive_root(rewritten[:old]), new, new_root, path),
                (old, old_root, new, naive_root(rewritten), path),
                (new, new_root, old, old_root, path),
            ]
        )
    )
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(*bent)


def test_nothing_and_the_same_need_no_path_and_still_their_roots() -> None:
    root = naive_root(leaves_of(5))
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, root, [])
    merkle.verify_consistency(5, root, 5, root, [])
    for old, old_root in ((0, root), (5, merkle.EMPTY_ROOT)):
        with pytest.raises(ProofInvalid):
            merkle.verify_consistency(old, old_root, 5, root, [])


def test_impossible_proofs_are_not_asked_for() -> None:
    node = stored_tiles(5).node
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion_proof(node, 5, 5)
    with pytest.raises(ValueError, match="shrink"):
        merkle.consistency_proof(node, 6, 5)


def test_a_tree_with_a_hole_gives_no_proof() -> None:
    tree = stored_tiles(600)
    del tree.tiles[0, 1]
    with pytest.raises(ProofInvalid):
        merkle.inclusion_proof(tree.node, 300, 600)
    with pytest.raises(ProofInvalid):
        merkle.TileWriter(300, tree.tile)


def test_a_proof_reads_few_tiles_of_a_large_tree() -> None:
    size = 70_000
    tree = stored_tiles(size)
    asked: list[tuple[int, int]] = []

    def tile(level: int, index: int) -> bytes:
        asked.append((level, index))
        return tree.tile(level, index)

    path = merkle.inclusion_proof(merkle.nodes(tile), 12_345, size)
    assert len(path) <= 17 and len(asked) == len(set(asked)) <= 4


def test_the_streamed_root_keeps_a_logarithmic_number_of_hashes() -> None:
    frontier = merkle.Frontier()
    longest = 0
    for index in range(5000):
        frontier.add(index.to_bytes(32, "big"))
        longest = max(longest, len(frontier._perfect))
    assert longest <= 13
