"""Holders of papers: any two have the key and none alone; shares open for their holder and paper only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.files.paper_names import PaperName
from oneseat.room.papers import boxes, holders
from oneseat.room.papers.holders import Holder
from oneseat.room.papers.sealed_files import read_sealed, seal_paper
from oneseat.room.refusals.holders import HolderKeyUnusable, HoldersRefused, SealedPaperBroken, ShareUnusable

NAME = PaperName("formal", 0)
CONTENT = b'{"title":{}}'


def made(count: int) -> list[Holder]:
    return [Holder(f"h{n}", bytes([n]) * 32) for n in range(count)]


@given(st.binary(min_size=32, max_size=32), st.integers(2, 5))
def test_any_two_holders_have_the_key_and_no_part_is_the_key(key: bytes, count: int) -> None:
    shares = holders.split(key, made(count))
    for one, other in combinations(shares, 2):
        assert holders.join(one, other) == holders.join(other, one) == key
    for share in shares:
        assert holders.join(share, share) is None
        assert holders.decode(holders.encode(share)) == share


def test_a_single_holders_parts_are_random() -> None:
    """The parts of one holder are drawn anew for the same key: they cannot depend on the key alone."""
    one, again = (holders.split(bytes(32), made(3)) for _ in range(2))
    assert all(a.parts[name] != b.parts[name] for a, b in zip(one, again, strict=True) for name in a.parts)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_parts_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- JSON raises its own, too
        holders.decode(content[:-1] + b"?")


@pytest.fixture
def keys(tmp_path: Path) -> Sequence[holders.HolderKey]:
    paths = [tmp_path / f"{name}.key" for name in ("wang", "li")]
    for path in paths:
        holders.make_holder(path, b"secret")
    return [holders.open_holder(path, b"secret") for path in paths]


def test_a_share_opens_for_its_holder_and_its_paper_alone(keys: Sequence[holders.HolderKey]) -> None:
    wang, li = keys
    file = seal_paper("test", NAME, CONTENT, [wang.holder, li.holder], 300)
    other = seal_paper("test", NAME, CONTENT, [wang.holder, li.holder], 300)
    parts = [key.open_share(file.share_of(key.holder.id).sealed, file.context, "x") for key in keys]  # type: ignore[union-attr]
    key = holders.join(*parts)
    assert key is not None and file.paper.open(key) == {"title": {}}
    with pytest.raises(boxes.BoxBroken):
        other.paper.open(key)
    share = file.share_of(wang.holder.id)
    assert share is not None
    for holder, context in ((li, file.context), (wang, other.context)):
        with pytest.raises(ShareUnusable):
            holder.open_share(share.sealed, context, "x")


def test_a_box_is_bound_to_its_exam_and_session() -> None:
    sealed, key = boxes.seal("test", NAME, CONTENT)
    for exam, name in (("other", NAME), ("test", PaperName("formal", 1)), ("test", PaperName("mock", 0))):
        with pytest.raises(boxes.BoxBroken):
            boxes.SealedPaper(exam, name, sealed.nonce, sealed.box).open(key)


def test_holders_are_two_to_five_and_different() -> None:
    for held_by in (made(1), made(6), [*made(2), made(1)[0]]):
        with pytest.raises(HoldersRefused):
            seal_paper("test", NAME, CONTENT, held_by, 300)


def test_a_holders_key_needs_its_passphrase_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "wang.key"
    holder = holders.make_holder(path, b"secret")
    assert holders.read_holder(tmp_path / "wang.pub") == holder
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(HolderKeyUnusable):
        holders.open_holder(path, b"other")
    with pytest.raises(HolderKeyUnusable):
        holders.make_holder(path, b"secret")
    for wrong in (path, tmp_path / "absent.pub"):
        with pytest.raises(HolderKeyUnusable):
            holders.read_holder(wrong)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"format": "x"}'], ids=["empty", "list", "none", "format"]
)
def test_a_file_that_is_no_sealed_paper_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "formal-0.a.sealed.json"
    path.write_bytes(content)
    with pytest.raises(SealedPaperBroken):
        read_sealed(path, "test", NAME)
