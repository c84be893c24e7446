"""Reserves the licence region in a signed installer, once per base."""

from __future__ import annotations

import shutil
import struct
from typing import BinaryIO, NamedTuple

from signing import der, installer, pe, region
from signing.refusals import RegionMalformed
from signing.text import Text

DEFAULT_BYTES = 4088
"""The region is at least this long: a licence takes about 600 bytes, and every byte is hashed per candidate.

Where a timestamp or a nested signature is longer, the region grows until it is the longest attribute.
"""

_MAX_BYTES = 1 << 24


class Reserved(NamedTuple):
    """The reserved region and the sum of its words (modulo 65535)."""

    region: region.Region
    region_sum: int


def _with_attribute(pkcs7: bytes, size: int) -> bytes:
    """Add a region of ``size`` zero bytes to the unsigned attributes of a PKCS#7 structure."""
    path = region.signer_path(pkcs7)
    signer = path[-1]
    present = region.unsigned_attributes(pkcs7, signer)
    if any(region.is_ours(pkcs7, attribute) for attribute in present):
        raise RegionMalformed(reason=Text("it has a licence region already", "已有许可区"))
    ours = der.encode(
        der.SEQUENCE, region.OID + der.encode(der.SET, der.encode(der.OCTET_STRING, bytes(size)))
    )
    attributes = sorted([*(pkcs7[a.start : a.end] for a in present), ours])  # X.690, 11.6: SET OF is sorted
    fields = der.children(pkcs7, signer)
    kept_end = fields[-1].start if fields[-1].tag == der.CONTEXT_1 else signer.end
    content = pkcs7[signer.content : kept_end] + der.encode(der.CONTEXT_1, b"".join(attributes))
    inner = der.encode(signer.tag, content)
    for outer, child in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        content = pkcs7[outer.content : child.start] + inner + pkcs7[child.end : outer.end]
        inner = der.encode(outer.tag, content)
    return inner


def _fitting(pkcs7: bytes, minimum: int) -> bytes:
    """Add the smallest region that sorts last and needs no padding after it.

    The region sorts last when it is the longest attribute, since the length precedes the content.
    Another attribute, such as a nested signature, may be longer, so several sizes are tried.
    """
    signer = region.signer_path(pkcs7)[-1]
    longest = max((a.end - a.start for a in region.unsigned_attributes(pkcs7, signer)), default=0)
    start = max(minimum, longest)
    for size in range(start, start + 64):
        candidate = _with_attribute(pkcs7, size)
        aligned = (pe.CERTIFICATE_HEADER_BYTES + len(candidate)) % 8 == 0
        if aligned and candidate.endswith(bytes(size)) and _ends_with_region(candidate):
            return candidate
    raise RegionMalformed(reason=Text("no region size fits", "没有合适的许可区大小"))


def _ends_with_region(candidate: bytes) -> bool:
    try:
        region.locate_in(candidate, 0)
    except RegionMalformed:
        return False
    return True


def reserve(source: BinaryIO, target: BinaryIO, minimum: int = DEFAULT_BYTES) -> Reserved:
    """Copy a signed PE file to an empty one, with an empty licence region of at least ``minimum`` bytes.

    Directory size, certificate length and checksum are set here, once; stamping changes
    none of them. The file's sum is never left at 0 modulo 65535, where checksum
    implementations disagree. What was written before a refusal is of no use.

    Raises:
        PeMalformed, RegionMalformed: the file is not one that can carry a region.
    """
    if not region.OVERHEAD_BYTES < minimum <= _MAX_BYTES:
        raise RegionMalformed(reason=Text("the region's size is out of range", "许可区大小超出范围"))
    layout = pe.read_layout(source)
    table = pe.read_pkcs7(source, layout)
    pkcs7 = table[: der.element(table, 0, len(table)).end]
    if any(table[len(pkcs7) :]):
        raise RegionMalformed(reason=Text("bytes follow the PKCS#7 structure", "PKCS#7 结构之后还有内容"))
    enlarged = _fitting(pkcs7, minimum)
    length = pe.CERTIFICATE_HEADER_BYTES + len(enlarged)
    source.seek(0)
    shutil.copyfileobj(source, target, pe.CHUNK_BYTES)
    target.seek(layout.table_at)
    target.write(struct.pack("<IHH", length, 0x0200, 2) + enlarged)
    target.seek(layout.security_at + 4)
    target.write(struct.pack("<I", length))
    reserved = _settle_checksum(target, region.locate_in(enlarged, layout.pkcs7_at))
    read = installer.read(target)
    if read.licence or read.region != reserved.region:
        raise RegionMalformed(reason=Text("the reserved region does not read back", "写入的许可区无法读回"))
    return reserved


def _settle_checksum(target: BinaryIO, place: region.Region) -> Reserved:
    """Write the empty region and the checksum; choose a region sum that keeps the file's sum nonzero."""
    layout = pe.read_layout(target)
    residue = installer.checksum_residue(target, layout)  # the region is all zeros still
    region_sum = next(region_sum for region_sum in region.REGION_SUMS if (residue + region_sum) % 0xFFFF)
    target.seek(place.offset)
    target.write(region.pack(b"", place, region_sum))
    target.seek(layout.checksum_at)
    target.write(struct.pack("<I", (residue + region_sum) % 0xFFFF + layout.file_bytes))
    return Reserved(place, region_sum)
