"""Opens roster files: recognises what a file is, chooses the sheet, and finds the header."""

from __future__ import annotations

import hashlib
import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from oneseat.files.chunks import chunks
from oneseat.pipeline.roster import text_files
from oneseat.pipeline.roster.cells import Value
from oneseat.pipeline.roster.columns import (
    TITLES,
    Columns,
    Header,
    fold,
    holds_data,
    join_rows,
    read_header,
    seen_titles,
    title_shown,
    titles,
)
from oneseat.pipeline.roster.errors import (
    RosterColumnsDoubled,
    RosterColumnsMissing,
    RosterColumnUnknown,
    RosterEmpty,
    RosterIsFolder,
    RosterIsPipe,
    RosterLockFile,
    RosterMissing,
    RosterNoTable,
    RosterSheetsAmbiguous,
    RosterSheetUnknown,
    RosterUnreadable,
    RosterWebPage,
)
from oneseat.pipeline.roster.workbooks import Row, Sheet, Workbook, column_letters
from signing.os_faults import system_reason
from signing.text import Text

ALL_SHEETS = "all"
"""The name with which a caller asks for all sheets that hold a roster."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WEB_PAGE = Text("a web page", "网页文件")
_XML_TABLE = Text("an XML table of Excel 2003", " Excel 2003 的 XML 表格")
_KINDS = (
    (re.compile(rb"<(?:!doctype html|html|head|meta|table|body|style)\b"), RosterWebPage, _WEB_PAGE),
    (re.compile(rb"<\?xml\b|<workbook\b"), RosterWebPage, _XML_TABLE),
    (re.compile(rb'\{\s*["}]|\[\s*[\[{"]'), RosterNoTable, Text("a JSON file", " JSON 数据文件")),
    (re.compile(rb"%pdf-"), RosterNoTable, Text("a PDF document", " PDF 文档")),
    (re.compile(rb"rar!|7z\xbc\xaf"), RosterNoTable, Text("an archive", "压缩包")),
    (re.compile(rb"\x89png|\xff\xd8\xff|gif8"), RosterNoTable, Text("a picture", "图片")),
)
_START = 512
_DOCUMENT_PARTS = {
    "word/document.xml": Text("a Word document", " Word 文档"),
    "ppt/presentation.xml": Text("a presentation", "演示文稿"),
}
_ARCHIVE = Text("an archive of files", "压缩包")
_WORKBOOK_PARTS = ("xl/", "content.xml", "[content_types].xml")


@dataclass(frozen=True)
class Reading:
    """How a roster is read: its sheet, and titles that the caller has named for columns.

    Without a ``sheet``, the only visible one with a header is read. ``columns`` are pairs of a column
    and a title.
    """

    sheet: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


AS_IT_IS = Reading()


@dataclass
class SheetRead:
    """A sheet that is read, its first row's running number less one, and what of it is hidden.

    ``hidden_rows`` counts those read so far; ``hidden_columns`` are the letters of columns that are read.
    """

    name: str
    offset: int
    hidden_rows: int = 0
    hidden_columns: tuple[str, ...] = ()


@dataclass
class OpenRoster:
    """A roster's columns, and an iterator over the rows below the header.

    Rows have the numbers that a spreadsheet shows. Those of a second sheet continue after the first
    one's, so that a number names one row; :meth:`place` turns it back.
    """

    columns: Columns
    rows: Iterator[Row]
    sheets: list[SheetRead] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    """Sheets that were left unread."""

    @property
    def hidden_rows(self) -> int:
        """How many rows were read so far that a spreadsheet does not show."""
        return sum(sheet.hidden_rows for sheet in self.sheets)

    @property
    def hidden_columns(self) -> list[str]:
        """The columns that are read though they are hidden, after the sheet's name if there are several."""
        prefix = "{sheet}!{column}" if len(self.sheets) > 1 else "{column}"
        return [
            prefix.format(sheet=sheet.name, column=column)
            for sheet in self.sheets
            for column in sheet.hidden_columns
        ]

    def place(self, row: int) -> str:
        """Return a row's number as a spreadsheet shows it, after the sheet's name if there are several."""
        if len(self.sheets) < 2:
            return str(row)
        sheet = self.sheets[bisect_right([sheet.offset for sheet in self.sheets], row - 1) - 1]
        return f"{sheet.name}!{row - sheet.offset}"


