"""Recognises a roster's columns by their header names in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from oneseat.pipeline.roster.cells import Value
from signing.text import Text

NAME, ID_NUMBER, ADMISSION_NUMBER = "name", "id_number", "admission_number"

TITLES = {
    NAME: Text("name", "姓名"),
    ID_NUMBER: Text("ID number", "身份证号"),
    ADMISSION_NUMBER: Text("admission number", "准考证号"),
}

_ALIASES = {
    NAME: "姓名 考生姓名 名字 name fullname candidate candidatename",
    ID_NUMBER: (
        "身份证号 身份证号码 身份证 身份证件号码 有效身份证件号码 证件号 证件号码 证件编号 公民身份号码 "
        "id idno idnum idnumber idcard idcardno idcardnumber documentnumber"
    ),
    ADMISSION_NUMBER: (
        "准考证号 准考证号码 准考证 准考证编号 笔试准考证号 考号 "
        "admission admissionno admissionnumber admissionticket admissionticketnumber ticketnumber"
    ),
}
_COLUMN_OF = {alias: column for column, aliases in _ALIASES.items() for alias in aliases.split()}
_PUNCTUATION = re.compile(r"[\s_\-.:/*]+")
_REMARK = re.compile(r"\(.*?\)|\[.*?\]")


class Columns(NamedTuple):
    """Positions of the three columns, from 0."""

    name: int
    id_number: int
    admission_number: int


class Header(NamedTuple):
    """The columns that a row names as a header, and those that it names twice."""

    positions: dict[str, int]
    duplicates: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that the row does not name."""
        return tuple(column for column in TITLES if column not in self.positions)

    def columns(self) -> Columns:
        """Return the positions; no column may be missing."""
        return Columns(**self.positions)


def read_header(cells: Sequence[Value]) -> Header:
    """Look for column names in a row."""
    positions: dict[str, int] = {}
    duplicates = []
    for position, cell in enumerate(cells):
        column = _COLUMN_OF.get(_folded(cell)) if isinstance(cell, str) else None
        if column in positions:
            duplicates.append(column)
        elif column:
            positions[column] = position
    return Header(positions, tuple(duplicates))


def titles(columns: Sequence[str]) -> Text:
    """Join the titles of columns to a list in each language."""
    names = [TITLES[column] for column in columns]
    return Text(", ".join(name.en for name in names), "、".join(name.zh for name in names))


def _folded(cell: str) -> str:
    text = _REMARK.sub("", unicodedata.normalize("NFKC", cell).lower())
    return _PUNCTUATION.sub("", text).strip("'\"\ufeff")
