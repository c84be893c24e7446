"""One row to a candidate, or to everything that is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.exam import Exam
from pipeline.roster import files
from pipeline.roster.cells import Cell, Damaged, Value, name_cell, number_cell
from pipeline.roster.columns import ADMISSION_NUMBER, ID_NUMBER, NAME, TITLES, Columns
from signing import documents
from signing.binding import normalise_admission_number, normalise_id_number, normalise_name
from signing.errors import DocumentInvalid, Text

LONGEST_NAME = 100
LONGEST_ADMISSION_NUMBER = 40

_EMPTY = Text("the cell is empty", "单元格为空")
_NAME_FORM = Text("it does not look like a name", "不像姓名")
_NAME_GARBLED = Text(
    "it holds characters that nobody can type; the file was garbled when it was made",
    "含有无法输入的字符，文件生成时可能已出现乱码",
)
_UNTYPABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_NAME_LONG = Text(f"it is longer than {LONGEST_NAME} characters", f"超过 {LONGEST_NAME} 个字符")
_NOT_DIGITS = Text("it holds other characters than digits", "含有数字以外的字符")
_NOT_PLAIN = Text(
    "it holds other characters than letters, digits and hyphens", "含有字母、数字、连字符以外的字符"
)
_LOOKS_LIKE_ID = Text(
    "it is a valid ID number; the columns may be exchanged", "该值是有效的身份证号，两列可能填反了"
)
_NAMELIKE = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"[A-Z0-9-]+")


class Candidate(NamedTuple):
    """A person as the roster has them, normalised. Never log or store this."""

    row: int
    name: str
    id_number: str
    admission_number: str
    mended: bool
    """Whether leading zeros were put back."""


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell: the column, the value with all but its ends hidden, and why."""

    column: str
    masked: str
    reason: Text

    @property
    def title(self) -> Text:
        """The column's title."""
        return TITLES[self.column]


@dataclass(frozen=True)
class FaultyRow:
    """A row that yields no candidate."""

    row: int
    faults: tuple[CellFault, ...]


@dataclass
class Report:
    """What a roster holds: rows counted, and every faulty one."""

    rows: int = 0
    sound: int = 0
    mended: int = 0
    faulty: list[FaultyRow] = field(default_factory=list)

    def count(self, entry: Candidate | FaultyRow) -> None:
        """Take one more row into account."""
        self.rows += 1
        if isinstance(entry, FaultyRow):
            self.faulty.append(entry)
        else:
            self.sound += 1
            self.mended += entry.mended


def check(path: Path, exam: Exam) -> Report:
    """Read a whole roster and report on it.

    Raises:
        RosterUnreadable, RosterColumnsMissing: as their names say.
    """
    report = Report()
    for entry in read(path, exam):
        report.count(entry)
    return report


def read(path: Path, exam: Exam) -> Iterator[Candidate | FaultyRow]:
    """Every row that is not blank, in order: a candidate, or its faults.

    Of two rows with one number, the first stands and the later one is faulty.

    Raises:
        RosterUnreadable, RosterColumnsMissing: as their names say.
    """
    columns, rows = files.rows(path)
    return _Reader(exam, columns).entries(rows)


def masked(value: Value) -> str:
    """A value with everything hidden but its first and last character, and those only of long ones."""
    text = "" if value is None else str(value).strip()
    if len(text) < 6:
        return "*" * len(text)
    return f"{text[0]}{'*' * min(len(text) - 2, 38)}{text[-1]}"


