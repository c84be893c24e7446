"""Reads roster files as rows of cells, with the row numbers that a spreadsheet shows."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from oneseat.files.chunks import chunks
from oneseat.files.os_errors import why
from oneseat.pipeline.roster.cells import Value
from oneseat.pipeline.roster.columns import Columns, Header, read_header, titles
from oneseat.pipeline.roster.errors import RosterColumnsMissing, RosterUnreadable
from signing.text import Text

Row = tuple[int, Sequence[Value]]
"""A row's number as a spreadsheet shows it (from 1), and its cells."""

_HEADER_WITHIN = 10
"""Rows searched for the header: titles and remarks may precede it."""
_DELIMITERS = (",", "\t", ";")
_CHUNK = 1 << 20
_MOST_UNPACKED_BYTES = 512 << 20
"""A million candidates take about 150 MiB of XML."""
_MOST_CELLS = 25_000_000
_CELL_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_LONGEST_REFERENCE = 16
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def rows(path: Path) -> tuple[Columns, Iterator[Row]]:
    """Find the columns; return them and an iterator over the rows below the header.

    Raises:
        RosterUnreadable: the file is missing, damaged, or in no known encoding.
        RosterColumnsMissing: none of the first rows names the columns.
    """
    source = _workbook_rows(path) if _magic(path).startswith((_ZIP, _OLE)) else _csv_rows(path)
    best = Header({}, ())
    for number, cells in source:
        header = read_header(cells)
        if header.duplicates:
            name = titles(header.duplicates)
            raise _unreadable(path, f"it has two columns for {name.en}", f"有两列“{name.zh}”")
        if not header.missing:
            return header.columns(), source
        best = max(best, header, key=lambda header: len(header.positions))
        if number >= _HEADER_WITHIN:
            break
    raise RosterColumnsMissing(file=path.name, missing=titles(best.missing))


class Fingerprint(NamedTuple):
    """A file's SHA-256 in hexadecimal, and its number of lines (None for a workbook)."""

    digest: str
    lines: int | None


def fingerprint(path: Path) -> Fingerprint:
    """Digest a file and count its lines.

    Raises:
        RosterUnreadable: the file is missing or unreadable.
    """
    digest, lines = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            workbook = file.peek(4)[:4] in (_ZIP, _OLE)
            for chunk in chunks(file):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except OSError as error:
        raise _unreadable_os(path, error) from None
    return Fingerprint(digest.hexdigest(), None if workbook else lines)


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise _unreadable_os(path, error) from None


def _refuse_oversized(path: Path) -> None:
    """Refuse a workbook that does not fit into memory, before the reader allocates its whole grid.

    A stray value in the last cell of a sheet, or a zip bomb, would need hundreds of GiB.
    """
    try:
        with zipfile.ZipFile(path) as book:
            sheets = [item for item in book.infolist() if item.filename.startswith("xl/worksheets/")]
            unpacked = sum(item.file_size for item in book.infolist())
            rows, columns = _extent(book, sheets) if unpacked <= _MOST_UNPACKED_BYTES else (0, 0)
    except zipfile.BadZipFile:
        return  # an older kind of workbook, or none: the reader reports it
    if unpacked > _MOST_UNPACKED_BYTES or rows * columns > _MOST_CELLS:
        raise _unreadable(
            path,
            f"it spans {rows} rows and {columns} columns, {unpacked >> 20} MiB unpacked; "
            "delete stray cells beyond the list, or save it as CSV",
            f"表格共 {rows} 行 {columns} 列，解压后 {unpacked >> 20} MiB；请删除多余单元格，或另存为 CSV",
        )


def _extent(book: zipfile.ZipFile, sheets: Iterable[zipfile.ZipInfo]) -> tuple[int, int]:
    """Return the highest row and column that any cell of the sheets names."""
    last_row = last_column = 0
    for sheet in sheets:
        with book.open(sheet) as stream:
            kept = b""
            while chunk := stream.read(_CHUNK):
                text = kept + chunk
                for letters, digits in _CELL_REFERENCE.findall(text):
                    last_row = max(last_row, int(digits))
                    last_column = max(last_column, _column(letters))
                kept = text[-_LONGEST_REFERENCE:]
    return last_row, last_column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _workbook_rows(path: Path) -> Iterator[Row]:
    try:
        _refuse_oversized(path)
        with closing(CalamineWorkbook.from_path(str(path))) as workbook:
            sheet = workbook.get_sheet_by_index(0)
            yield from enumerate(sheet.iter_rows(), start=1)
    except (CalamineError, OSError, ValueError, IndexError):
        raise _unreadable(
            path, "it is not a workbook, or it has a password", "不是有效的工作簿，或设有密码"
        ) from None


def _csv_rows(path: Path) -> Iterator[Row]:
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=_delimiter(path, encoding))
            number = 1
            for cells in reader:
                yield number, cells
                number = reader.line_num + 1
    except csv.Error:
        line = number
        raise _unreadable(
            path,
            f"the row that begins in line {line} never ends or has a cell beyond measure; "
            "a quotation mark may be left open",
            f"第 {line} 行起的内容没有结束或单元格过长，可能缺少右引号",
        ) from None
    except UnicodeDecodeError as error:
        raise _undecodable(path, encoding, error.start) from None
    except OSError as error:
        raise _unreadable_os(path, error) from None


def _encoding(path: Path) -> str:
    """Detect the encoding: UTF-8 if the bytes are valid UTF-8, else GB18030, which accepts most bytes."""
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        for bom, encoding in _BOMS.items():
            if start.startswith(bom):
                return encoding
        bad_at = _first_bad_byte(start, file)
    if bad_at is None:
        return "utf-8"
    first_line = start.partition(b"\n")[0]
    if bad_at > len(first_line) and not first_line.isascii():
        # The header is sound UTF-8 in Chinese: this is not GB18030 but damaged UTF-8.
        raise _undecodable(path, "utf-8", bad_at)
    return "gb18030"


def _first_bad_byte(start: bytes, rest: io.BufferedReader) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done, chunk = 0, start
    while True:
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return done + error.start
        if not chunk:
            return None
        done += len(chunk)
        chunk = rest.read(_CHUNK)


def _delimiter(path: Path, encoding: str) -> str:
    """Choose the delimiter with which one of the first lines names the most columns."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        lines = [file.readline(10_000) for _ in range(_HEADER_WITHIN)]

    def named(delimiter: str) -> int:
        return max(len(read_header(cells).positions) for cells in csv.reader(lines, delimiter=delimiter))

    return max(_DELIMITERS, key=named)


def _unreadable(path: Path, en: str, zh: str) -> RosterUnreadable:
    return RosterUnreadable(file=path.name, reason=Text(en, zh))


def _unreadable_os(path: Path, error: OSError) -> RosterUnreadable:
    return RosterUnreadable(file=path.name, reason=why(error))


def _undecodable(path: Path, encoding: str, at: int) -> RosterUnreadable:
    name = encoding.upper().removesuffix("-SIG")
    return _unreadable(path, f"byte {at} is not {name}", f"第 {at} 字节不符合 {name} 编码")
