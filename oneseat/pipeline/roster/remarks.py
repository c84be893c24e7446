"""Remarks on names that their owners may not be able to type: brackets, digits, stars, two scripts.

A remark is no fault. The row gets its seat, and the registrar learns beforehand that the candidate has to
type the name exactly as the roster has it.
"""

from __future__ import annotations

import re
import unicodedata

from signing.normal_forms import normalise_name
from signing.text import Text

_HAN = re.compile("[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LATIN = re.compile("[A-Z]")
_BRACKETS = re.compile(r"[()\[\]{}<>\u3008-\u3011\u3014-\u301b]")

_BRACKET = Text(
    "there is a remark in brackets beside the name: the candidate has to type it as well to log in",
    "姓名旁有括号备注，考生登录时须连同备注一起输入",
)
_DIGIT = Text(
    "there is a digit beside the name: the candidate has to type it as well to log in",
    "姓名中有数字，考生登录时须一并输入",
)
_SIGN = Text(
    "there is a sign beside the name: the candidate has to type it as well to log in",
    "姓名中有符号，考生登录时须一并输入",
)
_TWO_SCRIPTS = Text(
    "the name is in Chinese and Latin letters: the candidate has to type both to log in",
    "姓名中既有汉字又有字母，考生登录时须一并输入",
)


def remark_on(name: str) -> Text | None:
    """Return what is unusual about a name, or None. Dots, hyphens and spaces are usual."""
    if _HAN.sub("", name) == "":
        return None  # fast path: nearly all names
    normal = normalise_name(name)
    if _BRACKETS.search(normal):
        return _BRACKET
    categories = {unicodedata.category(letter)[0] for letter in _HAN.sub("", normal)}
    if "N" in categories:
        return _DIGIT
    if categories - {"L", "M"}:
        return _SIGN
    return _TWO_SCRIPTS if _HAN.search(normal) and _LATIN.search(normal) else None
