"""Compares two rosters by admission number: who is new, who is gone, and what changed.

Only 64-bit keyed hashes of the older roster are kept, and every value that is shown is masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oneseat.pipeline.roster import files
from oneseat.pipeline.roster.check import Candidate, FaultyRow, masked, read_open
from oneseat.pipeline.roster.columns import (
    ADJUSTMENTS,
    ADMISSION_NUMBER,
    EXTRA_MINUTES,
    ID_NUMBER,
    NAME,
    PAPER,
    SESSION,
)
from oneseat.pipeline.roster.files import AS_IT_IS, Reading
from oneseat.pipeline.roster.terms import RowTerms
from signing.normal_forms import normalise_name

if TYPE_CHECKING:
    from oneseat.pipeline.exam.model import Exam

NEW, GONE, CHANGED = "new", "gone", "changed"


@dataclass(frozen=True)
class Difference:
    """One candidate that differs between two rosters.

    ``changed`` lists the columns in which they differ; ``admission_number`` is among them where a person
    has another number than before.
    """

    kind: str
    old_row: str | None
    new_row: str | None
    admission_number: str
    name: str
    changed: tuple[str, ...] = ()


@dataclass
class Differences:
    """All differences of two rosters, in the order of the new one, then those who are gone."""

    old_rows: int = 0
    new_rows: int = 0
    unchanged: int = 0
    old_faulty: int = 0
    new_faulty: int = 0
    entries: list[Difference] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """Count the differences of a kind."""
        return sum(entry.kind == kind for entry in self.entries)


class _Known(NamedTuple):
    """What is kept of a candidate of the older roster."""

    row: int
    number: int
    name: int
    id_number: int
    masked_number: str
    masked_name: str
    terms: RowTerms


def compare(old: Path, new: Path, exam: Exam, reading: Reading = AS_IT_IS) -> Differences:
    """Compare two rosters. Faulty rows are counted, and otherwise left out.

    Raises:
        OneSeatError: as for :func:`oneseat.pipeline.roster.files.open_roster`.
    """
    result = Differences()
    before, after = files.open_roster(old, reading), files.open_roster(new, reading)
    known = {candidate.number: candidate for candidate in _known_of(read_open(before, exam), result)}
    by_id = {candidate.id_number: candidate for candidate in known.values()}
    for candidate in _sound(read_open(after, exam), result):
        earlier = known.get(hash(candidate.admission_number)) or by_id.get(hash(candidate.id_number))
        if earlier is None or earlier.number not in known:
            result.entries.append(_difference(NEW, candidate, None, after.place(candidate.row)))
            continue
        del known[earlier.number]
        changed = _changed(earlier, candidate, after.columns.terms)
        if changed:
            places = (before.place(earlier.row), after.place(candidate.row))
            result.entries.append(_difference(CHANGED, candidate, *places, changed))
        result.unchanged += not changed
    for gone in known.values():
        place = before.place(gone.row)
        result.entries.append(Difference(GONE, place, None, gone.masked_number, gone.masked_name))
    return result


def _difference(
    kind: str, candidate: Candidate, old_row: str | None, new_row: str, changed: tuple[str, ...] = ()
) -> Difference:
    number, name = masked(candidate.admission_number), masked(candidate.name)
    return Difference(kind, old_row, new_row, number, name, changed)


def _changed(earlier: _Known, candidate: Candidate, terms: frozenset[str]) -> tuple[str, ...]:
    """The columns that differ. Of the optional ones only ``terms`` count: others stay as they were issued."""
    now = _known(candidate)
    pairs = (
        (NAME, earlier.name, now.name),
        (ID_NUMBER, earlier.id_number, now.id_number),
        (ADMISSION_NUMBER, earlier.number, now.number),
    )
    changed = [column for column, old, new in pairs if old != new]
    columns = (SESSION, PAPER, EXTRA_MINUTES, ADJUSTMENTS)
    given = zip(columns, earlier.terms, now.terms, strict=True)
    return (*changed, *(column for column, old, new in given if column in terms and old != new))


def _known_of(entries: Iterator[Candidate | FaultyRow], result: Differences) -> Iterator[_Known]:
    for entry in entries:
        result.old_rows += 1
        if isinstance(entry, FaultyRow):
            result.old_faulty += 1
        else:
            yield _known(entry)


def _sound(entries: Iterator[Candidate | FaultyRow], result: Differences) -> Iterator[Candidate]:
    for entry in entries:
        result.new_rows += 1
        if isinstance(entry, FaultyRow):
            result.new_faulty += 1
        else:
            yield entry


def _known(candidate: Candidate) -> _Known:
    # hash() of text is SipHash under a key of this process.
    return _Known(
        candidate.row,
        hash(candidate.admission_number),
        hash(normalise_name(candidate.name)),
        hash(candidate.id_number),
        masked(candidate.admission_number),
        masked(candidate.name),
        candidate.terms,
    )
