"""Checks a roster's rows: each becomes a candidate or a list of its faults."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from oneseat.pipeline.roster import files
from oneseat.pipeline.roster.cells import Cell, CellDamaged, Missing, Value, name_cell, number_cell
from oneseat.pipeline.roster.columns import (
    ADJUSTMENTS,
    ADMISSION_NUMBER,
    EXTRA_MINUTES,
    ID_NUMBER,
    NAME,
    PAPER,
    SESSION,
    TITLES,
    Columns,
)
from oneseat.pipeline.roster.files import AS_IT_IS, OpenRoster, Reading
from oneseat.pipeline.roster.paper_variants import PaperRemark, PaperVariants
from oneseat.pipeline.roster.remarks import remark_on
from oneseat.pipeline.roster.repeats import KEY_BITS, RepeatIndex
from oneseat.pipeline.roster.terms import (
    NO_TERMS,
    SESSION_ABSENT,
    RowTerms,
    TermsRules,
    read_adjustments,
    read_paper,
)
from signing import documents
from signing.normal_forms import normalise_admission_number, normalise_id_number, normalise_name
from signing.refusals import DocumentInvalid
from signing.text import Text

if TYPE_CHECKING:  # workers that check rows need no exam files, and start quicker without their model
    from oneseat.pipeline.exam.model import Exam

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
_KEY = (1 << KEY_BITS) - 1
_LONGEST_HIDDEN = 8
_T = TypeVar("_T")


class Candidate(NamedTuple):
    """A candidate: the name as it is written, and normalised numbers. Never log or store this."""

    row: int
    name: str
    id_number: str
    admission_number: str
    mended: bool
    """Whether leading zeros were restored."""
    remark: Text | None = None
    """Why the candidate may be unable to type the name."""
    terms: RowTerms = NO_TERMS


@dataclass(frozen=True)
class CellFault:
    """A fault of one cell: the column, the masked value, and the reason."""

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
    place: str = ""
    """The row as a spreadsheet shows it, after the sheet's name if several are read."""


@dataclass(frozen=True)
class RemarkedRow:
    """A sound row whose candidate may be unable to type the name."""

    row: int
    place: str
    masked: str
    remark: Text


@dataclass
class RosterReport:
    """Counts of a roster's rows, every faulty row, and every remark."""

    rows: int = 0
    sound: int = 0
    mended: int = 0
    faulty: list[FaultyRow] = field(default_factory=list)
    remarks: list[RemarkedRow] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    """The sheets that were read; none of a text file."""
    ignored_sheets: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    """Rows that were read although a filter or a person has hidden them."""
    hidden_columns: list[str] = field(default_factory=list)
    """Columns that were read although they are hidden."""
    papers: list[PaperRemark] = field(default_factory=list)
    """Papers that rows name and that are not there."""

    def count(self, entry: Candidate | FaultyRow, place: str) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(entry, FaultyRow):
            self.faulty.append(replace(entry, place=place))
            return
        self.sound += 1
        self.mended += entry.mended
        if entry.remark:
            self.remarks.append(RemarkedRow(entry.row, place, masked(entry.name), entry.remark))


def check(path: Path, exam: Exam, reading: Reading = AS_IT_IS, papers: Path | None = None) -> RosterReport:
    """Read a whole roster and report on it. ``papers`` is the folder of an own room's papers, if any.

    Raises:
        OneSeatError: as for :func:`oneseat.pipeline.roster.files.open_roster`.
    """
    report, opened = RosterReport(), files.open_roster(path, reading)
    variants = PaperVariants(papers)
    for entry in read_open(opened, exam):
        place = opened.place(entry.row)
        report.count(entry, place)
        if isinstance(entry, Candidate):
            variants.count(entry.terms, place)
    report.papers = variants.remarks()
    report.sheets = [sheet.name for sheet in opened.sheets if sheet.name]
    report.ignored_sheets = list(opened.ignored)
    report.hidden_rows = opened.hidden_rows
    report.hidden_columns = opened.hidden_columns
    return report


def read(path: Path, exam: Exam, reading: Reading = AS_IT_IS) -> Iterator[Candidate | FaultyRow]:
    """Yield every row that is not blank, in order: a candidate or its faults.

    Of two rows with one number, the later one is faulty.

    Raises:
        OneSeatError: as for :func:`oneseat.pipeline.roster.files.open_roster`.
    """
    return read_open(files.open_roster(path, reading), exam)


