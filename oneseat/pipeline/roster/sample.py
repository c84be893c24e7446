"""Generates rosters of fictitious people, for demonstrations and tests.

The data passes all checks and cannot be mistaken for a real person's. Names say that they are
tests, and numbers use codes that are not assigned. Resident ID numbers begin with 000000:
region codes (GB/T 2260) begin with a province from 11 to 82, never 00, and a leading 9 would
be a permanent resident's card. Those begin with 900000 here: province 00, nationality 000.
Passports begin with ZZ, which is no country; travel permits count up from zero.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.roster.columns import OPTIONAL, TITLES
from oneseat.pipeline.roster.csv_files import write_csv
from oneseat.pipeline.roster.errors import SampleTooLarge
from oneseat.pipeline.roster.terms import TermsRules
from signing.documents import check_character
from signing.seat_terms import ADJUSTMENTS

RESIDENT_REGION = "000000"
PERMANENT_RESIDENT_REGION = "900000"
_EARLIEST_BIRTH = date(1970, 1, 1)
_BIRTH_DAYS = 12_000
_DIGITS = "〇一二三四五六七八九"
_DEFAULT_LENGTH = 12
_OTHERS_SHARE = 0.1
_TERMS_SHARE = 0.05
_EXTRA_MINUTES = (3, 5, 10)
_HEADER = ("姓名", "身份证号", "准考证号")


class Person(NamedTuple):
    """A fictitious person."""

    name: str
    id_number: str
    admission_number: str


def sample(count: int, seed: int, exam: Exam) -> Iterator[Person]:
    """Generate ``count`` distinct fictitious candidates of an exam, the same for the same seed.

    Nine in ten have a resident ID number where the exam accepts it; the rest share the
    other documents.

    Raises:
        SampleTooLarge: ``count`` exceeds the distinct admission numbers or ID numbers.
    """
    length = exam.admission_number.length or _DEFAULT_LENGTH
    most = min(9 * 10 ** (length - 1) - 1, _BIRTH_DAYS * 1000)
    if count > most:
        raise SampleTooLarge(most=most)
    return _people(count, seed, exam.document_kinds, 10 ** (length - 1) + 1)


def _people(count: int, seed: int, kinds: Sequence[str], first: int) -> Iterator[Person]:
    # A seeded generator is the point: the same roster every time.
    chance = random.Random(seed)  # noqa: S311
    shift = chance.randrange(_BIRTH_DAYS)
    for index in range(count):
        kind = _kind(kinds, chance)
        number = _NUMBERS[kind](index, shift)
        yield Person(_name(index, chance), number, str(first + index))


def write_sample(path: Path, people: Iterator[Person], encoding: str = "utf-8-sig") -> int:
    """Write people as a CSV roster with a Chinese header, atomically; return their number.

    The byte order mark tells Excel the encoding.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    return write_csv(path, _HEADER, people, encoding)


def write_sample_with_terms(path: Path, people: Iterator[Person], seed: int, exam: Exam) -> int:
    """Write people with the optional columns: sessions in turn, extra time and adjustments for a few.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    rules, chance = TermsRules.of(exam), random.Random(seed)  # noqa: S311 -- the same for the same seed
    titles = (*_HEADER, *(TITLES[column].zh for column in OPTIONAL))
    rows = ((*person, *_terms(index, rules, chance)) for index, person in enumerate(people))
    return write_csv(path, titles, rows)


def _terms(index: int, rules: TermsRules, chance: random.Random) -> tuple[int, str, int | str, str]:
    session = index % len(rules.most_extra)
    if chance.random() >= _TERMS_SHARE:
        return session + 1, "", "", ""
    extra = min(chance.choice(_EXTRA_MINUTES), rules.most_extra[session])
    return session + 1, "", extra or "", ADJUSTMENTS[chance.choice(sorted(ADJUSTMENTS))].zh


def _kind(kinds: Sequence[str], chance: random.Random) -> str:
    others = [kind for kind in kinds if kind != "resident-id"]
    if "resident-id" in kinds and (not others or chance.random() >= _OTHERS_SHARE):
        return "resident-id"
    return chance.choice(others)


def _name(index: int, chance: random.Random) -> str:
    numeral = "".join(_DIGITS[int(digit)] for digit in f"{index + 1:06d}")
    return chance.choice(("测试考生{}", "示例考生{}", "示例·测试{}")).format(numeral)


def _eighteen(region: str, index: int, shift: int) -> str:
    born = _EARLIEST_BIRTH + timedelta(days=(index // 1000 + index * 7 + shift) % _BIRTH_DAYS)
    first17 = f"{region}{born:%Y%m%d}{index % 1000:03d}"
    return first17 + check_character(first17)


_NUMBERS: dict[str, Callable[[int, int], str]] = {
    "resident-id": lambda index, shift: _eighteen(RESIDENT_REGION, index, shift),
    "foreign-permanent-residence": lambda index, shift: _eighteen(PERMANENT_RESIDENT_REGION, index, shift),
    "passport": lambda index, _: f"ZZ{index:07d}",
    "hk-macao-permit": lambda index, _: f"H{index:08d}",
    "taiwan-permit": lambda index, _: f"{index:08d}",
    "officer-id": lambda index, _: f"测试字第{index:08d}号",
}
