"""Android apps that are put together byte by byte, without any tool: well-formed ones, and others."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from typing import List, Sequence, Tuple

from signing import apk, apk_region
from signing.region import Region

RSA_SHA256 = 0x0103

Pairs = List[Tuple[int, bytes]]


def layout_of(data: bytes) -> apk.Layout:
    return apk.read_layout(io.BytesIO(data))


def pairs_of(data: bytes) -> Pairs:
    return [(pair.id, data[pair.at : pair.at + pair.size]) for pair in layout_of(data).pairs]


def edited(data: bytes, at: int, value: bytes) -> bytes:
    """The data with another value at an offset."""
    return data[:at] + value + data[at + len(value) :]


def block_of(pairs: Pairs, *, padded: bool) -> bytes:
    """A signing block of these pairs; where ``padded``, they get the padding pair that fills the page."""
    body = b"".join(struct.pack("<QI", len(value) + 4, pair_id) + value for pair_id, value in pairs)
    if padded:
        room = -(8 + len(body) + 12 + 24) % 4096
        body += struct.pack("<QI", room + 4, apk.PADDING_ID) + bytes(room)
    size = struct.pack("<Q", len(body) + 24)
    return size + body + size + apk.MAGIC


def assembled(content: bytes, block: bytes, end: bytes) -> bytes:
    """A file of content, signing block, and central directory with end record, whose offset is set right."""
    moved = bytearray(end)
    struct.pack_into("<I", moved, len(end) - 6, len(content) + len(block))
    return content + block + bytes(moved)


def with_pairs(data: bytes, pairs: Pairs, *, padded: bool = True) -> bytes:
    """The file with other pairs in its signing block, everything around them set right."""
    layout = layout_of(data)
    kept = [pair for pair in pairs if not padded or pair[0] != apk.PADDING_ID]
    return assembled(data[: layout.block_at], block_of(kept, padded=padded), data[layout.directory_at :])


def part(data: bytes) -> bytes:
    """Bytes behind their length."""
    return struct.pack("<I", len(data)) + data


def numbered(pairs: Sequence[Tuple[int, bytes]]) -> bytes:
    """A sequence of numbered parts."""
    return part(b"".join(part(struct.pack("<I", number) + part(data)) for number, data in pairs))


def plain_zip() -> Tuple[bytes, bytes]:
    """A small zip: its content, and its central directory with the end record."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("assets/oneseat.json"), b'{"exam":"test"}')
    data = file.getvalue()
    (directory_at,) = struct.unpack_from("<I", data, len(data) - 6)
    return data[:directory_at], data[directory_at:]


def content_digest(content: bytes, end: bytes) -> bytes:
    """The content digest of a file whose sections are all shorter than a chunk, by its definition."""
    moved = bytearray(end[-22:])
    struct.pack_into("<I", moved, 16, len(content))
    sections = (content, end[:-22], bytes(moved))
    chunks = [hashlib.sha256(b"\xa5" + part(section)).digest() for section in sections]
    return hashlib.sha256(b"\x5a" + struct.pack("<I", len(chunks)) + b"".join(chunks)).digest()


def simulated_apk(licence: bytes, *, protected: bool = False) -> bytes:
    """An APK of the right form, always the same bytes; its signature is of nobody."""
    content, end = plain_zip()
    attributes = part(struct.pack("<II", 0xBEEFF00D, 3)) if protected else b""
    digests = numbered([(RSA_SHA256, content_digest(content, end))])
    signed_data = digests + part(part(b"certificate")) + part(attributes)
    signer = part(signed_data) + numbered([(RSA_SHA256, bytes(256))]) + part(b"public key")
    region = apk_region.packer(Region(0, 2048))(licence)
    pairs = [(apk.V2_ID, part(part(signer))), (apk.REGION_ID, region)]
    return assembled(content, block_of(pairs, padded=True), end)
