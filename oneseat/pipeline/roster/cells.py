"""Converts spreadsheet cells back to the text that was typed, if that is certain."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple

from signing.text import Text


class Missing(Enum):
    """A cell whose value the file does not hold."""

    FORMULA = "a formula that was saved without its value"


Value = str | float | int | bool | date | datetime | time | timedelta | Missing | None
"""A cell's value: CSV has text only, XLSX has typed cells (integers are read as floats)."""

_EXACT_DIGITS = 15
"""Spreadsheets keep 15 significant digits of a number; the rest becomes zeros."""

_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[Ee]\+[0-9]+|[0-9]\.[0-9]+[Ee][0-9]+")
_POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_FORMULA = re.compile(r'="([^"]*)"')
_QUOTES = "'\u2018\u2019\u02bc\uff07`"
_ERRORS = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)|#+")


class CellDamaged(ValueError):
    """The cell does not hold what was typed, and that cannot be recovered."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Cell(NamedTuple):
    """The text of a cell; ``numeric`` if it was stored as a number and may have lost leading zeros."""

    text: str
    numeric: bool


_DIGITS_LOST = Text(
    "the spreadsheet turned the number into scientific notation and its last digits are lost; "
    "format the column as text and enter it again",
    "表格软件已把号码转为科学计数法，末尾数字丢失；请将该列设为文本格式后重新填写",
)
_NOT_TEXT = Text(
    "the cell holds a date, time or truth value, not a number", "单元格是日期、时间或逻辑值，不是号码"
)
_FORMULA_ERROR = Text("the cell holds a formula error", "单元格是公式错误值")
_FORMULA_UNSAVED = Text(
    "the cell holds a formula without its value; open the file in Excel or WPS and save it again",
    "单元格是公式，但文件中没有保存计算结果；请用 Excel 或 WPS 打开该文件，保存后再试",
)
_LINE_BREAK = Text(
    "the cell runs over several lines; a quotation mark may not be closed",
    "单元格跨越多行，可能有引号未闭合",
)
_FRACTION = Text("the cell holds a fraction, not a number as typed", "单元格是小数，不是所填号码")


def number_cell(value: Value) -> Cell:
    """Read a cell that should hold a document or admission number.

    Removes what spreadsheets add: a leading apostrophe, ``="..."``, ``.0``.

    Raises:
        CellDamaged: digits are lost, or the cell never held a number.
    """
    if isinstance(value, str):
        return _number_text(value)
    if value is None:
        return Cell("", numeric=False)
    if value is Missing.FORMULA:
        raise CellDamaged(_FORMULA_UNSAVED)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CellDamaged(_NOT_TEXT)
    return _number_value(value)


def name_cell(value: Value) -> str:
    """Read a cell that should hold a name.

    Raises:
        CellDamaged: the cell holds something else.
    """
    if value is None:
        return ""
    if value is Missing.FORMULA:
        raise CellDamaged(_FORMULA_UNSAVED)
    if not isinstance(value, str):
        raise CellDamaged(
            Text("the cell holds a number or a date, not a name", "单元格是数字或日期，不是姓名")
        )
    text = value.strip()
    _refuse_oddities(text)
    return text


def _number_text(value: str) -> Cell:
    text = value.strip()
    if text.isalnum() and text.isascii():  # fast path: nearly all cells
        return Cell(text, numeric=False)
    _refuse_oddities(text)
    text = unicodedata.normalize("NFKC", text).strip()
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].strip()
    text = text.lstrip(_QUOTES).strip()
    if _SCIENTIFIC.fullmatch(text):
        raise CellDamaged(_DIGITS_LOST)
    if whole := _POINT_ZERO.fullmatch(text):
        if len(whole[1]) > _EXACT_DIGITS:
            raise CellDamaged(_DIGITS_LOST)
        return Cell(whole[1], numeric=True)
    return Cell(text, numeric=False)


def _number_value(value: float) -> Cell:
    if isinstance(value, float) and not value.is_integer():
        raise CellDamaged(_FRACTION)
    if abs(value) >= 10**_EXACT_DIGITS:
        raise CellDamaged(_DIGITS_LOST)
    return Cell(str(int(value)), numeric=True)


def _refuse_oddities(text: str) -> None:
    if "\n" in text or "\r" in text:
        raise CellDamaged(_LINE_BREAK)
    if _ERRORS.fullmatch(text):
        raise CellDamaged(_FORMULA_ERROR)
