"""The licence region on real signed programs, judged by two independent verifiers."""

from __future__ import annotations

import hashlib
import io
import re
import struct
from pathlib import Path

import lief
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing import der, installer, pe, region
from signing.authority import reserve
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError
from signing.refusals import LicenceTooLong, PeMalformed, RegionMalformed, RegionMissing
from tests.effort import examples
from tests.signing.signed_files import Base, FileSigner, certificate, reserved_file, run
from tests.tsa import running_tsa

TARGETS = ("x86-unicode", "amd64-unicode")


def parsed(path: Path) -> lief.PE.Binary:
    binary = lief.PE.parse(str(path))
    assert isinstance(binary, lief.PE.Binary)
    return binary


def assert_valid(file_signer: FileSigner, path: Path, manifest: Manifest) -> None:
    """Signature, Authenticode digest and checksum, by osslsigncode and by LIEF."""
    said = file_signer.verdict(path)
    assert "Signature verification: ok" in said
    assert "mismatch" not in said.lower()
    assert len(set(re.findall(r"PE checksum *: *(\w+)", said))) == 1, "the checksum is not the calculated one"
    binary = parsed(path)
    assert binary.verify_signature() == lief.PE.Signature.VERIFICATION_FLAGS.OK
    assert binary.authentihash(lief.PE.ALGORITHMS.SHA_256).hex() == manifest.authenticode_sha256
    assert binary.optional_header.checksum == binary.compute_checksum()


def assert_differs_in_region_only(base: Base, stamped: bytes) -> None:
    original, place = base.path.read_bytes(), base.manifest.region
    assert len(stamped) == len(original)
    assert stamped[: place.offset] == original[: place.offset]
    assert place.offset + place.size == len(original)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("residue", range(8))
def test_stamping_keeps_signature_digest_and_checksum(
    file_signer: FileSigner, tmp_path: Path, target: str, residue: int
) -> None:
    base = file_signer.base(file_signer.signed(target, "d" * (residue + 1)))
    stamper, place = base.stamper, base.manifest.region
    assert_valid(file_signer, base.path, base.manifest)
    for length in (0, 1, 600, place.capacity_bytes):
        licence = bytes(33 + (7 * i + residue) % 90 for i in range(length))
        path = tmp_path / f"{length}.exe"
        stamped = b"".join(stamper.stream(licence))
        path.write_bytes(stamped)
        assert stamper.sha256(stamper.tail(licence)) == hashlib.sha256(stamped).hexdigest()
        assert_differs_in_region_only(base, stamped)
        assert_valid(file_signer, path, base.manifest)
        read = installer.read(io.BytesIO(stamped))
        assert (read.licence, read.authenticode_sha256) == (licence, base.manifest.authenticode_sha256)


def test_those_bases_cover_odd_and_even_offsets_and_every_alignment(file_signer: FileSigner) -> None:
    places = [
        file_signer.base(file_signer.signed(t, "d" * (n + 1))).manifest.region
        for t in TARGETS
        for n in range(8)
    ]
    assert {place.offset % 2 for place in places} == {0, 1}
    assert len({place.size % 8 for place in places}) >= 4


@given(
    offset=st.integers(0, 9),
    size=st.integers(region.OVERHEAD_BYTES + 1, 99),
    region_sum=st.sampled_from(region.REGION_SUMS),
    data=st.data(),
)
def test_packing_reads_back_and_keeps_its_share(
    offset: int, size: int, region_sum: int, data: st.DataObject
) -> None:
    place = region.Region(offset, size)
    licence = data.draw(st.binary(max_size=place.capacity_bytes))
    packed = region.pack(licence, place, region_sum)
    assert len(packed) == size and region.unpack(packed, place) == licence
    assert pe.word_sum(packed, offset) == region_sum
    assert (offset + place.balance_at) % 2 == 0


