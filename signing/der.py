"""A strict DER parser (ITU-T X.690) for walking a signature block by absolute offsets.

It accepts definite, minimal lengths and single-byte tags only. Authenticode signing tools
write DER, so BER forms are refused.
"""

from __future__ import annotations

from typing import List, NamedTuple

from signing.refusals import RegionMalformed
from signing.text import Text

SEQUENCE = 0x30
SET = 0x31
OBJECT_IDENTIFIER = 0x06
OCTET_STRING = 0x04
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1


class Element(NamedTuple):
    """One tag-length-value: offsets of the tag, of the content, and past the end."""

    tag: int
    start: int
    content: int
    end: int


def element(data: bytes, at: int, limit: int) -> Element:
    """Parse the element that begins at ``at`` and ends by ``limit``.

    Raises:
        RegionMalformed: the element is truncated, indefinite, not minimal, or has a multi-byte tag.
    """
    if limit - at < 2:
        raise RegionMalformed(reason=Text("truncated DER", "DER 数据不完整"))
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:
        raise RegionMalformed(reason=Text("multi-byte DER tag", "DER 标签过长"))
    content, length = at + 2, first
    if first >= 0x80:
        content, length = _long_length(data, at + 2, first & 0x7F, limit)
    if length > limit - content:
        raise RegionMalformed(reason=Text("DER length runs past its container", "DER 长度越界"))
    return Element(tag, at, content, content + length)


def _long_length(data: bytes, at: int, count: int, limit: int) -> tuple[int, int]:
    if not 1 <= count <= 4 or count > limit - at:
        raise RegionMalformed(reason=Text("indefinite or oversized DER length", "DER 长度不定或过大"))
    length = int.from_bytes(data[at : at + count], "big")
    if length < 0x80 or length >> (8 * (count - 1)) == 0:
        raise RegionMalformed(reason=Text("DER length is not minimal", "DER 长度不是最短写法"))
    return at + count, length


def children(data: bytes, parent: Element) -> List[Element]:
    """Parse the elements inside a constructed element, which they must fill exactly.

    Raises:
        RegionMalformed: as for :func:`element`.
    """
    elements: List[Element] = []
    at = parent.content
    while at < parent.end:
        child = element(data, at, parent.end)
        elements.append(child)
        at = child.end
    return elements


def encode(tag: int, content: bytes) -> bytes:
    """Encode one element."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def object_identifier(*arcs: int) -> bytes:
    """Encode an object identifier."""
    body = b"".join(_base128(arc) for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]))
    return encode(OBJECT_IDENTIFIER, body)


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | arc & 0x7F)
    return bytes(reversed(digits))
