"""Parses Android apps (APK): the zip's central directory and end record, and the APK Signing Block.

Source: the zip file format (PKWARE, APPNOTE), and "APK Signature Scheme v2" of the Android Open Source
Project. The APK Signing Block lies directly before the central directory::

    size u64 | pairs | size u64 | "APK Sig Block 42"        each size counts what follows the first one
    pair: length u64 | id u32 | value                       the length counts id and value

Readers of the zip skip the block, and the signature covers none of it. So only the pairs that this project
writes are accepted. Rules are stricter than Android's where two readers could disagree.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, List, NamedTuple, Optional, Tuple

from signing.refusals import ApkBlockNotPadded, ApkMalformed, ApkUnsigned, RegionMalformed
from signing.text import Text

MAGIC = b"APK Sig Block 42"
V2_ID, V3_ID = 0x7109871A, 0xF05368C0
PADDING_ID = 0x42726577
REGION_ID = 0x4F534C31
"""The pair of the licence region: the letters OSL1."""
_KNOWN_IDS = (V2_ID, V3_ID, PADDING_ID, REGION_ID)

PAGE_BYTES = 4096
"""Android 9 and later may refuse a block that is no multiple of this, padded by a pair of its own."""
SIZE = struct.Struct("<Q")
PAIR = struct.Struct("<QI")
FOOTER_BYTES = SIZE.size + len(MAGIC)
_MAX_BLOCK_BYTES = 1 << 24

END = struct.Struct("<4sHHHHIIH")
_END_MARK, _ENTRY_MARK, _ZIP64_MARK = b"PK\5\6", b"PK\1\2", b"PK\6\7"
_ENTRY = struct.Struct("<4s16xIIHHH8xI")
"""Of an entry: mark, compressed and plain size, lengths of name, extra field and comment, offset."""
_ZIP64_LOCATOR_BYTES = 20
_MAX_COMMENT_BYTES = 0xFFFF
_TRUNCATED = Text("truncated", "文件不完整")


class Pair(NamedTuple):
    """An ID-value pair; ``at`` is the absolute file offset of its value."""

    id: int
    at: int
    size: int


class Layout(NamedTuple):
    """Absolute offsets in a signed APK: block, central directory, end record, end of file."""

    block_at: int
    directory_at: int
    end_at: int
    file_bytes: int
    pairs: Tuple[Pair, ...]

    @property
    def block_bytes(self) -> int:
        """The size of the whole block, both of its size fields included."""
        return self.directory_at - self.block_at

    def find(self, pair_id: int) -> Optional[Pair]:
        """Look up a pair by its id."""
        return next((pair for pair in self.pairs if pair.id == pair_id), None)


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Read exactly ``count`` bytes at an offset.

    Raises:
        ApkMalformed: the file ends before.
    """
    file.seek(offset)
    data = file.read(count)
    if len(data) != count:
        raise ApkMalformed(reason=_TRUNCATED)
    return data


def read_pair(file: BinaryIO, pair: Pair) -> bytes:
    """Read a pair's value.

    Raises:
        ApkMalformed: the file ended early.
    """
    return read_at(file, pair.at, pair.size)


def read_layout(file: BinaryIO) -> Layout:
    """Read the offsets of a signed APK, and the pairs of its signing block.

    Raises:
        ApkMalformed: the file is no zip of the plain form, or its block breaks the format.
        ApkUnsigned: it has no signing block, or none with a signature of scheme v2.
        RegionMalformed: it has two licence regions.
    """
    file_bytes = file.seek(0, 2)
    end_at = _find_end(file, file_bytes)
    directory_at, entries = _read_end(file, end_at)
    block = _read_block(file, directory_at)
    block_at = directory_at - len(block)
    _check_directory(read_at(file, directory_at, end_at - directory_at), entries, block_at)
    return Layout(block_at, directory_at, end_at, file_bytes, _read_pairs(block, block_at))


def check_padding(file: BinaryIO, layout: Layout) -> None:
    """Check that the block fills whole pages, by a padding pair of zeros.

    Android 9 and later refuse others where they verify by pages; ``apksigner verify`` does not notice.

    Raises:
        ApkBlockNotPadded: it does not.
    """
    padding = layout.find(PADDING_ID)
    if layout.block_bytes % PAGE_BYTES or padding is None or any(read_pair(file, padding)):
        raise ApkBlockNotPadded(size_bytes=layout.block_bytes)


def _find_end(file: BinaryIO, file_bytes: int) -> int:
    """Find the end record. It must be the only one that fits the end of the file, without a comment."""
    if file_bytes < END.size:
        raise ApkMalformed(reason=_TRUNCATED)
    start = max(0, file_bytes - END.size - _MAX_COMMENT_BYTES)
    window = read_at(file, start, file_bytes - start)
    found = _candidates(window)
    if not found:
        raise ApkMalformed(reason=Text("no end record of a zip", "找不到压缩文件的结尾记录"))
    if len(found) > 1:
        raise ApkMalformed(reason=Text("several end records fit", "有多个可用的结尾记录"))
    if found[0] + END.size != len(window):
        raise ApkMalformed(reason=Text("it has an archive comment", "压缩文件带有注释"))
    return start + found[0]


