"""Reserves the licence region in a signed APK, once per base."""

from __future__ import annotations

from typing import BinaryIO

from signing import apk, apk_region, phone_app
from signing.authority.apk_verification import verify_signatures
from signing.authority.reserve import Reserved
from signing.refusals import RegionMalformed
from signing.region import Region
from signing.text import Text

DEFAULT_BYTES = 2048
"""The region is at least this long, and longer by what fills the signing block's last page.

A licence takes about 600 bytes, and every byte is hashed per candidate.
"""

_MAX_BYTES = 1 << 20


def reserve(source: BinaryIO, target: BinaryIO, minimum: int = DEFAULT_BYTES) -> Reserved:
    """Copy a signed APK to an empty file, with an empty licence region of at least ``minimum`` bytes.

    The signing block gets the region as a pair, and fills whole pages with the padding pair that Android
    demands. No byte that the signatures cover changes, except for the central directory's offset, which
    they leave out. Nothing is written where the source is refused.

    Raises:
        ApkMalformed, ApkUnsigned, ApkSignatureWrong: the file is no APK whose signatures hold.
        RegionMalformed: it has a region already, or the size is out of range.
    """
    if not apk_region.OVERHEAD_BYTES < minimum <= _MAX_BYTES:
        raise RegionMalformed(reason=Text("the region's size is out of range", "许可区大小超出范围"))
    layout = apk.read_layout(source)
    if layout.find(apk.REGION_ID):
        raise RegionMalformed(reason=Text("it has a licence region already", "已有许可区"))
    verify_signatures(source)
    block = _enlarged(source, layout, minimum)
    target.write(apk.read_at(source, 0, layout.block_at))
    target.write(block)
    target.write(apk.read_at(source, layout.directory_at, layout.end_at - layout.directory_at))
    target.write(_moved_end(source, layout, layout.block_at + len(block)))
    return _read_back(target)


def _enlarged(source: BinaryIO, layout: apk.Layout, minimum: int) -> bytes:
    """Build the block with a region that leaves an empty padding pair as the last one."""
    kept = [(pair.id, apk.read_pair(source, pair)) for pair in layout.pairs if pair.id != apk.PADDING_ID]
    signatures = b"".join(_pair(pair_id, value) for pair_id, value in kept)
    fixed = apk.SIZE.size + len(signatures) + 2 * apk.PAIR.size + apk.FOOTER_BYTES
    size = minimum + -(fixed + minimum) % apk.PAGE_BYTES
    empty = apk_region.packer(Region(0, size))(b"")
    pairs = signatures + _pair(apk.REGION_ID, empty) + _pair(apk.PADDING_ID, b"")
    length = apk.SIZE.pack(len(pairs) + apk.FOOTER_BYTES)
    return length + pairs + length + apk.MAGIC


def _pair(pair_id: int, value: bytes) -> bytes:
    return apk.PAIR.pack(len(value) + apk.PAIR.size - apk.SIZE.size, pair_id) + value


def _moved_end(source: BinaryIO, layout: apk.Layout, directory_at: int) -> bytes:
    """Build the end record for a central directory that lies elsewhere."""
    mark, *numbers, _, comment = apk.END.unpack(apk.read_at(source, layout.end_at, apk.END.size))
    return apk.END.pack(mark, *numbers, directory_at, comment)


def _read_back(target: BinaryIO) -> Reserved:
    read = phone_app.read(target)
    if read.licence:
        raise RegionMalformed(reason=Text("the reserved region does not read back", "写入的许可区无法读回"))
    verify_signatures(target)
    return Reserved(read.region, 0)
