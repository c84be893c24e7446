"""The licence region in real signed Android apps, judged by apksigner."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.publishing.stamped_file import write_stamped
from signing import apk, apk_region, apk_signature, containers, phone_app
from signing.authority import apk_reserve
from signing.authority.apk_verification import verify_signatures
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError
from signing.refusals import (
    ApkSignatureWrong,
    ApkUnsigned,
    LicenceTooLong,
    RegionMalformed,
)
from tests.signing.apk_files import ApkSigner
from tests.signing.signed_files import Base
from tests.signing.simulated_apks import (
    content_digest,
    edited,
    layout_of,
    pairs_of,
    simulated_apk,
    with_pairs,
)

pytestmark = pytest.mark.service  # apksigner signs and verifies


def read(data: bytes) -> phone_app.PhoneApp:
    return phone_app.read(io.BytesIO(data))


def read_and_verified(data: bytes) -> phone_app.PhoneApp:
    verify_signatures(io.BytesIO(data))
    return read(data)


# ------------------------------------------------------------------------- by Android's own tools


def test_stamping_keeps_the_signatures_and_moves_nothing(
    apk_signer: ApkSigner, apk_base: Base, tmp_path: Path
) -> None:
    signed = (apk_signer.folder / "signed.apk").read_bytes()
    original, place = apk_base.path.read_bytes(), apk_base.manifest.region
    assert apk_base.manifest.size % 4096 == (len(signed) % 4096)
    stamper = apk_base.stamper
    most = apk_region.capacity_bytes(place)
    assert most > 2000
    for length in (0, 1, 600, most):
        licence, path = b"L" * length, tmp_path / f"{length}.apk"
        digest = write_stamped(stamper, licence, path)
        stamped = path.read_bytes()
        assert digest == hashlib.sha256(stamped).hexdigest()
        assert stamped == b"".join(stamper.stream(licence))
        assert stamped[: place.offset] == original[: place.offset]
        assert stamped[place.offset + place.size :] == original[place.offset + place.size :]
        found = read(stamped)
        assert (found.licence, found.region, found.size) == (licence, place, apk_base.manifest.size)
        assert found.digest == apk_base.manifest.authenticode_sha256 == phone_app.digest(io.BytesIO(signed))
        assert stamper.is_stamped(licence, path) and not stamper.is_stamped(b"M", path)
        verify_signatures(io.BytesIO(stamped))
    with pytest.raises(LicenceTooLong):
        write_stamped(stamper, b"L" * (most + 1), tmp_path / "more.apk")
    assert not (tmp_path / "more.apk").exists()
    for path in (apk_base.path, tmp_path / "600.apk"):
        said = apk_signer.verdict(path)
        assert "(APK Signature Scheme v2): true" in said and "(APK Signature Scheme v3): true" in said


def test_the_content_is_byte_for_byte_that_of_the_signed_app(apk_signer: ApkSigner, apk_base: Base) -> None:
    signed, base = (apk_signer.folder / "signed.apk").read_bytes(), apk_base.path.read_bytes()
    before, after = layout_of(signed), layout_of(base)
    assert base[: after.block_at] == signed[: before.block_at]
    assert base[after.directory_at : after.end_at] == signed[before.directory_at : before.end_at]
    assert [pair for pair in pairs_of(base) if pair[0] in (apk.V2_ID, apk.V3_ID)] == [
        pair for pair in pairs_of(signed) if pair[0] in (apk.V2_ID, apk.V3_ID)
    ]
    with zipfile.ZipFile(io.BytesIO(base)) as archive:
        assert archive.testzip() is None


def test_a_manifest_says_which_artefact_it_is_of(apk_base: Base, base: Base) -> None:
    phone = Manifest.from_json(apk_base.manifest.to_json())
    assert phone == apk_base.manifest
    assert (phone.artefact, phone.container, phone.region_sum) == ("phone", containers.PHONE, 0)
    assert b"artefact" not in base.manifest.to_json()
    assert Manifest.from_json(base.manifest.to_json()).container is containers.INSTALLER
    with pytest.raises(BaseChanged):
        Manifest.from_json(apk_base.manifest.to_json().replace(b'"phone"', b'"watch"'))


def test_only_v1_or_no_signature_at_all_is_refused(apk_signer: ApkSigner, tmp_path: Path) -> None:
    for source in (apk_signer.signed("v1", "v1"), apk_signer.folder / "aligned.apk"):
        with pytest.raises(ApkUnsigned):
            write_reserved(source, tmp_path / "base.apk")
    assert list(tmp_path.iterdir()) == []


def test_every_byte_outside_of_the_region_counts(apk_base: Base) -> None:
    """Each byte of content, signatures and directory in turn, and a bit of every byte around them."""
    data = bytearray(b"".join(apk_base.stamper.stream(b"L" * 600)))
    place, layout = apk_base.manifest.region, layout_of(bytes(data))
    spots = [*range(0, layout.block_at, 97), *range(layout.block_at, place.offset, 7)]
    for spot in [*spots, *range(place.offset + place.size, len(data))]:
        data[spot] ^= 1 << spot % 8
        with pytest.raises(OneSeatError):
            read_and_verified(bytes(data))
        data[spot] ^= 1 << spot % 8
    assert read(bytes(data)).licence == b"L" * 600


def test_another_signer_gives_another_digest(apk_base: Base, tmp_path: Path) -> None:
    stranger = ApkSigner.make(tmp_path)
    again = stranger.signed("again", "v2", "v3")
    with again.open("rb") as file:
        assert phone_app.digest(file) != apk_base.manifest.authenticode_sha256


def test_a_base_that_changed_after_its_manifest_is_refused(apk_base: Base, tmp_path: Path) -> None:
    original, place = apk_base.path.read_bytes(), apk_base.manifest.region
    path = tmp_path / "changed.apk"
    for spot in (40, place.offset - 20, place.offset + 1000, len(original) - 30):
        changed = bytearray(original)
        changed[spot] ^= 4
        path.write_bytes(changed)
        with pytest.raises(BaseChanged):
            Stamper(apk_base.manifest, path)
    path.write_bytes(with_pairs(original, pairs_of(original)[:-1], padded=False))
    with pytest.raises(BaseChanged):
        Stamper(replace(apk_base.manifest, size=path.stat().st_size), path)


def test_v3_of_another_signer_or_version_is_noticed(apk_base: Base) -> None:
    data = apk_base.path.read_bytes()
    v2, (v3, value), *others = pairs_of(data)
    versions = struct.pack("<I", 0x7FFFFFFF)
    assert value.count(versions) == 2
    for changed in (value.replace(versions, bytes(4), 1), value.replace(b"phone", b"other")):
        with pytest.raises(ApkSignatureWrong):
            read(with_pairs(data, [v2, (v3, changed), *others]))


def test_a_signature_is_verified_under_the_certificate_that_counts() -> None:
    with pytest.raises(ApkSignatureWrong):
        verify_signatures(io.BytesIO(simulated_apk(b"")))


def test_digests_are_those_of_the_definition(apk_base: Base) -> None:
    data = apk_base.path.read_bytes()
    layout, file = layout_of(data), io.BytesIO(data)
    assert apk_signature.content_digest(file, layout) == content_digest(
        data[: layout.block_at], data[layout.directory_at :]
    )
    recorded = [
        digest for signer in apk_signature.signers(file, layout) for digest in signer.digests.values()
    ]
    assert recorded == [apk_signature.content_digest(file, layout)] * 2


@pytest.mark.parametrize("minimum", [12, (1 << 20) + 1])
def test_a_region_of_no_use_is_refused(apk_signer: ApkSigner, apk_base: Base, minimum: int) -> None:
    with (apk_signer.folder / "signed.apk").open("rb") as source, pytest.raises(RegionMalformed):
        apk_reserve.reserve(source, io.BytesIO(), minimum)


def test_reserving_writes_nothing_of_what_it_refuses(apk_base: Base) -> None:
    """A region already there; a signature that does not verify; content changed after signing."""
    data = apk_base.path.read_bytes()
    bare = with_pairs(data, [pair for pair in pairs_of(data) if pair[0] != apk.REGION_ID])
    v2 = layout_of(bare).pairs[0]
    spoilt = edited(bare, v2.at + v2.size - 600, b"spoilt")
    for source in (data, spoilt, edited(bare, 50, b"x")):
        target = io.BytesIO()
        with pytest.raises((RegionMalformed, ApkSignatureWrong)):
            apk_reserve.reserve(io.BytesIO(source), target)
        assert target.getvalue() == b""
    for minimum in (13, 100, 2048, 4096, 8000):
        target = io.BytesIO()
        place = apk_reserve.reserve(io.BytesIO(bare), target, minimum).region
        assert minimum <= place.size < minimum + 4096
        assert layout_of(target.getvalue()).block_bytes % 4096 == 0
