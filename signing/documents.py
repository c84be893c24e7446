"""Checks the numbers of identity documents by kind: form, date of birth, check character.

Region codes are not looked up. A code is fixed when a person is registered, and lists of
later years no longer have it, so a check would refuse genuine numbers.

Sources: GB 11643-1999 (the 18-character citizen identity number and its ISO 7064
MOD 11-2 check character, which residence permits for Hong Kong, Macao and Taiwan
residents and foreign permanent residents' cards issued since 2023 share), ICAO Doc 9303 (passport numbers).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Callable, Dict, Optional, Sequence, Tuple

from signing.refusals import DocumentInvalid
from signing.text import Text

_WEIGHTS = tuple(pow(2, 17 - i, 11) for i in range(17))
_CHECK_CHARACTERS = "10X98765432"
_EARLIEST_YEAR = 1900
_HALF = 9
_NEARLY_18 = re.compile(r"[0-9]{13,20}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{6}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}")

Rule = Callable[[str], Optional[Text]]
"""Returns what is wrong with a normalised number, or None."""

# What is wrong with a number. The installer's page says the same while somebody types.
LENGTH = Text("it needs 18 characters", "应为 18 位")
ALPHABET = Text("it may hold digits only, with X allowed at the end", "只能是数字，末位可以是 X")
DATE = Text("its date of birth does not exist", "其中的出生日期不存在")
CHECK = Text("its check character does not fit, so a character is mistyped", "校验位不符，有字符输错")
OLD_CARD = Text(
    "it has the 15 digits of a card before 1999; the number now has 18",
    "这是 15 位的旧号码，请填写现在的 18 位号码",
)
FORM = Text("it does not have the form of this document", "不符合该证件的编号格式")
NO_KIND = Text(
    "it fits none of the documents that this exam accepts", "不符合本场考试接受的任何证件的编号格式"
)


def check_character(first17: str) -> str:
    """Compute the ISO 7064 MOD 11-2 check character of 17 digits."""
    return _CHECK_CHARACTERS[sum(w * int(c) for w, c in zip(_WEIGHTS, first17)) % 11]


def _birth_date_exists(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return born.year >= _EARLIEST_YEAR


def _check_18_characters(number: str) -> Optional[Text]:
    if len(number) != 18:
        return LENGTH
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return ALPHABET
    if not _birth_date_exists(number[6:14]):
        return DATE
    return None if check_character(number[:17]) == number[17] else CHECK


def _resident(number: str) -> Optional[Text]:
    return FORM if len(number) == 18 and number[0] == "9" else _check_18_characters(number)


def _foreign_permanent_residence(number: str) -> Optional[Text]:
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):  # cards issued before 2023
        return None
    return FORM if number[:1] != "9" else _check_18_characters(number)


def _matching(pattern: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda number: None if compiled.fullmatch(number) else FORM


_RULES: Dict[str, Tuple[Text, Rule]] = {
    "resident-id": (
        Text("resident identity card or residence permit", "居民身份证、港澳台居民居住证"),
        _resident,
    ),
    "foreign-permanent-residence": (
        Text("foreign permanent resident's card", "外国人永久居留身份证"),
        _foreign_permanent_residence,
    ),
    "passport": (Text("passport", "护照"), _matching(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{6,9}|[0-9]{9}")),
    "hk-macao-permit": (
        Text("mainland travel permit for Hong Kong and Macao residents", "港澳居民来往内地通行证"),
        _matching(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    ),
    "taiwan-permit": (
        Text("mainland travel permit for Taiwan residents", "台湾居民来往大陆通行证"),
        _matching(r"[0-9]{8}"),
    ),
    "officer-id": (
        Text("officer's certificate", "军官证"),
        _matching(r"[\u4e00-\u9fff]{1,3}字第?[0-9]{4,8}号?"),
    ),
}

KINDS: Tuple[str, ...] = tuple(_RULES)
"""The document kinds that an exam may accept."""


def kind_name(kind: str) -> Text:
    """Return the name of a document kind."""
    return _RULES[kind][0]


def check(kinds: Sequence[str], number: str) -> str:
    """Return the first of ``kinds`` whose form ``number`` has.

    The caller normalises ``number`` (:func:`signing.binding.normalise_id_number`).

    Raises:
        DocumentInvalid: no kind fits. With several kinds, the reason given is that of the 18-character
            number if that is what was meant.
    """
    faults: Dict[str, Text] = {}
    for kind in kinds:
        fault = _RULES[kind][1](number)
        if fault is None:
            return kind
        faults[kind] = fault
    raise DocumentInvalid(reason=_most_specific(number, faults))


def _most_specific(number: str, faults: Dict[str, Text]) -> Text:
    if LENGTH in faults.values() and _NEARLY_18.fullmatch(number):
        return OLD_CARD if _FIFTEEN.fullmatch(number) else _length_fault(len(number))
    if len(faults) == 1:
        return next(iter(faults.values()))
    specific = [fault for fault in faults.values() if fault in (DATE, CHECK)]
    if not specific and len(number) == 18 and sum(map(str.isdigit, number)) > _HALF:
        specific = [fault for fault in faults.values() if fault == ALPHABET]
    return specific[0] if specific else NO_KIND


def _length_fault(length: int) -> Text:
    return Text(f"it has {length} characters instead of 18", f"应为 18 位，实为 {length} 位")