class _Reader:
    """The rules of one exam, and the numbers that were seen so far as 64-bit hashes."""

    def __init__(self, exam: Exam, columns: Columns) -> None:
        self._columns = columns
        self._width = max(columns) + 1
        self._kinds = exam.document_kinds
        self._form = exam.admission_number
        # hash() is SipHash with a key of this process: 64 bits stand for a number well enough.
        self._ids: dict[int, int] = {}
        self._admissions: dict[int, int] = {}

    def entries(self, rows: Iterator[files.Row]) -> Iterator[Candidate | FaultyRow]:
        for number, cells in rows:
            if any(cell not in ("", None) for cell in cells):
                yield self._entry(number, cells)

    def _entry(self, row: int, cells: Sequence[Value]) -> Candidate | FaultyRow:
        if len(cells) < self._width:
            cells = [*cells, *[None] * (self._width - len(cells))]
        columns, faults = self._columns, list[CellFault]()
        name = _tried(faults, NAME, self._name, cells[columns.name])
        id_number = _tried(faults, ID_NUMBER, self._id_number, cells[columns.id_number])
        admission = _tried(faults, ADMISSION_NUMBER, self._admission_number, cells[columns.admission_number])
        self._refuse_repeats(row, id_number, admission, faults)
        if faults:
            return FaultyRow(row, tuple(faults))
        return Candidate(row, name.text, id_number.text, admission.text, mended=admission.numeric)

    def _name(self, value: Value) -> Cell:
        name = normalise_name(name_cell(value))
        if not name:
            raise Damaged(_EMPTY)
        if len(name) > LONGEST_NAME:
            raise Damaged(_NAME_LONG)
        if not _NAMELIKE.search(name):
            raise Damaged(_NAME_FORM)
        if any(unicodedata.category(character) in _UNTYPABLE or character == "\ufffd" for character in name):
            raise Damaged(_NAME_GARBLED)
        return Cell(name, numeric=False)

    def _id_number(self, value: Value) -> Cell:
        number = normalise_id_number(number_cell(value).text)
        if not number:
            raise Damaged(_EMPTY)
        try:
            documents.check(self._kinds, number)
        except DocumentInvalid as refusal:
            raise Damaged(refusal.facts["reason"]) from None  # type: ignore[arg-type]
        return Cell(number, numeric=False)

    def _admission_number(self, value: Value) -> Cell:
        """The number; ``numeric`` of the result says that leading zeros were put back."""
        text, numeric = number_cell(value)
        number = normalise_admission_number(text)
        if not number:
            raise Damaged(_EMPTY)
        if self._form.digits_only and not (number.isascii() and number.isdigit()):
            raise Damaged(_NOT_DIGITS)
        if not _PLAIN.fullmatch(number):
            raise Damaged(_NOT_PLAIN)
        return self._of_right_length(number, numeric)

    def _of_right_length(self, number: str, numeric: bool) -> Cell:
        wanted, found = self._form.length, len(number)
        if wanted is None:
            if found > LONGEST_ADMISSION_NUMBER:
                raise Damaged(_length_fault(LONGEST_ADMISSION_NUMBER, found))
            if found == 18 and _is_resident_id(number):
                raise Damaged(_LOOKS_LIKE_ID)
            return Cell(number, numeric=False)
        if found < wanted and numeric:
            # A number cell holds no leading zeros, and all numbers have this length: nothing is guessed.
            return Cell(number.zfill(wanted), numeric=True)
        if found != wanted:
            raise Damaged(_length_fault(wanted, found))
        return Cell(number, numeric=False)

    def _refuse_repeats(self, row: int, id_number: Cell, admission: Cell, faults: list[CellFault]) -> None:
        seen = ((ID_NUMBER, id_number.text, self._ids), (ADMISSION_NUMBER, admission.text, self._admissions))
        repeats = [
            CellFault(column, masked(text), _repeats(before))
            for column, text, known in seen
            if text and (before := known.get(hash(text))) is not None
        ]
        faults += repeats
        if not faults:
            for _, text, known in seen:
                known[hash(text)] = row


def _tried(faults: list[CellFault], column: str, read_cell: Callable[[Value], Cell], value: Value) -> Cell:
    try:
        return read_cell(value)
    except Damaged as damage:
        faults.append(CellFault(column, masked(value), damage.reason))
        return Cell("", numeric=False)


def _is_resident_id(number: str) -> bool:
    try:
        documents.check(("resident-id",), number)
    except DocumentInvalid:
        return False
    return True


def _repeats(row: int) -> Text:
    return Text(f"it repeats row {row}", f"与第 {row} 行重复")


def _length_fault(wanted: int, found: int) -> Text:
    if found < wanted:
        return Text(
            f"it has {found} characters instead of {wanted}; leading zeros may be lost",
            f"应为 {wanted} 位，实为 {found} 位，可能丢失了前导零",
        )
    return Text(f"it has {found} characters instead of {wanted}", f"应为 {wanted} 位，实为 {found} 位")
