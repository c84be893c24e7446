"""Normalises names, ID numbers and admission numbers before they are hashed or compared.

A name has had two normal forms. The first unified the middle dots and kept them. The current one drops every
dot, hyphen and apostrophe, and reads the private-use letters of GBK as the letters of Unicode. So all usual
spellings of one name are one name. The first form is kept, because seats were issued under it (ADR 88).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Callable, Sequence, Tuple

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")

_FIRST_MIDDLE_DOTS = str.maketrans(dict.fromkeys("•‧．・⋅･", "·"))

_DOTS = "·•‧․∙⋅●⚫◦・･ㆍ\u119e᛫⸱⸳ꞏᐧ˙.．﹒。｡、､"
_HYPHENS = "-－﹣‐‑‒–—―−"
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07`"
_MARKS = "\u00ad\u034f\u061c\u180e\u2061-\u2064\u2066-\u2069\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Soft hyphen, joiners, direction marks and variation selectors: none can be seen."""
_SEPARATORS = re.compile(f"[{re.escape(_DOTS + _HYPHENS + _APOSTROPHES)}{_MARKS}]")

_GBK_PRIVATE = range(0xE815, 0xE865)
_GBK_LETTERS = (
    "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
    "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺龻䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮𤇾"
)
"""The letters of GBK's codes FE50 to FEA0, for which older systems use U+E815 to U+E864 (Windows 936)."""
_PRIVATE_LETTERS = {**dict(zip(_GBK_PRIVATE, _GBK_LETTERS)), 0xE7C7: "ḿ", 0xE7C8: "ǹ"}


def _compact(text: str) -> str:
    """Normalise to NFKC in upper case, without white space or invisible marks.

    Repeats until nothing changes, since removing a space can bring together characters that NFKC
    then composes.
    """
    # Fast path: most values are letters and digits in normal form already.
    if text.isalnum():
        if text.isascii():
            return text.upper()
        if unicodedata.is_normalized("NFKC", text) and text.upper() == text:
            return text
    while True:
        compact = _SPACE.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).upper()))
        if compact == text:
            return compact
        text = compact


def normalise_name(name: str) -> str:
    """Normalise a person's name to the current form.

    Spaces, dots, hyphens and apostrophes carry no identity: the same person's papers differ in
    them. Private-use letters of GBK become the letters that Unicode has since given a place.
    """
    if name.isalnum():  # fast path: no space, no private letter, and nearly always no separator
        compact = _compact(name)
        if not _SEPARATORS.search(compact):
            return compact
    text = name.translate(_PRIVATE_LETTERS)
    while True:
        # Before NFKC as well, which turns some separators into a space and a combining mark.
        compact = _SEPARATORS.sub("", _compact(_SEPARATORS.sub("", text)))
        if compact == text:
            return compact
        text = compact


def is_of_two_persons(names: Sequence[str]) -> bool:
    """Whether these are two names of two persons: spellings that differ in spaces, width or case are one."""
    return len(names) == 2 and len({normalise_name(name) for name in names} - {""}) == 2


def normalise_name_first_form(name: str) -> str:
    """Normalise a person's name to the form of seats that were issued before the current one existed.

    Middle dots are unified before NFKC, which would turn some of them into full stops.
    """
    return _compact(name.translate(_FIRST_MIDDLE_DOTS))


NAME_FORMS: Tuple[Callable[[str], str], ...] = (normalise_name, normalise_name_first_form)
"""All normal forms of names under which a seat may have been issued, the current one first."""


def normalise_id_number(number: str) -> str:
    """Normalise a document number: NFKC (full-width digits become plain), no spaces, upper case."""
    return _compact(number)


def normalise_admission_number(number: str) -> str:
    """Normalise an admission number: NFKC, no spaces, upper case."""
    return _compact(number)


def normalise_code(code: str) -> str:
    """Normalise a typed code: NFKC, no spaces, upper case."""
    return _compact(code)
