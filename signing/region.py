"""The licence region: fixed-size bytes inside the signature block that the signature does not cover.

It is an unsigned attribute of the primary SignerInfo (PKCS #7, RFC 2315; attributes in RFC
5652): an OCTET STRING under the project's own object identifier, at the end of the file::

    magic 8 | licence length, u32 little-endian | licence | zeros | balance, u16 | (zero)

``balance`` is at the last even absolute offset. It keeps the region's 16-bit sum (modulo 65535)
at the value chosen when the region was reserved, one of :data:`REGION_SUMS`, so the image
checksum does not change. See ``docs/explanation/licence-region.md``.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Callable, List, NamedTuple

from signing import der, pe
from signing.refusals import LicenceTooLong, RegionMalformed, RegionMissing
from signing.text import Text

OID = der.object_identifier(2, 25, 0x9A3E1F4C7B0D4E5A8C6F21D7E4B5903A)
"""Arc 2.25 (ITU-T X.667): identifiers made of a UUID, which need no registration."""

REGION_SUMS = (1, 2)
"""Sums that a region may have. One of the two always avoids a file sum of 0 modulo 65535, where
checksum implementations disagree."""

MAGIC = b"1SEAT\r\n\x1a"
_HEADER = struct.Struct("<8sI")
_BALANCE = struct.Struct("<H")
OVERHEAD_BYTES = _HEADER.size + _BALANCE.size + 1
"""Bytes that no licence can use: magic, length, balance, and a byte of alignment."""

_SIGNED_DATA = der.object_identifier(1, 2, 840, 113549, 1, 7, 2)


class Region(NamedTuple):
    """A region's absolute file offset and size in bytes."""

    offset: int
    size: int

    @property
    def balance_at(self) -> int:
        """Offset of the balance within the region."""
        return (self.offset + self.size) // 2 * 2 - 2 - self.offset

    @property
    def capacity_bytes(self) -> int:
        """The longest licence in bytes."""
        return self.size - OVERHEAD_BYTES


def signer_path(pkcs7: bytes) -> List[der.Element]:
    """Walk from the ContentInfo down to the only SignerInfo, and return the elements passed.

    Raises:
        RegionMalformed: the structure is not DER, not SignedData, or has not exactly one signer.
    """
    content_info = der.element(pkcs7, 0, len(pkcs7))
    if (
        content_info.tag != der.SEQUENCE
        or any(pkcs7[content_info.end :])
        or len(pkcs7) - content_info.end >= 8
    ):
        raise RegionMalformed(
            reason=Text("the PKCS#7 structure does not fill its place", "PKCS#7 结构没有填满所在位置")
        )
    parts = der.children(pkcs7, content_info)
    if (
        len(parts) != 2
        or pkcs7[parts[0].start : parts[0].end] != _SIGNED_DATA
        or parts[1].tag != der.CONTEXT_0
    ):
        raise RegionMalformed(reason=Text("not PKCS#7 signed data", "不是 PKCS#7 签名数据"))
    wrapped = der.children(pkcs7, parts[1])
    if len(wrapped) != 1 or wrapped[0].tag != der.SEQUENCE:
        raise RegionMalformed(reason=Text("not PKCS#7 signed data", "不是 PKCS#7 签名数据"))
    fields = der.children(pkcs7, wrapped[0])
    if not fields or fields[-1].tag != der.SET:
        raise RegionMalformed(reason=Text("no signer", "没有签名者"))
    signers = der.children(pkcs7, fields[-1])
    if len(signers) != 1 or signers[0].tag != der.SEQUENCE:
        raise RegionMalformed(reason=Text("not exactly one signer", "签名者不是恰好一个"))
    return [content_info, parts[1], wrapped[0], fields[-1], signers[0]]


def unsigned_attributes(pkcs7: bytes, signer: der.Element) -> List[der.Element]:
    """Return the unsigned attributes of a SignerInfo, in file order.

    Raises:
        RegionMalformed: the structure is not DER, or holds no attributes where they belong.
    """
    parts = der.children(pkcs7, signer)
    if len(parts) < 5:
        raise RegionMalformed(reason=Text("the signer is incomplete", "签名者信息不完整"))
    attributes = der.children(pkcs7, parts[-1]) if parts[-1].tag == der.CONTEXT_1 else []
    if any(attribute.tag != der.SEQUENCE for attribute in attributes):
        raise RegionMalformed(reason=Text("an attribute is not a sequence", "有属性不是序列"))
    return attributes


def is_ours(pkcs7: bytes, attribute: der.Element) -> bool:
    """Whether an attribute has the region's object identifier."""
    return pkcs7.startswith(OID, attribute.content) and attribute.content + len(OID) <= attribute.end