def read_open(opened: OpenRoster, exam: Exam) -> Iterator[Candidate | FaultyRow]:
    """Yield the rows of an open roster, as :func:`read` does."""
    checker, seen = RowChecker(Rules.of(exam), opened.columns), RepeatIndex()
    for number, cells in opened.rows:
        row = checker.check(number, cells)
        # hash() of text is SipHash under a key of this process, so collisions cannot be chosen.
        keys = [hash(text) & _KEY or 1 if text else 0 for text in (row.id_number, row.admission_number)]
        yield row.result(seen.of(number, *keys, sound=not row.faults), opened.place)


def masked(value: Value) -> str:
    """Mask a value except its first and last character; mask short values, and control characters, wholly."""
    text = "" if value is None or isinstance(value, Missing) else str(value).strip()
    if len(text) < 6:
        return "*" * len(text)
    first, last = (letter if letter.isprintable() else "*" for letter in (text[0], text[-1]))
    return f"{first}{'*' * min(len(text) - 2, 38)}{last}"


@dataclass(frozen=True)
class Rules:
    """An exam's rules for rows: accepted document kinds and the form of admission numbers."""

    document_kinds: tuple[str, ...]
    digits_only: bool
    length: int | None
    terms: TermsRules

    @classmethod
    def of(cls, exam: Exam) -> Rules:
        """Read the rules of an exam."""
        form = exam.admission_number
        kinds = tuple(exam.document_kinds)
        return cls(kinds, form.digits_only, form.length, TermsRules.of(exam))


class CheckedRow(NamedTuple):
    """A row checked by itself: the name as it is written, normalised numbers; faulty texts are empty.

    Never log or store this.
    """

    row: int
    name: str
    id_number: str
    admission_number: str
    mended: bool
    faults: tuple[CellFault, ...]
    terms: RowTerms = NO_TERMS

    @property
    def remark(self) -> Text | None:
        """Why the candidate may be unable to type the name, or None."""
        return remark_on(self.name) if self.name else None

    def result(self, repeated: tuple[int, int], place: Callable[[int], str] = str) -> Candidate | FaultyRow:
        """Return the candidate or the faults.

        ``repeated``: earlier rows that have the same numbers, or 0. ``place`` turns such a row into words.
        """
        again = zip((ID_NUMBER, ADMISSION_NUMBER), self[2:4], repeated, strict=True)
        faults = [
            *self.faults,
            *(CellFault(c, masked(text), repeat_fault(place(row))) for c, text, row in again if row),
        ]
        return FaultyRow(self.row, tuple(faults)) if faults else self._candidate()

    def _candidate(self) -> Candidate:
        return Candidate(*self[:5], self.remark, self.terms)


