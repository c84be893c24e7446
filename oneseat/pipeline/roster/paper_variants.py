"""Compares the papers that a roster names with the papers that there are, each session's own.

A seat whose paper is not there would get another one by draw, so the roster's check remarks on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oneseat.files.paper_names import SPARE, name_of_file
from oneseat.pipeline.roster.terms import RowTerms
from signing.session_times import FORMAL
from signing.text import Text

Asked = tuple[int | None, str]
"""A formal session, counted from 0 (None: the only one), and the name of a paper."""


@dataclass(frozen=True)
class PaperRemark:
    """A paper that rows name and that is not there: how many rows, and the first one's place."""

    place: str
    rows: int
    remark: Text


class PaperVariants:
    """The variants of an exam's formal papers, and the rows that name another one.

    Without formal papers in the folder nothing is compared: ``exam check`` says that they are missing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._known: dict[int, set[str]] = defaultdict(set)
        self._missed: dict[Asked, tuple[str, int]] = {}
        for name in _files_in(folder) if folder is not None else ():
            paper = name_of_file(name)
            if paper is not None and paper.kind == FORMAL:
                self._known[paper.position].add(paper.variant)

    def count(self, terms: RowTerms, place: str) -> None:
        """Compare one row."""
        if not self._known or terms.paper is None:
            return
        if terms.paper in self._known[terms.session or 0] - {SPARE}:
            return
        asked = (terms.session, terms.paper)
        first, rows = self._missed.get(asked, (place, 0))
        self._missed[asked] = (first, rows + 1)

    def remarks(self) -> list[PaperRemark]:
        """What was found, in the order of the first rows."""
        return [
            PaperRemark(place, rows, self._remark(*asked)) for asked, (place, rows) in self._missed.items()
        ]

    def _remark(self, session: int | None, paper: str) -> Text:
        if paper == SPARE:
            return _NO_SPARE
        position = session or 0
        known = sorted(self._known[position] - {SPARE})
        return Text(
            f"formal session {position + 1} has no paper {paper!r}, only {_listed(known, 'none')}",
            f"正式第 {position + 1} 场没有试卷“{paper}”，现有：{_listed(known, '无', '、')}",
        )


_NO_SPARE = Text(
    "the spare paper is unlocked for a whole session, and given to no single seat",
    "备用卷只能整场启用，不能指定给个别考生",
)


def _listed(names: Iterable[str], otherwise: str, separator: str = ", ") -> str:
    return separator.join(names) or otherwise


def _files_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