def open_roster(path: Path, reading: Reading = AS_IT_IS) -> OpenRoster:
    """Open a roster, find its header, and return the rows below it. Blank rows are left out.

    Raises:
        RosterUnreadable: the file is damaged, or in no known encoding.
        RosterMissing, RosterIsFolder, RosterIsPipe: there is no such file.
        RosterWebPage, RosterNoTable, RosterLockFile: the file is no table.
        RosterEncrypted, RosterTooLarge, RosterBig5, RosterSeparator: the table cannot be read.
        RosterSheetsAmbiguous, RosterSheetUnknown: the sheet has to be named.
        RosterColumnsMissing, RosterColumnsDoubled, RosterColumnUnknown: columns have to be named.
        RosterEmpty: there is no row below the header.
    """
    check_file(path)
    if _start(path).startswith((_ZIP, _OLE)):
        tables, ignored = _workbook_tables(path, reading)
    else:
        _refuse_sheet(path, reading.sheet, [])
        rows = text_files.rows(path, dict(reading.columns))
        tables, ignored = [_table(path, Sheet("", visible=True, rows=rows), reading)], ()
    return _opened(path, tables, ignored)


class Fingerprint(NamedTuple):
    """A file's SHA-256 in hexadecimal, and its number of lines (None for a workbook)."""

    digest: str
    lines: int | None


def fingerprint(path: Path) -> Fingerprint:
    """Digest a file and count its lines.

    Raises:
        RosterUnreadable: the file is unreadable.
        RosterMissing, RosterIsFolder, RosterIsPipe: there is no such file.
    """
    check_file(path)
    digest, lines = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            workbook = file.peek(4)[:4] in (_ZIP, _OLE)
            for chunk in chunks(file):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    except OSError as error:
        raise RosterUnreadable(file=path.name, reason=system_reason(error)) from None
    return Fingerprint(digest.hexdigest(), None if workbook else lines)


def check_file(path: Path) -> None:
    """Check that a path leads to a regular file, before anything opens it: opening a pipe may wait for ever.

    Raises:
        RosterMissing, RosterIsFolder, RosterIsPipe: it does not.
        RosterUnreadable: a folder above it cannot be entered.
    """
    try:
        if path.is_dir():
            raise RosterIsFolder(path=path)
        if path.exists() and not path.is_file():
            raise RosterIsPipe(path=path)
        if not path.exists():
            raise RosterMissing(path=path)
    except OSError as error:
        raise RosterUnreadable(file=path.name, reason=system_reason(error)) from None


def _start(path: Path) -> bytes:
    """Read the file's first bytes, and refuse a file that they show to be no table."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise RosterUnreadable(file=path.name, reason=system_reason(error)) from None
    if path.name.startswith(("~$", ".~lock.")):
        raise RosterLockFile(file=path.name)
    bare = start.removeprefix(b"\xef\xbb\xbf").strip().lower()
    if not bare:
        raise RosterEmpty(file=path.name)
    for pattern, refusal, what in _KINDS:
        if pattern.match(bare):
            raise refusal(file=path.name, what=what)
    if start.startswith(_ZIP):
        _refuse_archive(path)
    return start


def _refuse_archive(path: Path) -> None:
    """Refuse other files that are ZIP archives as well."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.namelist()
    except zipfile.BadZipFile:
        return  # the workbook's reader reports it
    for part, what in _DOCUMENT_PARTS.items():
        if part in parts:
            raise RosterNoTable(file=path.name, what=what)
    if not any(part.lower().startswith(_WORKBOOK_PARTS) for part in parts):
        raise RosterNoTable(file=path.name, what=_ARCHIVE)


