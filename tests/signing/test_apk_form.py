"""What readers of phone apps accept and refuse, on files that are put together byte by byte."""

from __future__ import annotations

import hashlib
import io
import struct
from typing import Callable, Dict, Tuple, Type

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing import apk, apk_region, apk_signature, phone_app
from signing.errors import OneSeatError
from signing.refusals import (
    ApkBlockNotPadded,
    ApkMalformed,
    ApkSignatureWrong,
    ApkUnsigned,
    RegionMalformed,
    RegionMissing,
)
from tests.effort import examples
from tests.signing.simulated_apks import (
    assembled,
    block_of,
    content_digest,
    edited,
    layout_of,
    pairs_of,
    plain_zip,
    simulated_apk,
    with_pairs,
)

SIMULATED = simulated_apk(b"L" * 600)


def read(data: bytes) -> phone_app.PhoneApp:
    return phone_app.read(io.BytesIO(data))


def in_end(data: bytes, at: int, value: bytes) -> bytes:
    return edited(data, len(data) - 22 + at, value)


def commented(data: bytes) -> bytes:
    return in_end(data, 20, b"\5\0") + b"notes"


def with_locator(data: bytes) -> bytes:
    """The locator of a zip64 end record before the end record, as the directory's last bytes."""
    return edited(data, len(data) - 42, b"PK\6\7")


def more(pair_id: int, value: bytes = b"value") -> Callable[[bytes], bytes]:
    return lambda data: with_pairs(data, [*pairs_of(data), (pair_id, value)])


def without(pair_id: int) -> Callable[[bytes], bytes]:
    return lambda data: with_pairs(data, [pair for pair in pairs_of(data) if pair[0] != pair_id])


def unpadded(data: bytes) -> bytes:
    return with_pairs(data, pairs_of(data)[:-1], padded=False)


def with_dirty_padding(data: bytes) -> bytes:
    padding = layout_of(data).find(apk.PADDING_ID)
    assert padding is not None and padding.size
    return edited(data, padding.at, b"x")


def page_without_padding(data: bytes) -> bytes:
    """A block of whole pages in which the region fills them, and no padding pair is there."""
    pairs = pairs_of(data)[:-1]
    short = -len(block_of(pairs, padded=False)) % 4096
    return with_pairs(data, [*pairs[:-1], (pairs[-1][0], pairs[-1][1] + bytes(short))], padded=False)


