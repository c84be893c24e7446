"""The licence region of an Android app: the value of one pair in the APK Signing Block.

The signature covers neither the block's other pairs nor this one. The value has a fixed size::

    magic 8 | licence length, u32 little-endian | licence | zeros

Nothing needs balancing: an APK has no checksum. See ``docs/explanation/licence-region.md``.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Callable

from signing import apk
from signing.refusals import LicenceTooLong, RegionMalformed, RegionMissing
from signing.region import MAGIC, Region
from signing.text import Text

_HEADER = struct.Struct("<8sI")
OVERHEAD_BYTES = _HEADER.size
"""Bytes that no licence can use: magic and length."""


def capacity_bytes(region: Region) -> int:
    """The longest licence in bytes."""
    return region.size - OVERHEAD_BYTES


def locate_in(layout: apk.Layout) -> Region:
    """Find the region among the pairs of a signing block.

    Raises:
        RegionMissing: there is no region.
        RegionMalformed: it holds no licence of any length.
    """
    pair = layout.find(apk.REGION_ID)
    if pair is None:
        raise RegionMissing
    if pair.size <= OVERHEAD_BYTES:
        raise RegionMalformed(reason=Text("the region is too small", "许可区过小"))
    return Region(pair.at, pair.size)


def locate(file: BinaryIO) -> Region:
    """Find the region of an APK, whose signing block must be padded as Android demands.

    Raises:
        ApkMalformed, ApkUnsigned: the file is no signed APK that can be walked.
        ApkBlockNotPadded: its signing block does not fill whole pages.
        RegionMissing: its signing block has no licence region.
        RegionMalformed: it has two, or too small a one.
    """
    layout = apk.read_layout(file)
    apk.check_padding(file, layout)
    return locate_in(layout)


def read(file: BinaryIO) -> bytes:
    """Read the licence in an APK's region; empty if none was stamped.

    Raises:
        ApkMalformed, ApkUnsigned, ApkBlockNotPadded, RegionMissing, RegionMalformed: as :func:`locate`, or
            the region's magic, length or zeros are not as they must be.
    """
    region = locate(file)
    return unpack(apk.read_at(file, region.offset, region.size))


def packer(region: Region) -> Callable[[bytes], bytes]:
    """Create a function that encodes licences as region bytes.

    The function takes a licence. It raises :class:`LicenceTooLong` if the licence does not fit.
    """
    size, capacity = region.size, capacity_bytes(region)

    def pack_licence(licence: bytes) -> bytes:
        length = len(licence)
        if length > capacity:
            raise LicenceTooLong(length=length, room=capacity)
        return (_HEADER.pack(MAGIC, length) + licence).ljust(size, b"\0")

    return pack_licence


def unpack(data: bytes) -> bytes:
    """Decode the licence in the region's bytes.

    Raises:
        RegionMalformed: magic, length or padding is wrong.
    """
    magic, length = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise RegionMalformed(reason=Text("wrong magic", "许可区标记不符"))
    end = _HEADER.size + length
    if end > len(data):
        raise RegionMalformed(reason=Text("wrong licence length", "许可长度有误"))
    if any(data[end:]):
        raise RegionMalformed(reason=Text("the padding is not zero", "填充不为零"))
    return data[_HEADER.size : end]
