"""Reads the sheets of a workbook: visible and hidden ones, hidden rows and columns, formulas without values.

The reader (calamine) returns values only. What it does not tell is read from the sheet's XML in one
pass, which also measures the sheet before its grid is allocated.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from oneseat.pipeline.roster.cells import Missing, Value
from oneseat.pipeline.roster.encrypted import decrypt
from oneseat.pipeline.roster.errors import RosterEncrypted, RosterTooLarge, RosterUnreadable
from signing.text import Text

Row = tuple[int, Sequence[Value]]
"""A row's number as a spreadsheet shows it (from 1), and its cells."""

Content = Path | io.BytesIO
"""A workbook's file, or what it decrypts to."""

_CHUNK = 1 << 20
_MOST_UNPACKED_BYTES = 512 << 20
"""A million candidates take about 150 MiB of XML."""
_MOST_CELLS = 25_000_000
_LONGEST_PART = 64 << 10
"""The parts that list the sheets are small; a longer one is not read."""

_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\shidden="(?:1|true)")[^>]*\sr="([0-9]{1,7})"')
_HIDDEN_COLUMNS = re.compile(rb'<col\b(?=[^>]*\shidden="(?:1|true)")[^>]*>')
_FIRST_COLUMN, _LAST_COLUMN = re.compile(rb'\smin="([0-9]{1,5})"'), re.compile(rb'\smax="([0-9]{1,5})"')
_UNSAVED = re.compile(
    rb'<c\b[^>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_OVERLAP = 1024
"""Bytes of a chunk that are looked at again with the next, so that no element is cut. Formulas that
candidates' numbers are made with are shorter."""
_SHEET_ENTRY = re.compile(r"<sheet\b[^>]*>")
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_DIMENSION = re.compile(rb"<dimension\b[^>]*?(?:/>|></dimension>)")


class _Marks(NamedTuple):
    """A sheet's extent, its hidden rows and columns, and the cells whose formula has no value."""

    last_row: int = 0
    last_column: int = 0
    hidden: frozenset[int] = frozenset()
    hidden_columns: tuple[range, ...] = ()
    unsaved: frozenset[tuple[int, int]] = frozenset()


_NO_MARKS = _Marks()


@dataclass
class Sheet:
    """A worksheet of a workbook, or the only table of a text file."""

    name: str
    visible: bool
    rows: Iterator[Row]
    hidden: frozenset[int] = field(default=frozenset())
    """Numbers of the rows that a filter or a person has hidden. Known for XLSX only."""
    hidden_columns: tuple[range, ...] = ()
    """Columns that are hidden, counted from 1. Often all beyond the last are, so they are ranges."""


class Workbook:
    """An open workbook. Sheets are loaded one by one."""

    def __init__(self, path: Path) -> None:
        """Open a workbook.

        Raises:
            RosterUnreadable: it is damaged, or no workbook.
            RosterEncrypted: it is encrypted with a password.
            RosterTooLarge: it would not fit into memory.
        """
        self._path = path
        self._content: Content = path
        self._marks = _read_marks(path.name, path)
        try:
            self._book = CalamineWorkbook.from_path(str(path))
        except PasswordError:
            self._content = decrypted = decrypt(path)
            self._marks = _read_marks(path.name, decrypted)
            self._book = _open_decrypted(path, decrypted)
        except (CalamineError, OSError, ValueError):
            raise _damaged(path) from None
        self.sheets = {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        }
        """The worksheets in order, and whether each is visible."""

    def sheet(self, name: str) -> Sheet:
        """Load a worksheet.

        Raises:
            RosterUnreadable: the sheet is damaged.
        """
        marks = self._marks.get(name, _NO_MARKS)
        loaded = self._load(name)
        rows = enumerate(loaded.iter_rows(), start=1)
        read = _with_missing(rows, marks.unsaved)
        return Sheet(name, self.sheets[name], read, marks.hidden, marks.hidden_columns)

    def _load(self, name: str) -> CalamineSheet:
        try:
            return self._book.get_sheet_by_name(name)
        except (CalamineError, ValueError):
            pass
        try:
            # Some programs write a sheet's dimension wrongly. It is optional, so it is left out.
            self._book = CalamineWorkbook.from_filelike(_without_dimensions(self._content))
            return self._book.get_sheet_by_name(name)
        except (CalamineError, OSError, ValueError, zipfile.BadZipFile, zlib.error):
            raise _damaged(self._path) from None


def _open_decrypted(path: Path, content: io.BytesIO) -> CalamineWorkbook:
    content.seek(0)  # the reader begins where the last one stopped
    try:
        return CalamineWorkbook.from_filelike(content)
    except PasswordError:
        raise RosterEncrypted(file=path.name) from None
    except (CalamineError, OSError, ValueError):
        raise _damaged(path) from None


def _with_missing(rows: Iterator[Row], unsaved: frozenset[tuple[int, int]]) -> Iterator[Row]:
    if not unsaved:
        return rows
    return (
        (
            number,
            [
                Missing.FORMULA if value in ("", None) and (number, column) in unsaved else value
                for column, value in enumerate(cells, start=1)
            ],
        )
        for number, cells in rows
    )


def _read_marks(name: str, content: Content) -> dict[str, _Marks]:
    """Read the marks of each sheet by its name, and refuse a workbook that does not fit into memory.

    A stray value in the last cell of a sheet, or a zip bomb, would need hundreds of GiB.
    """
    try:
        with zipfile.ZipFile(content) as book:
            unpacked = sum(item.file_size for item in book.infolist())
            if unpacked > _MOST_UNPACKED_BYTES:
                raise RosterTooLarge(file=name, rows=0, columns=0, mib=unpacked >> 20)
            sheets = {part: sheet for sheet, part in _sheet_parts(book).items()}
            parts = [part for part in book.namelist() if part.startswith("xl/worksheets/")]
            marks = {sheets.get(part, part): _scan(book, part) for part in parts if part.endswith(".xml")}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError, EOFError, OSError, zlib.error):
        return {}  # an older kind of workbook, or none: the reader reports it
    for sheet in marks.values():
        if sheet.last_row * sheet.last_column > _MOST_CELLS:
            rows, columns = sheet.last_row, sheet.last_column
            raise RosterTooLarge(file=name, rows=rows, columns=columns, mib=unpacked >> 20)
    return marks