def in_region(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: edited(data, read_region(data) + at, value)


def read_region(data: bytes) -> int:
    return apk_region.locate(io.BytesIO(data)).offset


def in_block(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: edited(data, layout_of(data).block_at + at, value)


def in_directory(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: edited(data, layout_of(data).directory_at + at, value)


def two_signers(data: bytes) -> bytes:
    (v2, value), *others = pairs_of(data)
    signers = value[4:] * 2
    return with_pairs(data, [(v2, struct.pack("<I", len(signers)) + signers), *others])


def in_v2(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        (v2, value), *others = pairs_of(data)
        assert old in value
        return with_pairs(data, [(v2, value.replace(old, new)), *others])

    return edit


def end_in_region(data: bytes) -> bytes:
    """An end record among the region's zeros, whose comment is the rest of the file."""
    at = read_region(data) + 900
    return edited(data, at, b"PK\5\6" + bytes(16) + struct.pack("<H", len(data) - at - 22))


def with_small_region(data: bytes) -> bytes:
    return more(apk.REGION_ID, bytes(12))(without(apk.REGION_ID)(data))


def without_block(data: bytes) -> bytes:
    layout = layout_of(data)
    return assembled(data[: layout.block_at], b"", data[layout.directory_at :])


DIGEST = content_digest(*plain_zip())
REFUSED: Dict[str, Tuple[Type[OneSeatError], Callable[[bytes], bytes]]] = {
    "empty": (ApkMalformed, lambda _: b""),
    "short": (ApkMalformed, lambda data: data[:15]),
    "truncated": (ApkMalformed, lambda data: data[:-1]),
    "appended": (ApkMalformed, lambda data: data + b"\0"),
    "no head": (ApkMalformed, lambda data: data[1:]),
    "comment": (ApkMalformed, commented),
    "two ends": (ApkMalformed, lambda data: in_end(data, 20, b"\x16\0") + data[-22:]),
    "end in region": (ApkMalformed, end_in_region),
    "zip64 locator": (ApkMalformed, with_locator),
    "zip64 count": (ApkMalformed, lambda data: in_end(data, 8, b"\xff\xff\xff\xff")),
    "zip64 offset": (ApkMalformed, lambda data: in_end(data, 16, b"\xff" * 4)),
    "zip64 entry": (ApkMalformed, in_directory(20, b"\xff" * 4)),
    "split": (ApkMalformed, lambda data: in_end(data, 4, b"\1")),
    "fewer here": (ApkMalformed, lambda data: in_end(data, 8, b"\0")),
    "directory moved": (ApkMalformed, lambda data: in_end(data, 16, b"\1\0\0\0")),
    "directory larger": (ApkMalformed, lambda data: in_end(data, 12, b"\xfe\0\0\0")),
    "too many entries": (ApkMalformed, lambda data: in_end(data, 8, b"\2\0\2\0")),
    "no entries": (ApkMalformed, lambda data: in_end(data, 8, b"\0\0\0\0")),
    "no entry mark": (ApkMalformed, in_directory(0, b"X")),
    "entry behind": (ApkMalformed, in_directory(42, b"\0\2\0\0")),
    "no block": (ApkUnsigned, without_block),
    "no magic": (ApkUnsigned, lambda data: edited(data, layout_of(data).directory_at - 16, b"a")),
    "first size": (ApkMalformed, in_block(0, b"\xff")),
    "second size": (ApkMalformed, lambda data: edited(data, layout_of(data).directory_at - 24, b"\xff")),
    "huge size": (ApkMalformed, lambda data: edited(data, layout_of(data).directory_at - 17, b"\xff")),
    "pair too long": (ApkMalformed, in_block(8, b"\xff\xff")),
    "pair too short": (ApkMalformed, in_block(8, b"\3\0")),
    "foreign pair": (ApkMalformed, more(0x71777777)),
    "v2 twice": (ApkMalformed, more(apk.V2_ID)),
    "two regions": (RegionMalformed, more(apk.REGION_ID)),
    "no v2": (ApkUnsigned, without(apk.V2_ID)),
    "no region": (RegionMissing, without(apk.REGION_ID)),
    "small region": (
        RegionMalformed,
        lambda data: more(apk.REGION_ID, bytes(12))(without(apk.REGION_ID)(data)),
    ),
    "no padding": (ApkBlockNotPadded, unpadded),
    "dirty padding": (ApkBlockNotPadded, with_dirty_padding),
    "page, no padding": (ApkBlockNotPadded, page_without_padding),
    "region magic": (RegionMalformed, in_region(0, b"2")),
    "region length": (RegionMalformed, in_region(8, b"\xff\xff")),
    "region zeros": (RegionMalformed, in_region(2000, b"1")),
    "content": (ApkSignatureWrong, lambda data: edited(data, 45, b"x")),
    "digest": (ApkSignatureWrong, in_v2(DIGEST, bytes(32))),
    "algorithm": (ApkSignatureWrong, in_v2(b"\3\1\0\0", b"\1\3\0\0")),
    "algorithms differ": (ApkSignatureWrong, in_v2(b"\3\1\0\0\x20", b"\4\1\0\0\x20")),
    "length inside": (ApkSignatureWrong, in_v2(b"\x20\0\0\0", b"\x21\0\0\0")),
    "two signers": (ApkSignatureWrong, two_signers),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_each_has_its_refusal(name: str) -> None:
    refusal, spoil = REFUSED[name]
    assert read(SIMULATED).licence == b"L" * 600
    with pytest.raises(refusal):
        read(spoil(SIMULATED))


def test_v3_that_was_removed_is_noticed() -> None:
    with pytest.raises(ApkSignatureWrong):
        read(simulated_apk(b"", protected=True))


def test_a_content_of_several_chunks_is_digested_by_chunks() -> None:
    content, end = bytes(range(256)) * 8192 + b"rest", plain_zip()[1]
    data = assembled(content, block_of([], padded=True), end)
    directory_at = len(data) - len(end)
    layout = apk.Layout(len(content), directory_at, len(data) - 22, len(data), ())
    chunks = [content[:1048576], content[1048576:2097152], content[2097152:], end[:-22]]
    chunks.append(end[-22:-6] + struct.pack("<I", len(content)) + end[-2:])
    digests = [hashlib.sha512(b"\xa5" + struct.pack("<I", len(c)) + c).digest() for c in chunks]
    wanted = hashlib.sha512(b"\x5a" + struct.pack("<I", 5) + b"".join(digests)).digest()
    assert apk_signature.content_digest(io.BytesIO(data), layout, "sha512") == wanted


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_anywhere_is_refused_or_harmless(data: st.DataObject) -> None:
    changed = bytearray(SIMULATED)
    for spot in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=4)):
        changed[spot] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del changed[data.draw(st.integers(0, len(changed) - 1)) :]
    try:
        found = read(bytes(changed))
    except OneSeatError:
        return
    assert found.region == read(SIMULATED).region