class _Table(NamedTuple):
    """A sheet below its header."""

    sheet: Sheet
    columns: Columns
    rows: Iterator[Row]


def _workbook_tables(path: Path, reading: Reading) -> tuple[list[_Table], tuple[str, ...]]:
    """Find the sheets to read: the named one, all visible ones with a header, or the only such one."""
    book = Workbook(path)
    if reading.sheet not in (None, ALL_SHEETS):
        _refuse_sheet(path, reading.sheet, list(book.sheets))
        named = str(reading.sheet)
        others = tuple(name for name in book.sheets if name != named)
        return [_table(path, book.sheet(named), reading)], others
    tables, refusals = _visible_tables(path, book, reading)
    if not tables:
        raise refusals[0] if refusals else RosterEmpty(file=path.name)
    if len(tables) > 1 and reading.sheet is None:
        names = _joined([table.sheet.name for table in tables])
        raise RosterSheetsAmbiguous(file=path.name, sheets=names)
    read = {table.sheet.name for table in tables}
    return tables, tuple(name for name in book.sheets if name not in read)


def _visible_tables(
    path: Path, book: Workbook, reading: Reading
) -> tuple[list[_Table], list[RosterColumnsMissing | RosterColumnUnknown]]:
    tables: list[_Table] = []
    refusals: list[RosterColumnsMissing | RosterColumnUnknown] = []
    for name, visible in book.sheets.items():
        if not visible:
            continue
        try:
            tables.append(_table(path, book.sheet(name), reading))
        except (RosterColumnsMissing, RosterColumnUnknown) as refusal:
            refusals.append(refusal)
    return tables, sorted(refusals, key=_missing_length)


def _missing_length(refusal: RosterColumnsMissing | RosterColumnUnknown) -> int:
    """Order refusals: the sheet that lacks the least is the one that was meant."""
    missing = refusal.facts.get("missing")
    return len(missing.en) if isinstance(missing, Text) else 0


def _refuse_sheet(path: Path, sheet: str | None, names: Sequence[str]) -> None:
    if sheet in (None, ALL_SHEETS) or sheet in names:
        return
    sheets = _joined(names) if names else Text("none, since it is a text file", "无（文本文件没有工作表）")
    raise RosterSheetUnknown(file=path.name, sheet=title_shown(sheet), sheets=sheets)


def _table(path: Path, sheet: Sheet, reading: Reading) -> _Table:
    """Find a sheet's header: a row that names all columns, or two rows that do together."""
    chosen = dict(reading.columns)
    source, best, seen = sheet.rows, Header({}, {}), list[str]()
    above: Sequence[Value] = ()
    for number, cells in source:
        header = read_header(cells, chosen)
        if header.missing and not holds_data(cells) and above:
            header = max(header, read_header(join_rows(above, cells), chosen), key=_named)
        if not header.missing:
            _refuse_doubled(path, header)
            _refuse_unknown(path, chosen, header, cells)
            return _Table(sheet, header.columns(), _without_second_header(source))
        if _named(header) > _named(best) or not seen:
            best, seen = max(header, best, key=_named), seen_titles(cells) or seen
        above = () if holds_data(cells) else cells
        if number >= text_files.HEADER_WITHIN:
            break
    raise _columns_missing(path, chosen, best, seen)


def _named(header: Header) -> int:
    return len(header.positions)


def _refuse_doubled(path: Path, header: Header) -> None:
    for column, doubled in header.duplicates.items():
        raise RosterColumnsDoubled(file=path.name, column=TITLES[column], titles=_joined(doubled), key=column)


