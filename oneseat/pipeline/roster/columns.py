"""Recognises a roster's columns by their titles: rules with a rank, so that the specific title wins."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oneseat.pipeline.roster.cells import Value
from signing.text import Text, legible

NAME, ID_NUMBER, ADMISSION_NUMBER = "name", "id_number", "admission_number"
SESSION, PAPER, EXTRA_MINUTES, ADJUSTMENTS = "session", "paper", "extra_minutes", "adjustments"
PHOTO = "photo"
"""The column that names candidates' photographs. It is never recognised: a caller names its title."""
REQUIRED = (NAME, ID_NUMBER, ADMISSION_NUMBER)
OPTIONAL = (SESSION, PAPER, EXTRA_MINUTES, ADJUSTMENTS)
"""Columns of what a seat was given: a roster may have any of them."""

TITLES = {
    NAME: Text("name", "姓名"),
    ID_NUMBER: Text("ID number", "身份证号"),
    ADMISSION_NUMBER: Text("admission number", "准考证号"),
    SESSION: Text("session", "场次"),
    PAPER: Text("paper", "试卷"),
    EXTRA_MINUTES: Text("extra minutes", "延长分钟"),
    ADJUSTMENTS: Text("adjustments", "便利措施"),
    PHOTO: Text("photograph", "照片"),
}

_EXACT, _USUAL, _GENERAL, _VAGUE = 4, 3, 2, 1

_RULES: tuple[tuple[str, int, re.Pattern[str]], ...] = tuple(
    (column, rank, re.compile(pattern))
    for column, rank, pattern in (
        (ADMISSION_NUMBER, _EXACT, r"准考证号码?|准考证编号|zkzhm?|admission(ticket)?(no|number)?"),
        (ADMISSION_NUMBER, _USUAL, r".*准考证.*号.*|ticketnumber"),
        (ADMISSION_NUMBER, _GENERAL, r"准考证|.*考号.*"),
        (ADMISSION_NUMBER, _VAGUE, r"考籍号|考试号码?|考试编号|考生号|考生编号|ksh|examnumber|examno"),
        (ID_NUMBER, _EXACT, r"身[份分]证号码?|公民身份号码|sfzh|sfzhm|idcard(no|number)?"),
        (
            ID_NUMBER,
            _USUAL,
            r".*身[份分]证.*号.*|.*公民身份号.*|(居民|公民)?身[份分]证|sfzjhm?|id(no|num|number)",
        ),
        (ID_NUMBER, _GENERAL, r".*证件.*号.*|zjhm?|documentn(o|umber)"),
        (ID_NUMBER, _VAGUE, r"id"),
        (NAME, _EXACT, r"姓名|考生姓名|xm|ksxm"),
        (NAME, _USUAL, r".*姓名.*|名字"),
        (NAME, _VAGUE, r"name|fullname|candidate(name)?"),
        (SESSION, _EXACT, r"(正式)?(面试|考试)?场次(序?号|编号)?|session(no|number)?|formalsession"),
        (PAPER, _EXACT, r"试卷(名|编号|代码)?|卷别|paper(variant)?"),
        (EXTRA_MINUTES, _EXACT, r"(作答)?(延长|延时|加时)(分钟数?|时间|时长)?|extra(minutes?|time)"),
        (ADJUSTMENTS, _EXACT, r"(已批准)?(合理)?便利(措施)?|adjustments?|accommodations?"),
    )
)
"""Column, rank and pattern of a folded title. The national data standards abbreviate titles by pinyin."""

_OTHERS = re.compile(
    r"监护人|家长|父亲|母亲|配偶|联系人|导师|推荐人|经办人|录入人|拼音|英文|曾用|类[型别]|照片|图片|pinyin|english"
)
"""Titles with these words name somebody else, or another property of the candidate."""

_LONGEST_TITLE = 24
"""Longer texts are instructions, which often name all columns in one sentence."""
_PUNCTUATION = re.compile(r"[\s_\-.:/*、]+")
_REMARK = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_TRADITIONAL = str.maketrans("證號碼編準", "证号码编准")
_DATA = re.compile(r"[0-9]{5}")
_LONGEST_SHOWN = 20
_MOST_SHOWN = 20


