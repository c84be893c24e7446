"""Stamped and reserved installers appear whole, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.publishing.stamped_file import write_stamped
from signing.authority.errors import BaseChanged
from signing.authority.stamp import Stamper
from signing.refusals import LicenceTooLong, PeMalformed, RegionMalformed
from tests.signing.signed_files import Base


@pytest.mark.parametrize("durable", [False, True])
def test_a_stamped_file_is_the_stream_and_its_digest(
    signed_base: Base, tmp_path: Path, durable: bool
) -> None:
    stamper, path = signed_base.stamper, tmp_path / "stamped.exe"
    for licence in (b"", b"L" * 600, b"M" * signed_base.manifest.region.capacity_bytes):
        digest = write_stamped(stamper, licence, path, durable=durable)
        assert path.read_bytes() == b"".join(stamper.stream(licence))
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [path]


def test_one_byte_too_many_is_refused_and_nothing_is_written(signed_base: Base, tmp_path: Path) -> None:
    with pytest.raises(LicenceTooLong):
        write_stamped(
            signed_base.stamper, bytes(signed_base.manifest.region.capacity_bytes + 1), tmp_path / "out.exe"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_base_that_became_shorter_leaves_nothing(signed_base: Base, tmp_path: Path) -> None:
    base = tmp_path / "base.exe"
    base.write_bytes(signed_base.path.read_bytes())
    stamper = Stamper(signed_base.manifest, base)
    base.write_bytes(b"MZ")
    with pytest.raises(BaseChanged):
        write_stamped(stamper, b"licence", tmp_path / "out.exe")
    with pytest.raises(BaseChanged):
        b"".join(stamper.stream(b"licence"))
    assert list(tmp_path.iterdir()) == [base]


def test_what_cannot_carry_a_region_leaves_nothing(signed_base: Base, tmp_path: Path) -> None:
    source = tmp_path / "in.exe"
    for data, refusal in ((signed_base.path.read_bytes(), RegionMalformed), (b"MZ", PeMalformed)):
        source.write_bytes(data)
        with pytest.raises(refusal):
            write_reserved(source, tmp_path / "out.exe")
        assert list(tmp_path.iterdir()) == [source]
