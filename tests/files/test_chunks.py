"""Chunks are bounded, and together they are the bytes that were asked for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from oneseat.files.block_copy import copy_head
from oneseat.files.chunks import CHUNK_BYTES, chunks
from signing.authority.errors import BaseChanged

DATA = bytes(range(256)) * 10_000  # two and a half chunks


@pytest.mark.parametrize("start", [0, 1, CHUNK_BYTES, len(DATA)])
@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, len(DATA), len(DATA) + 1])
def test_chunks_are_the_bytes_from_the_position_on(start: int, length: int) -> None:
    source = io.BytesIO(DATA)
    source.seek(start)
    pieces = list(chunks(source, length))
    assert b"".join(pieces) == DATA[start : start + length]
    assert all(0 < len(piece) <= CHUNK_BYTES for piece in pieces)


def test_without_a_length_they_go_to_the_end() -> None:
    assert b"".join(chunks(io.BytesIO(DATA))) == DATA


@pytest.mark.parametrize("count", [0, 1, 4096, CHUNK_BYTES + 1, len(DATA)])
def test_a_copied_head_leaves_the_position_behind_it(tmp_path: Path, count: int) -> None:
    (tmp_path / "source").write_bytes(DATA)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("w+b") as target:
        copy_head(source, target, count)
        target.write(b"tail")
    assert (tmp_path / "target").read_bytes() == DATA[:count] + b"tail"


def test_a_source_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    with (
        (tmp_path / "source").open("rb") as source,
        (tmp_path / "target").open("w+b") as target,
        pytest.raises(BaseChanged, match="shorter"),
    ):
        copy_head(source, target, len(DATA) + 1)