def _value(pkcs7: bytes, attribute: der.Element) -> der.Element:
    parts = der.children(pkcs7, attribute)
    values = der.children(pkcs7, parts[1]) if len(parts) == 2 and parts[1].tag == der.SET else []
    if len(values) != 1 or values[0].tag != der.OCTET_STRING:
        raise RegionMalformed(reason=Text("the region is not one octet string", "许可区不是单个字节串"))
    return values[0]


def locate_in(pkcs7: bytes, pkcs7_at: int) -> Region:
    """Find the region in a PKCS#7 structure that begins at absolute offset ``pkcs7_at``.

    Raises:
        RegionMissing: there is no region.
        RegionMalformed: there are two, it does not end the file, or the structure is malformed.
    """
    signer = signer_path(pkcs7)[-1]
    ours = [a for a in unsigned_attributes(pkcs7, signer) if is_ours(pkcs7, a)]
    if not ours:
        raise RegionMissing
    if len(ours) > 1:
        raise RegionMalformed(reason=Text("two licence regions", "有两个许可区"))
    value = _value(pkcs7, ours[0])
    if value.end != len(pkcs7):
        raise RegionMalformed(reason=Text("the region does not end the file", "许可区不在文件末尾"))
    if value.end - value.content <= OVERHEAD_BYTES:
        raise RegionMalformed(reason=Text("the region is too small", "许可区过小"))
    return Region(pkcs7_at + value.content, value.end - value.content)


def locate(file: BinaryIO) -> Region:
    """Find the region of a signed PE file.

    Raises:
        PeMalformed: the file is no signed Windows program that can be walked.
        RegionMissing: its signature block has no licence region.
        RegionMalformed: the region's zeros, length or balance are not as they must be.
    """
    layout = pe.read_layout(file)
    return locate_in(pe.read_pkcs7(file, layout), layout.pkcs7_at)


def read(file: BinaryIO) -> bytes:
    """Read the licence in a signed PE file's region; empty if none was stamped.

    Raises:
        PeMalformed: the file is no signed Windows program that can be walked.
        RegionMissing: its signature block has no licence region.
        RegionMalformed: the region's zeros, length or balance are not as they must be.
    """
    region = locate(file)
    file.seek(region.offset)
    return unpack(file.read(region.size), region)


def packer(region: Region, region_sum: int) -> Callable[[bytes], bytes]:
    """Create a function that encodes licences as region bytes with the sum ``region_sum`` (modulo 65535).

    The function takes a licence. It raises :class:`LicenceTooLong` if the licence does not fit.
    """
    capacity, offset, zeros_end = region.capacity_bytes, region.offset, region.balance_at
    end = bytes(region.size - zeros_end - _BALANCE.size)
    zeros = memoryview(bytes(region.size))

    def pack_licence(licence: bytes) -> bytes:
        length = len(licence)
        if length > capacity:
            raise LicenceTooLong(length=length, room=capacity)
        header = _HEADER.pack(MAGIC, length) + licence
        balance = _BALANCE.pack((region_sum - pe.word_sum(header, offset)) % 0xFFFF)
        return b"".join((header, zeros[: zeros_end - len(header)], balance, end))

    return pack_licence


def pack(licence: bytes, region: Region, region_sum: int) -> bytes:
    """Encode one licence as the region's bytes (see :func:`packer`).

    Raises:
        LicenceTooLong: the licence does not fit.
    """
    return packer(region, region_sum)(licence)


def unpack(data: bytes, region: Region) -> bytes:
    """Decode the licence in the region's bytes.

    Raises:
        RegionMalformed: magic, length, padding or balance is wrong.
    """
    if len(data) != region.size:
        raise RegionMalformed(reason=Text("truncated region", "许可区不完整"))
    magic, length = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise RegionMalformed(reason=Text("wrong magic", "许可区标记不符"))
    if length > region.capacity_bytes:
        raise RegionMalformed(reason=Text("wrong licence length", "许可长度有误"))
    end, balance_at = _HEADER.size + length, region.balance_at
    if any(data[end:balance_at]) or any(data[balance_at + _BALANCE.size :]):
        raise RegionMalformed(reason=Text("the padding is not zero", "填充不为零"))
    (balance,) = _BALANCE.unpack_from(data, balance_at)
    if balance == 0xFFFF or pe.word_sum(data, region.offset) not in REGION_SUMS:
        raise RegionMalformed(reason=Text("the balance does not fit", "平衡值不符"))
    return data[_HEADER.size : end]