def _sheet_parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Map the sheets' names to their parts of the package (ECMA-376, part 1, 18.2.19)."""
    targets = {}
    for entry in _RELATION.findall(_part(book, "xl/_rels/workbook.xml.rels")):
        relation = dict(_ATTRIBUTE.findall(entry))
        targets[relation.get("Id", "")] = relation.get("Target", "")
    parts = {}
    for entry in _SHEET_ENTRY.findall(_part(book, "xl/workbook.xml")):
        sheet = dict(_ATTRIBUTE.findall(entry))
        target = next((targets.get(value, "") for name, value in sheet.items() if name.endswith(":id")), "")
        parts[html.unescape(sheet.get("name", ""))] = posixpath.join("/xl", target).lstrip("/")
    return parts


def _part(book: zipfile.ZipFile, name: str) -> str:
    if name not in book.namelist():
        return ""
    with book.open(name) as stream:
        return stream.read(_LONGEST_PART).decode("utf-8", "replace")


def _scan(book: zipfile.ZipFile, part: str) -> _Marks:
    """Read a sheet's extent, what is hidden, and unsaved formulas, in one pass over its XML."""
    last_row = last_column = 0
    hidden: set[int] = set()
    columns: set[range] = set()
    unsaved: set[tuple[int, int]] = set()
    with book.open(part) as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            text = kept + chunk
            for letters, digits in _CELL.findall(text):
                last_row = max(last_row, int(digits))
                last_column = max(last_column, _column(letters))
            if b" hidden=" in text:
                hidden.update(map(int, _HIDDEN_ROW.findall(text)))
                columns.update(map(_column_range, _HIDDEN_COLUMNS.findall(text)))
            if b"<f" in text:
                unsaved.update((int(row), _column(column)) for column, row in _UNSAVED.findall(text))
            kept = text[-_OVERLAP:]
    return _Marks(last_row, last_column, frozenset(hidden), tuple(columns), frozenset(unsaved))


def _column_range(element: bytes) -> range:
    """Return the columns that a `col` element is about (ECMA-376, part 1, 18.3.1.13)."""
    first, last = _FIRST_COLUMN.search(element), _LAST_COLUMN.search(element)
    return range(int(first[1]), int(last[1]) + 1) if first and last else range(0)


def column_letters(number: int) -> str:
    """Return a column's letters as a spreadsheet shows them: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _without_dimensions(content: Content) -> io.BytesIO:
    """Copy a workbook into memory, without the dimensions that its sheets claim to have."""
    copy = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            part = source.read(item)
            if item.filename.startswith("xl/worksheets/"):
                part = _DIMENSION.sub(b"", part, count=1)
            target.writestr(item.filename, part, compresslevel=1)
    copy.seek(0)
    return copy


def _damaged(path: Path) -> RosterUnreadable:
    reason = Text("it is not a workbook, or it is damaged", "不是有效的工作簿，或文件已损坏")
    return RosterUnreadable(file=path.name, reason=reason)
