"""A stamped file has the same bytes, whether it shares blocks with its base, or is copied."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.peers import NoReflinks, reflinks
from oneseat.files import block_copy
from oneseat.pipeline.publishing.stamped_file import write_stamped
from signing.authority.stamp import Stamper
from tests.signing.signed_files import Base

LICENCE = b"L" * 600


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """A file system whose files can share blocks."""
    block = reflinks(tmp_path)
    try:
        place = block.__enter__()
    except NoReflinks as why:
        pytest.skip(str(why))
    yield place
    block.__exit__(None, None, None)


def wanted(base: Base) -> bytes:
    """The stamped file, put together by hand."""
    stamper = Stamper(base.manifest, base.path)
    return base.path.read_bytes()[: stamper.prefix_bytes] + stamper.tail(LICENCE)


@pytest.mark.parametrize("durable", [False, True])
def test_on_a_file_system_with_reflinks_blocks_are_shared(
    shared: Path, signed_base: Base, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    base = shared / "base.exe"
    shutil.copyfile(signed_base.path, base)
    os.sync()
    cloned: list[int] = []
    clone = block_copy._clone

    def counted(*arguments: object) -> int:
        cloned.append(clone(*arguments))  # type: ignore[arg-type]
        return cloned[-1]

    monkeypatch.setattr(block_copy, "_clone", counted)
    stamper = Stamper(signed_base.manifest, base)
    digest = write_stamped(stamper, LICENCE, shared / "stamped.exe", durable=durable)
    made = (shared / "stamped.exe").read_bytes()
    assert made == wanted(signed_base) and hashlib.sha256(made).hexdigest() == digest
    assert base.read_bytes() == signed_base.path.read_bytes(), "the base itself is never touched"
    assert cloned == [stamper.prefix_bytes - stamper.prefix_bytes % 4096] and cloned[0] > 0


@pytest.mark.parametrize("kernel", [True, False], ids=["copied by the kernel", "copied by us"])
def test_elsewhere_the_bytes_are_the_same(
    tmp_path: Path, signed_base: Base, monkeypatch: pytest.MonkeyPatch, kernel: bool
) -> None:
    monkeypatch.setattr(block_copy, "_clone", lambda *_: 0)
    if not kernel:
        monkeypatch.delattr(os, "copy_file_range")
    stamper = Stamper(replace(signed_base.manifest), signed_base.path)
    write_stamped(stamper, LICENCE, tmp_path / "stamped.exe")
    assert (tmp_path / "stamped.exe").read_bytes() == wanted(signed_base)
    assert stamper.is_stamped(LICENCE, tmp_path / "stamped.exe")
    assert not stamper.is_stamped(b"another", tmp_path / "stamped.exe")
    assert not stamper.is_stamped(LICENCE, signed_base.path)
    assert not stamper.is_stamped(LICENCE, tmp_path / "absent.exe")
