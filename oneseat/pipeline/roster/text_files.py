"""Reads text files as rows of cells: detects encoding and separator, and refuses what is no table."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from oneseat.pipeline.roster.columns import read_header
from oneseat.pipeline.roster.errors import RosterBig5, RosterSeparator, RosterUnreadable
from oneseat.pipeline.roster.workbooks import Row
from signing.os_faults import system_reason
from signing.text import Text

HEADER_WITHIN = 10
"""Rows searched for the header: titles and remarks may precede it."""

_DELIMITERS = (",", "\t", ";")
_REFUSED_DELIMITERS = ("，", "|", "；", "、", "｜")
"""Separators that names and remarks may hold as well, so that a table is not split at them."""
_CHUNK = 1 << 20
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LONGEST_LINE = 10_000
_EURO = "oneseat-windows-936"


def _decode_euro(error: UnicodeError) -> tuple[str, int]:
    """Decode byte 80, which is the euro sign in Windows' GBK and no character in GB 18030."""
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error(_EURO, _decode_euro)


def rows(path: Path, chosen: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of a text file. ``chosen`` maps columns to titles that the caller has named.

    Raises:
        RosterUnreadable: the file is unreadable, in no known encoding, or has a quotation mark left open.
        RosterBig5: the file is in Big5.
        RosterSeparator: the titles are separated by something else than commas, tabs or semicolons.
    """
    encoding = _encoding(path)
    errors = _EURO if encoding == "gb18030" else "strict"
    number = 1
    try:
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            for cells in (reader := csv.reader(file, delimiter=_delimiter(path, encoding, chosen))):
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
        raise RosterUnreadable(file=path.name, reason=system_reason(error)) from None


def _encoding(path: Path) -> str:
    """Detect the encoding: UTF-8 if the bytes are valid UTF-8, else GB18030, which accepts most bytes."""
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        for bom, encoding in _BOMS.items():
            if start.startswith(bom):
                return encoding
        if start[:_LONGEST_LINE].count(0) > len(start[:_LONGEST_LINE]) // 10:
            # Digits and commas of UTF-16 have one zero byte each, and no other text has so many.
            even, odd = start[0:_LONGEST_LINE:2].count(0), start[1:_LONGEST_LINE:2].count(0)
            return "utf-16-le" if odd > even else "utf-16-be"
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


def _delimiter(path: Path, encoding: str, chosen: Mapping[str, str]) -> str:
    """Choose the delimiter with which one of the first lines names the most columns."""
    best, named = _best_delimiter(_first_lines(path, encoding), chosen)
    if named == 0 and encoding == "gb18030" and _best_delimiter(_first_lines(path, "big5"), chosen)[1] > 0:
        raise RosterBig5(file=path.name)
    if best in _REFUSED_DELIMITERS:
        raise RosterSeparator(file=path.name, separator=best)
    return best


def _best_delimiter(lines: list[str], chosen: Mapping[str, str]) -> tuple[str, int]:
    """Return a delimiter, and how many columns a line names with it."""

    def score(delimiter: str) -> tuple[int, int]:
        rows = list(csv.reader(lines, delimiter=delimiter))
        named = max(len(read_header(cells, chosen).positions) for cells in rows)
        return named, max(map(len, rows))

    scores = {delimiter: score(delimiter) for delimiter in (*_DELIMITERS, *_REFUSED_DELIMITERS)}
    best = max(scores, key=scores.__getitem__)
    if scores[best][0] < 2:
        # No line is a header. A sentence with full-width commas may name one column, so only cells count.
        best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter][1])
    return best, max(named for named, _ in scores.values())


def _first_lines(path: Path, encoding: str) -> list[str]:
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        return [file.readline(_LONGEST_LINE) for _ in range(HEADER_WITHIN)]


def _unreadable(path: Path, en: str, zh: str) -> RosterUnreadable:
    return RosterUnreadable(file=path.name, reason=Text(en, zh))


def _undecodable(path: Path, encoding: str, at: int) -> RosterUnreadable:
    name = encoding.upper().removesuffix("-SIG")
    return _unreadable(path, f"byte {at} is not {name}", f"第 {at} 字节不符合 {name} 编码")