def _refuse_unknown(path: Path, chosen: Mapping[str, str], header: Header, cells: Sequence[Value]) -> None:
    """Refuse a header without a title that the caller has named for an optional column."""
    unknown = [title for column, title in chosen.items() if column not in header.positions]
    if unknown:
        seen = _titles_seen(seen_titles(cells))
        raise RosterColumnUnknown(file=path.name, titles=_joined(unknown), seen=seen)


def _without_second_header(source: Iterator[Row]) -> Iterator[Row]:
    """Leave out a second header row, which merged cells make: it repeats titles or divides them."""
    first = next(source, None)
    if first is None:
        return iter(())
    if not holds_data(first[1]) and read_header(first[1]).positions:
        return source
    return chain((first,), source)


def _columns_missing(
    path: Path, chosen: Mapping[str, str], best: Header, seen: Sequence[str]
) -> RosterColumnsMissing | RosterColumnUnknown:
    titles_seen = _titles_seen(seen)
    unknown = [title for column, title in chosen.items() if column in best.missing]
    present = {fold(title) for title in seen}
    if unknown and not all(fold(title) in present for title in unknown):
        return RosterColumnUnknown(file=path.name, titles=_joined(unknown), seen=titles_seen)
    return RosterColumnsMissing(file=path.name, missing=titles(best.missing), seen=titles_seen)


def _titles_seen(seen: Sequence[str]) -> Text:
    if not seen:
        return Text("None of its first rows looks like titles.", "前几行中没有列名。")
    shown = _joined(seen)
    return Text(f"Its titles are: {shown.en}.", f"文件中的列名有：{shown.zh}。")


def _joined(names: Sequence[str]) -> Text:
    """Join names of sheets or columns to a list in each language."""
    shown = [title_shown(name) for name in names]
    return Text(", ".join(shown), "、".join(shown))


def _opened(path: Path, tables: Sequence[_Table], ignored: tuple[str, ...]) -> OpenRoster:
    columns = _joint_columns([table.columns for table in tables])
    opened = OpenRoster(columns, iter(()), ignored=tuple(title_shown(name) for name in ignored))
    rows = _numbered(tables, opened)
    first = next(rows, None)
    if first is None:
        raise RosterEmpty(file=path.name)
    opened.rows = chain((first,), rows)
    return opened


def _joint_columns(found: Sequence[Columns]) -> Columns:
    """The first sheet's columns, and behind them the optional ones that only a later sheet has."""
    joint = found[0]
    for columns in found[1:]:
        for name in sorted(columns.terms - joint.terms):
            joint = joint._replace(**{name: joint.width})
    return joint


def _numbered(tables: Sequence[_Table], opened: OpenRoster) -> Iterator[Row]:
    """Yield the rows of all sheets with running numbers, and with the columns where the first has them."""
    last = 0
    for table in tables:
        read = SheetRead(title_shown(table.sheet.name), last, hidden_columns=_hidden_columns(table))
        opened.sheets.append(read)
        for number, cells in table.rows:
            if all(cell in ("", None) for cell in cells):
                continue
            read.hidden_rows += number in table.sheet.hidden
            last = read.offset + number
            yield last, cells if table.columns == opened.columns else _moved(cells, table.columns, opened)


def _hidden_columns(table: _Table) -> tuple[str, ...]:
    """Name the columns that are read although they are hidden, by letter and what they hold."""
    numbers = {column: position + 1 for column, position in table.columns.present.items()}
    return tuple(
        f"{column_letters(number)} ({TITLES[column].zh})"
        for column, number in sorted(numbers.items(), key=itemgetter(1))
        if any(number in hidden for hidden in table.sheet.hidden_columns)
    )


def _moved(cells: Sequence[Value], columns: Columns, opened: OpenRoster) -> list[Value]:
    moved: list[Value] = [None] * opened.columns.width
    sources = columns.present
    for column, target in opened.columns.present.items():
        source = sources.get(column, len(cells))
        moved[target] = cells[source] if source < len(cells) else None
    return moved
