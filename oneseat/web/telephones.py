"""Reads telephone numbers as people type them, and hides their middle where they are shown."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s\-().（）·]+")
_TELEPHONE = re.compile(r"\+?[0-9]{7,15}")
_FEWEST_MASKED = 4


def normalise_telephone(typed: str) -> str | None:
    """Digits of a telephone number as typed, with a leading ``+`` if it has one; None if it is none."""
    digits = _SEPARATORS.sub("", typed.translate(_FULL_WIDTH))
    return digits if _TELEPHONE.fullmatch(digits) and len(set(digits)) > 1 else None


_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+"}


def mask_telephone(number: str) -> str:
    """A telephone number with its middle hidden: the first three and the last four digits of eleven."""
    ends = min(7, max(0, len(number) - _FEWEST_MASKED))
    tail = min(4, ends)
    head = ends - tail
    return f"{number[:head]}{'*' * (len(number) - ends)}{number[len(number) - tail :]}"