class Columns(NamedTuple):
    """Positions of the columns, from 0; None for an optional one that the roster does not have."""

    name: int
    id_number: int
    admission_number: int
    session: int | None = None
    paper: int | None = None
    extra_minutes: int | None = None
    adjustments: int | None = None
    photo: int | None = None

    @property
    def present(self) -> dict[str, int]:
        """The columns that the roster has, by name."""
        return {name: position for name, position in self._asdict().items() if position is not None}

    @property
    def terms(self) -> frozenset[str]:
        """The optional columns that the roster has."""
        return frozenset(self.present).intersection(OPTIONAL)

    @property
    def width(self) -> int:
        """How many cells a row needs to have all of them."""
        return max(self.present.values()) + 1


class Header(NamedTuple):
    """The columns that a row names as a header, and the titles of those that it names twice."""

    positions: dict[str, int]
    duplicates: dict[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """The required columns that the row does not name."""
        return tuple(column for column in REQUIRED if column not in self.positions)

    def columns(self) -> Columns:
        """Return the positions; no required column may be missing."""
        return Columns(**self.positions)


_NO_CHOICE: Mapping[str, str] = {}


def read_header(cells: Sequence[Value], chosen: Mapping[str, str] = _NO_CHOICE) -> Header:
    """Look for column titles in a row.

    Of several titles for one column, the one with the highest rank counts. Two of the same rank make the
    column a duplicate. ``chosen`` maps columns to the titles that the caller has named for them.
    """
    best: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    folded_choices = {fold(title): column for column, title in chosen.items()}
    for position, cell in enumerate(cells):
        column, rank = _recognise(cell, folded_choices) if isinstance(cell, str) else ("", 0)
        if not column or (column in chosen and rank <= _EXACT):
            continue
        if rank > best.get(column, 0):
            best[column], found[column] = rank, []
        if rank == best[column]:
            found[column].append(position)
    doubled = {
        column: tuple(title_shown(cells[position]) for position in positions)
        for column, positions in found.items()
        if len(positions) > 1
    }
    return Header({column: positions[0] for column, positions in found.items()}, doubled)


def join_rows(upper: Sequence[Value], lower: Sequence[Value]) -> list[Value]:
    """Join two rows of a header: a title over two cells continues to the right, as merged cells do."""
    joined: list[Value] = []
    above = ""
    for position in range(max(len(upper), len(lower))):
        top = upper[position] if position < len(upper) else None
        bottom = lower[position] if position < len(lower) else None
        above = top if isinstance(top, str) and top.strip() else above
        below = bottom if isinstance(bottom, str) and bottom.strip() else ""
        whole = below if below and read_header([below]).positions else above + below
        joined.append(whole if below or top else None)
    return joined


def holds_data(cells: Sequence[Value]) -> bool:
    """Whether a row holds numbers as candidates have them, so that it cannot be a header."""
    return any(_DATA.search(unicodedata.normalize("NFKC", str(cell))) for cell in cells if cell is not None)


def seen_titles(cells: Sequence[Value]) -> list[str]:
    """List a row's texts to be shown as titles; none of a row that may hold a candidate's data."""
    if holds_data(cells):
        return []
    texts = [title_shown(cell) for cell in cells if isinstance(cell, str)]
    return [text for text in texts if text][:_MOST_SHOWN]


def title_shown(value: Value) -> str:
    """Cut a title or a sheet's name for display: printable characters only, and few of them."""
    return legible(str(value), _LONGEST_SHOWN)


def titles(columns: Sequence[str]) -> Text:
    """Join the titles of columns to a list in each language."""
    names = [TITLES[column] for column in columns]
    return Text(", ".join(name.en for name in names), "、".join(name.zh for name in names))


def fold(cell: str) -> str:
    """Fold a title for comparing: NFKC, lower case, without brackets, spaces and punctuation."""
    text = unicodedata.normalize("NFKC", cell).lower().translate(_TRADITIONAL)
    bare = _PUNCTUATION.sub("", _REMARK.sub("", text)).strip("'\"\ufeff")
    return bare or _PUNCTUATION.sub("", text)


def _recognise(cell: str, chosen: Mapping[str, str]) -> tuple[str, int]:
    """Return the column that a title names and the title's rank; an empty column if none."""
    title = fold(cell)
    if title in chosen:
        return chosen[title], _EXACT + 1
    if len(title) > _LONGEST_TITLE or _OTHERS.search(title):
        return "", 0
    matching = next((rule for rule in _RULES if rule[2].fullmatch(title)), None)
    if matching is None:
        return "", 0
    column, rank, _ = matching
    # "姓名（拼音）" names the column only where no plain 姓名 does.
    return column, _VAGUE if _OTHERS.search(cell.lower()) else rank
