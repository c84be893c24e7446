"""Checks of single values of an exam file: text that shows, names that Windows allows, likely years."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 2000, 2199
"""The years of an exam's times. Far from them Python cannot convert a time to another zone."""

_DURATION = re.compile(r"([1-9][0-9]{0,5})(s|min|h|d)")
_UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))]
)
"""Names of devices, which no file or folder can have, with or without an extension.

Source: Microsoft, "Naming Files, Paths, and Namespaces".
"""


def require_visible(text: str) -> str:
    """Require a text of characters that show: none that control a terminal or turn the reading direction.

    Raises:
        PydanticCustomError: a character of another kind occurs.
    """
    for character in text:
        if unicodedata.category(character) in _HIDDEN:
            raise PydanticCustomError("hidden_character", "hidden", {"code": f"U+{ord(character):04X}"})
    return text


def require_file_name(name: str) -> str:
    """Require a name that a file or folder of Windows can have.

    Raises:
        PydanticCustomError: the name is reserved, or ends in a dot or a space.
    """
    if name.partition(".")[0].rstrip().lower() in _RESERVED or name.endswith((".", " ")):
        raise PydanticCustomError("reserved_name", "reserved", {"name": name})
    return name


def require_path(path: str) -> str:
    """Require a path of Windows whose every part is a possible name; an empty text is none.

    Raises:
        PydanticCustomError: a part is no possible name.
    """
    for part in path.split("\\") if path else ():
        require_file_name(part)
    return path


def require_likely_year(moment: datetime) -> datetime:
    """Require a time in a year that can be meant.

    Raises:
        PydanticCustomError: the year is not from :data:`FIRST_YEAR` to :data:`LAST_YEAR`.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("year_unlikely", "year", {"first": FIRST_YEAR, "last": LAST_YEAR})
    return moment


def require_duration(text: str) -> str:
    """Require a duration such as ``90s``, ``3min``, ``72h`` or ``7d``.

    Raises:
        PydanticCustomError: it is not a whole number above 0 with one of these units.
    """
    if not _DURATION.fullmatch(text):
        raise PydanticCustomError("duration", "no duration", {})
    return text


def seconds_of(duration: str) -> int:
    """Convert a checked duration to seconds."""
    number, unit = _DURATION.fullmatch(duration).groups()  # type: ignore[union-attr]
    return int(number) * _UNITS_S[unit]
