"""Unpacks an NSIS installer that was compressed as one LZMA stream, without running it.

Source: NSIS, Source/exehead/fileform.h: a first header of 28 bytes, then the compressed stream: the
    installer's own
header and the data blocks, each after its length in four bytes.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Iterator
from pathlib import Path

_SIGNATURE = b"\xef\xbe\xad\xdeNullsoftInst"
_PROPERTIES = "<BI"


def blocks(installer: Path) -> Iterator[bytes]:
    """Every file in an installer, without its name."""
    data = installer.read_bytes()
    at = data.index(_SIGNATURE) + len(_SIGNATURE) + 8
    stream = _decompressed(data[at:])
    position = 0
    while position + 4 <= len(stream):
        (length,) = struct.unpack_from("<I", stream, position)
        yield stream[position + 4 : position + 4 + length]
        position += 4 + length


def programs(installer: Path) -> list[bytes]:
    """Every Windows program and library in an installer."""
    return [block for block in blocks(installer) if block[:2] == b"MZ"]


def _decompressed(data: bytes) -> bytes:
    properties, dictionary = struct.unpack_from(_PROPERTIES, data)
    positions, rest = divmod(properties, 45)
    literals, contexts = divmod(rest, 9)
    filters = [
        {"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": contexts, "lp": literals, "pb": positions}
    ]
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    return decompressor.decompress(data[struct.calcsize(_PROPERTIES) :])