class RowChecker:
    """Checks single rows against the rules of one exam; repeats are found elsewhere."""

    def __init__(self, rules: Rules, columns: Columns) -> None:
        self._columns = columns
        self._width = columns.width
        self._rules = rules
        self._has_terms = bool(columns.terms) or rules.terms.session_needed

    def check(self, row: int, cells: Sequence[Value]) -> CheckedRow:
        """Check one row."""
        if len(cells) < self._width:
            cells = [*cells, *[None] * (self._width - len(cells))]
        columns, faults = self._columns, list[CellFault]()
        name = _read_cell(faults, NAME, self._name, cells[columns.name])
        id_number = _read_cell(faults, ID_NUMBER, self._id_number, cells[columns.id_number])
        admission = _read_cell(
            faults, ADMISSION_NUMBER, self._admission_number, cells[columns.admission_number]
        )
        terms = self._terms(faults, cells) if self._has_terms else NO_TERMS
        return CheckedRow(
            row, name.text, id_number.text, admission.text, admission.numeric, tuple(faults), terms
        )

    def admission_number(self, cells: Sequence[Value]) -> str | None:
        """Read the admission number only; None if it is faulty."""
        position = self._columns.admission_number
        try:
            return self._admission_number(cells[position]).text if position < len(cells) else None
        except CellDamaged:
            return None

    def _terms(self, faults: list[CellFault], cells: Sequence[Value]) -> RowTerms:
        """Read the optional columns. Extra time is checked against the row's own session."""
        at, rules = self._columns, self._rules.terms
        session = _read_term(faults, SESSION, rules.read_session, cells, at.session, None)
        if at.session is None and rules.session_needed:
            faults.append(CellFault(SESSION, "", SESSION_ABSENT))
        paper = _read_term(faults, PAPER, read_paper, cells, at.paper, None)
        in_session = partial(rules.read_extra, session=session)
        extra = _read_term(faults, EXTRA_MINUTES, in_session, cells, at.extra_minutes, 0)
        none: tuple[str, ...] = ()
        adjustments = _read_term(faults, ADJUSTMENTS, read_adjustments, cells, at.adjustments, none)
        return RowTerms(session, paper, extra, adjustments)

    def _name(self, value: Value) -> Cell:
        written = name_cell(value)
        name = normalise_name(written)
        if not name:
            raise CellDamaged(_EMPTY if not written else _NAME_FORM)
        if len(name) > LONGEST_NAME:
            raise CellDamaged(_NAME_LONG)
        if not _NAMELIKE.search(name):
            raise CellDamaged(_NAME_FORM)
        if any(unicodedata.category(character) in _UNTYPABLE or character == "\ufffd" for character in name):
            raise CellDamaged(_NAME_GARBLED)
        return Cell(written, numeric=False)

    def _id_number(self, value: Value) -> Cell:
        number = normalise_id_number(number_cell(value).text)
        if not number:
            raise CellDamaged(_EMPTY)
        try:
            documents.check(self._rules.document_kinds, number)
        except DocumentInvalid as refusal:
            raise CellDamaged(refusal.facts["reason"]) from None  # type: ignore[arg-type]
        return Cell(number, numeric=False)

    def _admission_number(self, value: Value) -> Cell:
        """Check a number; ``numeric`` of the result says that leading zeros were restored."""
        if (
            isinstance(value, str)
            and len(value) == self._rules.length
            and value.isascii()
            and value.isdigit()
        ):
            return Cell(value, numeric=False)  # fast path: nearly all cells
        text, numeric = number_cell(value)
        number = normalise_admission_number(text)
        if not number:
            raise CellDamaged(_EMPTY)
        if self._rules.digits_only and not (number.isascii() and number.isdigit()):
            raise CellDamaged(_NOT_DIGITS)
        if not _PLAIN.fullmatch(number):
            raise CellDamaged(_NOT_PLAIN)
        return self._of_right_length(number, numeric)

    def _of_right_length(self, number: str, numeric: bool) -> Cell:
        wanted, length = self._rules.length, len(number)
        if wanted is None:
            if length > LONGEST_ADMISSION_NUMBER:
                raise CellDamaged(_length_fault(LONGEST_ADMISSION_NUMBER, length))
            if length == 18 and _is_resident_id(number):
                raise CellDamaged(_LOOKS_LIKE_ID)
            return Cell(number, numeric=False)
        if length < wanted and numeric:
            # A number cell holds no leading zeros, and all numbers have this length: nothing is guessed.
            return Cell(number.zfill(wanted), numeric=True)
        if length != wanted:
            raise CellDamaged(_length_fault(wanted, length))
        return Cell(number, numeric=False)


def _read_cell(faults: list[CellFault], column: str, read: Callable[[Value], Cell], value: Value) -> Cell:
    try:
        return read(value)
    except CellDamaged as damage:
        faults.append(CellFault(column, masked(value), damage.reason))
        return Cell("", numeric=False)


def _read_term(
    faults: list[CellFault],
    column: str,
    read: Callable[[Value], _T],
    cells: Sequence[Value],
    position: int | None,
    absent: _T,
) -> _T:
    """Read an optional cell. Nothing of it is shown where it is faulty: it may hold a diagnosis."""
    if position is None:
        return absent
    try:
        return read(cells[position])
    except CellDamaged as damage:
        hidden = "*" * min(len(str(cells[position] or "")), _LONGEST_HIDDEN)
        faults.append(CellFault(column, hidden, damage.reason))
        return absent


def _is_resident_id(number: str) -> bool:
    try:
        documents.check(("resident-id",), number)
    except DocumentInvalid:
        return False
    return True


def repeat_fault(row: int | str) -> Text:
    """Describe the fault of a number that an earlier row has."""
    place = f"第 {row} 行" if str(row).isdigit() else f"“{row}”"
    return Text(f"it repeats row {row}", f"与{place}重复")


def _length_fault(wanted: int, length: int) -> Text:
    if length < wanted:
        return Text(
            f"it has {length} characters instead of {wanted}; leading zeros may be lost",
            f"应为 {wanted} 位，实为 {length} 位，可能丢失了前导零",
        )
    return Text(f"it has {length} characters instead of {wanted}", f"应为 {wanted} 位，实为 {length} 位")
