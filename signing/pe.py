"""Parses Windows programs (PE): offsets of checksum, security directory and signature.

Source: Microsoft, "PE Format" (optional header, attribute certificate table), and the
image checksum that ``CheckSumMappedFile`` computes.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Iterator, NamedTuple

from signing.errors import OneSeatError
from signing.refusals import PeMalformed
from signing.text import Text

CERTIFICATE_HEADER_BYTES = 8
_SECURITY_ENTRY = 4
_MAX_HEADER_OFFSET = 1 << 20
_REVISION_2, _PKCS_SIGNED_DATA = 0x0200, 0x0002
_DIRECTORIES_AT = {0x10B: 96, 0x20B: 112}
"""Offset of the data directories in a PE32 and a PE32+ optional header."""

CHUNK_BYTES = 1 << 20


class Layout(NamedTuple):
    """Absolute offsets in a signed PE file. The certificate table ends the file."""

    checksum_at: int
    security_at: int
    table_at: int
    table_bytes: int
    file_bytes: int
    checksum: int

    @property
    def pkcs7_at(self) -> int:
        """Offset of the PKCS#7 structure of the only certificate."""
        return self.table_at + CERTIFICATE_HEADER_BYTES


def _read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    data = file.read(count)
    if len(data) != count:
        raise PeMalformed(reason=Text("truncated", "文件不完整"))
    return data


def chunks(file: BinaryIO, start: int, end: int, too_short: OneSeatError) -> Iterator[bytes]:
    """Yield the bytes of a file from ``start`` to ``end``, in chunks of at most 1 MiB.

    Raises:
        OneSeatError: the file ends before ``end``; ``too_short`` itself is raised.
    """
    file.seek(start)
    left = end - start
    while left > 0:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise too_short
        left -= len(chunk)
        yield chunk


def read_layout(file: BinaryIO) -> Layout:
    """Read the offsets of a signed PE file that signing and stamping use.

    Raises:
        PeMalformed: the file is not PE32 or PE32+, is not signed, has several certificates, or has
            bytes after the certificate table.
    """
    layout = read_any_layout(file)
    _check_table(file, layout)
    return layout


def read_any_layout(file: BinaryIO) -> Layout:
    """Read the offsets of a PE file that may be unsigned; ``table_bytes`` is 0 then.

    Raises:
        PeMalformed: the file is not PE32 or PE32+.
    """
    file_bytes = file.seek(0, 2)
    if _read_at(file, 0, 2) != b"MZ":
        raise PeMalformed(reason=Text("no MZ header", "缺少 MZ 文件头"))
    (header_at,) = struct.unpack("<I", _read_at(file, 0x3C, 4))
    if header_at > _MAX_HEADER_OFFSET or _read_at(file, header_at, 4) != b"PE\0\0":
        raise PeMalformed(reason=Text("no PE header", "缺少 PE 文件头"))
    optional_at = header_at + 24
    (magic,) = struct.unpack("<H", _read_at(file, optional_at, 2))
    if magic not in _DIRECTORIES_AT:
        raise PeMalformed(reason=Text("neither PE32 nor PE32+", "既不是 PE32 也不是 PE32+"))
    directories_at = optional_at + _DIRECTORIES_AT[magic]
    (count,) = struct.unpack("<I", _read_at(file, directories_at - 4, 4))
    if count <= _SECURITY_ENTRY:
        raise PeMalformed(reason=Text("no security directory", "没有签名目录"))
    security_at = directories_at + 8 * _SECURITY_ENTRY
    table_at, table_bytes = struct.unpack("<II", _read_at(file, security_at, 8))
    (checksum,) = struct.unpack("<I", _read_at(file, optional_at + 64, 4))
    return Layout(optional_at + 64, security_at, table_at, table_bytes, file_bytes, checksum)


def _check_table(file: BinaryIO, layout: Layout) -> None:
    if layout.table_at == 0 or layout.table_bytes == 0:
        raise PeMalformed(reason=Text("it is not signed", "没有数字签名"))
    if layout.table_at % 8 or layout.table_at < layout.security_at + 8:
        raise PeMalformed(reason=Text("the certificate table lies in a wrong place", "签名表的位置不对"))
    if layout.table_at + layout.table_bytes > layout.file_bytes:
        raise PeMalformed(reason=Text("truncated", "文件不完整"))
    if layout.table_at + layout.table_bytes < layout.file_bytes:
        raise PeMalformed(reason=Text("bytes follow the certificate table", "签名表之后还有内容"))
    header = _read_at(file, layout.table_at, CERTIFICATE_HEADER_BYTES)
    length, revision, kind = struct.unpack("<IHH", header)
    if (revision, kind) != (_REVISION_2, _PKCS_SIGNED_DATA):
        raise PeMalformed(reason=Text("the certificate is not PKCS#7 signed data", "签名不是 PKCS#7 格式"))
    if length > layout.table_bytes or length <= CERTIFICATE_HEADER_BYTES:
        raise PeMalformed(reason=Text("the certificate's length is wrong", "签名长度有误"))
    if layout.table_bytes - length >= 8:
        raise PeMalformed(reason=Text("several certificates", "有多个签名"))


def read_pkcs7(file: BinaryIO, layout: Layout) -> bytes:
    """Read the certificate table without its header, padding included.

    Raises:
        PeMalformed: the file ended early.
    """
    return _read_at(file, layout.pkcs7_at, layout.table_bytes - CERTIFICATE_HEADER_BYTES)


def word_sum(data: bytes, offset: int = 0) -> int:
    """Sum 16-bit little-endian words modulo 65535, for bytes that begin at ``offset`` of the file.

    65536 is 1 modulo 65535, so the sum is the whole number modulo 65535: one division instead
    of a loop. Bytes at odd offsets are the high halves of their words.
    """
    return (int.from_bytes(data, "little") << (8 * (offset & 1))) % 0xFFFF


def fold(residue: int) -> int:
    """Convert a residue to the 16-bit one's-complement sum.

    That is 0 only for all zeros, so 0 becomes 65535.
    """
    return residue or 0xFFFF