@given(st.binary(max_size=300))
def test_the_sum_agrees_with_the_definition(data: bytes) -> None:
    total = 0
    for (word,) in struct.iter_unpack("<H", data + bytes(len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    assert pe.fold(pe.word_sum(data)) == total or (total == 0 and not any(data))


def test_one_byte_too_many_is_refused(base: Base) -> None:
    with pytest.raises(LicenceTooLong):
        base.stamper.tail(bytes(base.manifest.region.capacity_bytes + 1))


def test_a_base_that_changed_after_its_manifest_is_refused(base: Base, tmp_path: Path) -> None:
    original = base.path.read_bytes()
    for place in (700, base.manifest.region_offset - 1, base.manifest.region_offset + 3000):
        changed = bytearray(original)
        changed[place] ^= 4
        path = tmp_path / "changed.exe"
        path.write_bytes(changed)
        with pytest.raises(OneSeatError):
            Stamper(base.manifest, path)
    with pytest.raises(BaseChanged):
        Stamper(base.manifest, tmp_path / "absent.exe")


# ------------------------------------------------------------------ signature blocks of every shape


def test_nested_signatures_keep_verifying(file_signer: FileSigner, tmp_path: Path) -> None:
    once = file_signer.signed("amd64-unicode", "once")
    many = once.with_name("nested.exe")
    identity: list[str | Path] = ["-certs", file_signer.pem, "-key", file_signer.key, "-h", "sha512", "-nest"]
    run("osslsigncode", "sign", *identity, "-in", once, "-out", many)
    base = file_signer.base(many)
    (tmp_path / "out.exe").write_bytes(b"".join(base.stamper.stream(b"L" * 600)))
    said = file_signer.verdict(tmp_path / "out.exe")
    assert "Number of verified signatures: 2" in said
    assert (
        parsed(tmp_path / "out.exe").optional_header.checksum
        == parsed(tmp_path / "out.exe").compute_checksum()
    )


def test_a_block_over_64_kib_and_a_nested_one_longer_than_the_region(
    file_signer: FileSigner, tmp_path: Path
) -> None:
    chain = tmp_path / "chain.pem"
    many = b"".join(certificate(tmp_path, f"c{n}")[0].read_bytes() for n in range(3))
    chain.write_bytes(many * 30)
    nested = tmp_path / "nested.exe"
    identity: list[str | Path] = [
        "-certs",
        file_signer.pem,
        "-key",
        file_signer.key,
        "-h",
        "sha256",
        "-ac",
        chain,
    ]
    run(
        "osslsigncode",
        "sign",
        *identity,
        "-nest",
        "-in",
        file_signer.signed("amd64-unicode", "big"),
        "-out",
        nested,
    )
    base = file_signer.base(nested)
    assert base.manifest.size - pe.read_layout(io.BytesIO(nested.read_bytes())).table_at > 65536
    (tmp_path / "out.exe").write_bytes(b"".join(base.stamper.stream(b"L" * 600)))
    assert "Number of verified signatures: 2" in file_signer.verdict(tmp_path / "out.exe")
    assert installer.read(io.BytesIO((tmp_path / "out.exe").read_bytes())).licence == b"L" * 600


def rebuilt(base: bytes, pkcs7: bytes, *, after: bytes = b"") -> bytes:
    """The file with another signature block, its lengths set right and padded to eight."""
    layout = pe.read_layout(io.BytesIO(base))
    length = 8 + len(pkcs7)
    padding = bytes(-length % 8)
    output = bytearray(base[: layout.table_at])
    output += struct.pack("<IHH", length, 0x200, 2) + pkcs7 + padding
    struct.pack_into("<I", output, layout.security_at + 4, length + len(padding))
    return bytes(output) + after


def block(data: bytes) -> bytes:
    return pe.read_pkcs7(io.BytesIO(data), pe.read_layout(io.BytesIO(data)))


def indefinite(pkcs7: bytes) -> bytes:
    """The same structure with an indefinite outer length (BER)."""
    outer = der.element(pkcs7, 0, len(pkcs7))
    return bytes([outer.tag, 0x80]) + pkcs7[outer.content : outer.end] + b"\0\0"


def widened(pkcs7: bytes) -> bytes:
    """The same structure with an outer length of four bytes, one more than needed (BER)."""
    outer = der.element(pkcs7, 0, len(pkcs7))
    length = outer.end - outer.content
    return bytes([outer.tag, 0x84]) + length.to_bytes(4, "big") + pkcs7[outer.content : outer.end]


def with_second_region(pkcs7: bytes) -> bytes:
    """Two attributes of ours, the second exactly like the first."""
    path = region.signer_path(pkcs7)
    signer = path[-1]
    attributes = region.unsigned_attributes(pkcs7, signer)
    ours = pkcs7[attributes[-1].start : attributes[-1].end]
    fields = der.children(pkcs7, signer)
    content = pkcs7[signer.content : fields[-1].start] + der.encode(der.CONTEXT_1, ours + ours)
    inner = der.encode(signer.tag, content)
    for outer, child in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        inner = der.encode(
            outer.tag, pkcs7[outer.content : child.start] + inner + pkcs7[child.end : outer.end]
        )
    return inner


def test_malformed_files_are_refused_by_readers_and_by_reserve(file_signer: FileSigner, base: Base) -> None:
    good = base.path.read_bytes()
    signed = file_signer.signed("amd64-unicode", "base").read_bytes()
    layout = pe.read_layout(io.BytesIO(good))
    second_entry = bytearray(good + good[layout.table_at :])
    struct.pack_into("<I", second_entry, layout.security_at + 4, 2 * layout.table_bytes)
    unsigned = bytearray(good[: layout.table_at])
    struct.pack_into("<II", unsigned, layout.security_at, 0, 0)
    cases: dict[str, tuple[bytes, type[OneSeatError]]] = {
        "bytes after the table": (good + b"\0" * 8, PeMalformed),
        "several certificates": (bytes(second_entry), PeMalformed),
        "truncated": (good[:-1], PeMalformed),
        "truncated in the header": (good[:100], PeMalformed),
        "not signed": (bytes(unsigned), PeMalformed),
        "not a program": (b"PK" + good[2:], PeMalformed),
        "empty": (b"", PeMalformed),
        "indefinite length": (rebuilt(good, indefinite(block(good))), RegionMalformed),
        "length not minimal": (rebuilt(good, widened(block(good))), RegionMalformed),
        "two regions": (rebuilt(good, with_second_region(block(good))), RegionMalformed),
        "no region": (signed, RegionMissing),
    }
    for name, (data, refusal) in cases.items():
        with pytest.raises(refusal):
            installer.read(io.BytesIO(data))
        if name == "no region":
            continue
        with pytest.raises((PeMalformed, RegionMalformed)):
            reserve.reserve(io.BytesIO(data), io.BytesIO())


def test_reserving_twice_is_refused(base: Base) -> None:
    with pytest.raises(RegionMalformed, match="already"):
        reserve.reserve(io.BytesIO(base.path.read_bytes()), io.BytesIO())


def test_a_magic_elsewhere_is_not_taken_for_the_region(file_signer: FileSigner, base: Base) -> None:
    decoy = bytearray(base.path.read_bytes())
    decoy[0x50 : 0x50 + len(region.MAGIC)] = region.MAGIC
    assert region.locate(io.BytesIO(bytes(decoy))) == base.manifest.region


@pytest.mark.parametrize("place", ["magic", "length", "padding", "balance", "licence"])
def test_a_region_changed_by_hand_is_refused(base: Base, place: str) -> None:
    stamped = bytearray(b"".join(base.stamper.stream(b"licence" * 50)))
    spot = base.manifest.region
    offset = {"magic": 0, "length": 9, "padding": 3000, "balance": spot.balance_at, "licence": 20}[place]
    stamped[spot.offset + offset] ^= 1
    with pytest.raises(RegionMalformed):
        installer.read(io.BytesIO(bytes(stamped)))


def test_reserving_never_leaves_the_sum_where_implementations_disagree(
    file_signer: FileSigner, tmp_path: Path
) -> None:
    """Bring the sum to 0 modulo 65535 by two bytes in the DOS stub, and watch it being avoided."""
    signed, plain, avoiding = (tmp_path / f"{name}.exe" for name in ("signed", "plain", "avoiding"))
    data = bytearray(file_signer.signed("amd64-unicode", "sum").read_bytes())
    signed.write_bytes(data)
    reserved = reserved_file(signed, plain)
    (word,) = struct.unpack_from("<H", data, 0x40)
    struct.pack_into("<H", data, 0x40, (word - residue_of(plain)) % 0xFFFF)
    signed.write_bytes(data)
    avoided = reserved_file(signed, avoiding)
    assert (reserved.region_sum, avoided.region_sum) == (1, 2)
    assert residue_of(avoiding) == 1
    assert parsed(avoiding).optional_header.checksum == parsed(avoiding).compute_checksum()


def residue_of(path: Path) -> int:
    with path.open("rb") as file:
        return installer.checksum_residue(file, pe.read_layout(file))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(300), deadline=None
)
@given(data=st.data())
def test_damage_anywhere_in_headers_or_block_is_refused_or_harmless(base: Base, data: st.DataObject) -> None:
    original = base.path.read_bytes()
    layout = pe.read_layout(io.BytesIO(original))
    spots = st.one_of(st.integers(0, 0x400), st.integers(layout.table_at, len(original) - 1))
    changed = bytearray(original)
    for spot in data.draw(st.lists(spots, min_size=1, max_size=4)):
        changed[spot] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del changed[data.draw(st.integers(0, len(changed) - 1)) :]
    try:
        read = installer.read(io.BytesIO(bytes(changed)))
    except OneSeatError:
        return
    assert read.licence == b"" and read.region == base.manifest.region


@given(st.binary(max_size=200), st.integers(0, 300))
def test_the_der_walker_refuses_or_stays_inside(data: bytes, limit: int) -> None:
    limit = min(limit, len(data))
    try:
        found = der.element(data, 0, limit)
        inside = der.children(data, found)
    except RegionMalformed:
        return
    assert found.end <= limit and all(found.content <= c.start < c.end <= found.end for c in inside)


@given(st.integers(0, 70000))
def test_der_lengths_are_minimal_and_read_back(length: int) -> None:
    data = der.encode(der.OCTET_STRING, bytes(length))
    assert der.element(data, 0, len(data)) == (der.OCTET_STRING, 0, len(data) - length, len(data))


def test_a_timestamped_signature_keeps_its_timestamp(file_signer: FileSigner, tmp_path: Path) -> None:
    with running_tsa(tmp_path) as tsa:
        signed = file_signer.signed("amd64-unicode", "timestamped", "-ts", tsa.url)
        base = file_signer.base(signed)
        (tmp_path / "out.exe").write_bytes(b"".join(base.stamper.stream(b"L" * 600)))
        for path in (base.path, tmp_path / "out.exe"):
            trust: list[str | Path] = ["-CAfile", file_signer.pem, "-TSA-CAfile", tsa.ca_file]
            said = run("osslsigncode", "verify", "-in", path, *trust)
            assert "Timestamp Server Signature verification: ok" in said or "Timestamp verified" in said, said
            assert "Signature verification: ok" in said
    assert parsed(base.path).optional_header.checksum == parsed(base.path).compute_checksum()
