"""Matches pictures to the roster's rows by the names of their files.

A file is named by its candidate's admission number, by the ID number, or by what a column of the roster says.
Names are compared without regard to letter case, width and extension.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.photos.faults import PhotoFault
from oneseat.pipeline.photos.sources import Picture
from oneseat.pipeline.roster import files
from oneseat.pipeline.roster.cells import CellDamaged, Value, number_cell
from oneseat.pipeline.roster.check import Candidate, FaultyRow, masked, read_open
from oneseat.pipeline.roster.columns import ADMISSION_NUMBER, ID_NUMBER, PHOTO
from oneseat.pipeline.roster.files import OpenRoster, Reading
from oneseat.pipeline.roster.workbooks import Row
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from signing import binding
from signing.text import Text

_AT_ONCE = 1000
_ANY_EDITION = 0
_ROW_FAULTY = Text(
    "the row is faulty: `oneseat roster check` says why", "该行有误，原因见 `oneseat roster check`"
)
_NO_SEAT = Text(
    "no seat is issued for this candidate: run `oneseat issue` first",
    "该考生尚未签发，请先运行 `oneseat issue`",
)
_OTHER_PERSON = Text(
    "the seat is issued for other data of a person: run `oneseat issue` with this roster first",
    "该座位签发时的考生信息与名单不同，请先用此名单运行 `oneseat issue`",
)
_NAMELESS = Text(
    "the roster does not say which photograph is this candidate's", "名单没有写明该考生的照片文件名"
)
_SHARED = Text("another row has the same photograph", "与另一行使用同一张照片")
_MISSING = Text("this candidate has no photograph", "该考生没有照片")


class Seat(NamedTuple):
    """A row's seat, and the row's number and masked admission number, by which people find it."""

    jti: str
    row: int
    masked: str


@dataclass(frozen=True)
class Matching:
    """How pictures are named: by a column of the roster, which is the number itself, or one with a title."""

    by: str = ADMISSION_NUMBER

    def reading(self, reading: Reading) -> Reading:
        """How the roster is read, the named column included."""
        if self.by in (ADMISSION_NUMBER, ID_NUMBER):
            return reading
        return replace(reading, columns=(*reading.columns, (PHOTO, self.by)))

    def key(self, candidate: Candidate, cell: Value) -> str:
        """What the file of a candidate's photograph is called; empty if the roster does not say."""
        if self.by == ADMISSION_NUMBER:
            return folded(candidate.admission_number)
        if self.by == ID_NUMBER:
            return folded(candidate.id_number)
        try:
            written = number_cell(cell).text
        except CellDamaged:
            return ""
        return folded(Picture(written.replace("\\", "/"), 0).stem) if written else ""


def folded(stem: str) -> str:
    """A file's name for comparing: NFKC, without spaces around it, in lower case."""
    return unicodedata.normalize("NFKC", stem).strip().casefold()


class Roster:
    """A roster's seats by the names of their photographs; memory holds numbers, and no pictures.

    Raises:
        OneSeatError: as for :func:`oneseat.pipeline.roster.files.open_roster`.
    """

    def __init__(
        self,
        path: Path,
        exam: Exam,
        reading: Reading,
        matching: Matching,
        database: Database,
        pepper: bytes,
    ) -> None:
        self._exam, self._matching, self._database = exam.id, matching, database
        self._pepper = binding.KeyedHash(pepper)
        self._opened = files.open_roster(path, matching.reading(reading))
        self._cell: Value = None
        self.rows = 0
        self.faults: list[PhotoFault] = []
        self._waiting: dict[str, Seat] = {}
        self._served: dict[str, int] = {}
        self._read(exam)

    def take(self, picture: Picture) -> Seat | Text:
        """The seat that a picture is of, once; or why it is of none."""
        key = folded(picture.stem)
        seat = self._waiting.pop(key, None)
        if seat is not None:
            self._served[key] = seat.row
            return seat
        row = self._served.get(key)
        if row is None:
            return Text("the roster has no candidate for it", "名单中没有对应的考生")
        place = self._opened.place(row)
        return Text(
            f"it is a second photograph for the roster's row {place}",
            f"名单第 {place} 行的考生已有另一张照片",
        )

    def missing(self) -> list[PhotoFault]:
        """The rows whose photographs did not come."""
        return [PhotoFault(self._place(seat.row, seat.masked), _MISSING) for seat in self._waiting.values()]

    def _read(self, exam: Exam) -> None:
        entries = read_open(replace(self._opened, rows=self._remembering(self._opened)), exam)
        with_cells = ((entry, self._cell) for entry in entries)
        while chunk := list(islice(with_cells, _AT_ONCE)):
            self.rows += len(chunk)
            for entry, _ in chunk:
                if isinstance(entry, FaultyRow):
                    self.faults.append(PhotoFault(self._place(entry.row, ""), _ROW_FAULTY))
            self._add([(entry, cell) for entry, cell in chunk if isinstance(entry, Candidate)])

    def _remembering(self, opened: OpenRoster) -> Iterator[Row]:
        """Yield the rows, and keep the current one's cell that names the photograph."""
        position = opened.columns.photo
        for number, cells in opened.rows:
            self._cell = cells[position] if position is not None and position < len(cells) else None
            yield number, cells

    def _add(self, chunk: Sequence[tuple[Candidate, Value]]) -> None:
        numbers = [candidate.admission_number for candidate, _ in chunk]
        with self._database.reading() as connection:
            stored = licences.find_stored_seats(connection, self._exam, _ANY_EDITION, numbers)
        for candidate, cell in chunk:
            number = candidate.admission_number
            seat, key = stored.get(number), self._matching.key(candidate, cell)
            tags = binding.login_tags(self._pepper, candidate.name, candidate.id_number, number)
            if seat is None:
                problem = _NO_SEAT
            elif seat.login_tag not in tags:
                problem = _OTHER_PERSON
            elif not key:
                problem = _NAMELESS
            elif key in self._waiting:
                problem = _SHARED
            else:
                self._waiting[key] = Seat(seat.jti, candidate.row, masked(number))
                continue
            self.faults.append(PhotoFault(self._place(candidate.row, masked(number)), problem))

    def _place(self, row: int, number: str) -> Text:
        place = self._opened.place(row)
        return Text(f"row {place} {number}".rstrip(), f"第 {place} 行 {number}".rstrip())


def place_of(picture: Picture, number: int) -> Text:
    """A picture's place in the sorted list of files, with its name masked: it may be an ID number."""
    name = f"{masked(picture.stem)}{picture.suffix}"
    return Text(f"file {number} {name}", f"第 {number} 个文件 {name}")
