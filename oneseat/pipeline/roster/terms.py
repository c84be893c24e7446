"""Reads a row's optional columns: formal session, paper, extra minutes and approved adjustments."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from oneseat.pipeline.exam.values import seconds_of
from oneseat.pipeline.roster.cells import CellDamaged, Missing, Value
from signing.charter import OWN_ROOM
from signing.seat_terms import ADJUSTMENTS, MOST_EXTRA_MINUTES, PAPER_FORM
from signing.text import Text

if TYPE_CHECKING:  # workers that check rows need no exam files, and start quicker without their model
    from oneseat.pipeline.exam.model import Exam

_SESSION = re.compile(r"(?:第\s*)?([0-9]{1,3})(?:\.0+)?\s*场?")
_MINUTES = re.compile(r"([0-9]{1,4})(?:\.0+)?\s*(?:分钟?|min)?")
_SEPARATORS = re.compile(r"[、,;|/\s]+")
_LONGEST = 400
_CODES = {words.zh: code for code, words in ADJUSTMENTS.items()}

_NOT_TEXT = Text("the cell holds a date, a formula or a truth value", "单元格是日期、公式或逻辑值")
SESSION_ABSENT = Text(
    "no session is named, and the exam has several formal ones",
    "没有写明场次；本考试有多个正式场次，须写明考生参加哪一场",
)
_PAPER_FORM = Text(
    "a paper is named by up to 16 lower-case letters, digits and hyphens",
    "试卷名只能由小写字母、数字和连字符组成，最多 16 个字符",
)
_ADJUSTMENTS_KNOWN = Text(
    f"only these are known: {', '.join(ADJUSTMENTS)}; a cause or a diagnosis is not written down",
    f"只能填写：{'、'.join(words.zh for words in ADJUSTMENTS.values())}（不得填写原因或诊断）",
)


class RowTerms(NamedTuple):
    """What a row gives its seat. ``session`` counts from 0 in the order of starts; None if none is given."""

    session: int | None = None
    paper: str | None = None
    extra_minutes: int = 0
    adjustments: tuple[str, ...] = ()


NO_TERMS = RowTerms()


@dataclass(frozen=True)
class TermsRules:
    """An exam's rules for the optional columns.

    ``most_extra`` has the longest extra time in minutes of each formal session, in the order of starts: what
    is left until the exam's end and, in this project's room, of a mock session. With ``own_room`` a seat has
    to name its session where there are several.
    """

    most_extra: tuple[int, ...]
    own_room: bool

    @classmethod
    def of(cls, exam: Exam) -> TermsRules:
        """Read the rules of an exam."""
        own = exam.exam_room is not None and exam.exam_room.kind == OWN_ROOM
        limit = timedelta(minutes=MOST_EXTRA_MINUTES)
        if own:
            needed = timedelta(seconds=seconds_of(exam.mock.wait) + exam.mock_answer_s)
            shortest = min(mock.closes - mock.opens for mock in exam.mock.sessions)
            limit = min(limit, shortest - needed)
        ends = [formal.ends for formal in sorted(exam.formal.sessions, key=lambda formal: formal.starts)]
        minute = timedelta(minutes=1)
        return cls(tuple(max(0, min(limit, exam.ends - end) // minute) for end in ends), own)

    @property
    def session_needed(self) -> bool:
        """Whether every seat has to name its session."""
        return self.own_room and len(self.most_extra) > 1

    def read_session(self, value: Value) -> int | None:
        """Read the number of a formal session, counted from 1 in the order of starts.

        Raises:
            CellDamaged: it is no number, there is no such session, or one has to be named.
        """
        text, count = _text(value), len(self.most_extra)
        if not text:
            if count > 1:
                raise CellDamaged(SESSION_ABSENT)
            return None
        match = _SESSION.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= count:
            raise CellDamaged(
                Text(
                    f"it must be the number of a formal session, from 1 to {count}, in the order of starts",
                    f"应为正式场次的序号（1 至 {count}，按开考时间排列）",
                )
            )
        return int(match[1]) - 1

    def read_extra(self, value: Value, session: int | None) -> int:
        """Read extra minutes of a seat in a session; None stands for each of them.

        Raises:
            CellDamaged: it is no whole number, or more than the session leaves room for.
        """
        text = _text(value)
        if not text:
            return 0
        most = min(self.most_extra) if session is None else self.most_extra[session]
        match = _MINUTES.fullmatch(text)
        if match is None or int(match[1]) > most:
            raise CellDamaged(
                Text(
                    f"it must be a whole number of minutes, from 0 to {most}",
                    f"应为整数分钟，0 至 {most}",
                )
            )
        return int(match[1])


def read_paper(value: Value) -> str | None:
    """Read the name of a paper's variant, in lower case; None for an empty cell.

    Raises:
        CellDamaged: it has not the form of one.
    """
    text = _text(value).lower().removesuffix(".0")
    if not text:
        return None
    if re.fullmatch(PAPER_FORM, text) is None:
        raise CellDamaged(_PAPER_FORM)
    return text


def read_adjustments(value: Value) -> tuple[str, ...]:
    """Read adjustments, by codes or their Chinese words, in alphabetical order of the codes.

    Raises:
        CellDamaged: one is not in the list.
    """
    text = _text(value)
    if len(text) > _LONGEST:
        raise CellDamaged(_ADJUSTMENTS_KNOWN)
    names = [name for name in _SEPARATORS.split(text) if name]
    codes = {_CODES.get(name, name.lower().replace("-", "_")) for name in names}
    if codes - set(ADJUSTMENTS):
        raise CellDamaged(_ADJUSTMENTS_KNOWN)
    return tuple(sorted(codes))


def _text(value: Value) -> str:
    """A cell as text, in normal form; spreadsheets store whole numbers as floats."""
    if value is None:
        return ""
    if isinstance(value, bool | Missing) or not isinstance(value, str | float | int):
        raise CellDamaged(_NOT_TEXT)
    return unicodedata.normalize("NFKC", str(value)).strip().lstrip("'")