def _candidates(window: bytes) -> List[int]:
    """Return the offsets of end records whose comment reaches the end of the window."""
    found, at = [], window.find(_END_MARK)
    while 0 <= at <= len(window) - END.size:
        (comment,) = struct.unpack_from("<H", window, at + END.size - 2)
        if at + END.size + comment == len(window):
            found.append(at)
        at = window.find(_END_MARK, at + 1)
    return found


def _read_end(file: BinaryIO, end_at: int) -> Tuple[int, int]:
    """Return the central directory's offset and number of entries."""
    _, disk, directory_disk, entries_here, entries, directory_bytes, directory_at, _ = END.unpack(
        read_at(file, end_at, END.size)
    )
    locator_at = end_at - _ZIP64_LOCATOR_BYTES
    marked = locator_at >= 0 and read_at(file, locator_at, 4) == _ZIP64_MARK
    if marked or entries == 0xFFFF or 0xFFFFFFFF in (directory_bytes, directory_at):
        raise _zip64()
    if disk or directory_disk or entries_here != entries:
        raise ApkMalformed(reason=Text("a part of a split zip", "是分卷压缩文件的一部分"))
    if directory_at + directory_bytes != end_at:
        raise ApkMalformed(reason=Text("the central directory lies in a wrong place", "中央目录的位置不对"))
    return directory_at, entries


def _check_directory(directory: bytes, entries: int, block_at: int) -> None:
    """Check that the entries fill the directory and lie before the block."""
    at = 0
    for _ in range(entries):
        if at + _ENTRY.size > len(directory):
            raise ApkMalformed(reason=Text("the central directory is too short", "中央目录不完整"))
        mark, *sizes, name, extra, comment, offset = _ENTRY.unpack_from(directory, at)
        if mark != _ENTRY_MARK:
            raise ApkMalformed(reason=Text("the central directory is damaged", "中央目录已损坏"))
        if 0xFFFFFFFF in (*sizes, offset):
            raise _zip64()
        if offset >= block_at:
            raise ApkMalformed(reason=Text("an entry lies behind the signing block", "有条目位于签名块之后"))
        at += _ENTRY.size + name + extra + comment
    if at != len(directory):
        raise ApkMalformed(reason=Text("the central directory is damaged", "中央目录已损坏"))


def _zip64() -> ApkMalformed:
    return ApkMalformed(reason=Text("it is in the zip64 format", "使用了 zip64 格式"))


def _read_block(file: BinaryIO, directory_at: int) -> bytes:
    """Read the whole signing block, whose two sizes must agree."""
    footer_at = directory_at - FOOTER_BYTES
    footer = read_at(file, footer_at, FOOTER_BYTES) if footer_at >= SIZE.size else b""
    if not footer.endswith(MAGIC):
        raise ApkUnsigned
    (size,) = SIZE.unpack_from(footer)
    if not FOOTER_BYTES <= size <= min(_MAX_BLOCK_BYTES, directory_at - SIZE.size):
        raise ApkMalformed(reason=Text("the signing block's size is wrong", "签名块大小有误"))
    block = read_at(file, directory_at - size - SIZE.size, size + SIZE.size)
    if SIZE.unpack_from(block) != (size,):
        raise ApkMalformed(reason=Text("the signing block's two sizes differ", "签名块的两处大小不一致"))
    return block


def _read_pairs(block: bytes, block_at: int) -> Tuple[Pair, ...]:
    """Walk the pairs, which must fill the block, be known, and be there once each."""
    pairs, at, end = [], SIZE.size, len(block) - FOOTER_BYTES
    while at < end:
        if at + PAIR.size > end:
            raise ApkMalformed(reason=Text("the signing block is damaged", "签名块已损坏"))
        length, pair_id = PAIR.unpack_from(block, at)
        if not PAIR.size - SIZE.size <= length <= end - at - SIZE.size:
            raise ApkMalformed(reason=Text("a pair's length is wrong", "签名块内有一项长度有误"))
        value_at = block_at + at + PAIR.size
        pairs.append(Pair(pair_id, value_at, length - (PAIR.size - SIZE.size)))
        at += SIZE.size + length
    _check_ids([pair.id for pair in pairs])
    return tuple(pairs)


def _check_ids(ids: List[int]) -> None:
    if ids.count(REGION_ID) > 1:
        raise RegionMalformed(reason=Text("two licence regions", "有两个许可区"))
    if len(set(ids)) < len(ids):
        raise ApkMalformed(reason=Text("a pair is there twice", "签名块内有重复的项"))
    foreign = [pair_id for pair_id in ids if pair_id not in _KNOWN_IDS]
    if foreign:
        mark = f"0x{foreign[0]:08x}"
        raise ApkMalformed(
            reason=Text(
                f"the signing block has a pair that OneSeat does not write: {mark}",
                f"签名块内有外来内容：{mark}",
            )
        )
    if V2_ID not in ids:
        raise ApkUnsigned
