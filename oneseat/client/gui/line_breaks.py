"""Line breaking for Chinese text with numbers.

Tk breaks at spaces only; without one it breaks inside words and numbers. Here a line may end after any
Chinese character, but not within a number or a Latin word, before closing punctuation or after opening
punctuation (as in GB/T 15834 and UAX #14).
"""

from __future__ import annotations

import re
from typing import Callable, List

_CLOSING = "，。、；：？！）”’》】…"
_OPENING = "（“‘《【"
_UNIT = re.compile(rf"[{_OPENING}]*(?:[!-~·–]+|[^\s]) ?[{_CLOSING}]* ?|\s")


def break_lines(text: str, width: int, measure: Callable[[str], int]) -> str:
    """Insert line breaks so that no line is wider than ``width``, unless one word is.

    ``measure`` returns the width of one line, in the unit of ``width``.
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width, measure))


def _lines(text: str, width: int, measure: Callable[[str], int]) -> List[str]:
    lines, line = [], ""
    for unit in _UNIT.findall(text):
        if line and measure((line + unit).rstrip()) > width:
            lines.append(line.rstrip())
            line = unit.lstrip()
        else:
            line += unit
    return [*lines, line.rstrip()]
