"""What an exam has approved for single seats: a session, a paper, extra time, and adjustments by code.

Adjustments are what a candidate may use or needs, such as a hearing aid. Why they do is not kept anywhere:
the codes are a closed list without a diagnosis in it.
"""

from __future__ import annotations

from typing import Mapping

from signing.text import Text

ADJUSTMENTS: Mapping[str, Text] = {
    "assistant": Text("assistant in the room", "协助人员"),
    "head_covering": Text("head covering", "头巾"),
    "hearing_aid": Text("hearing aid", "助听设备"),
    "large_type": Text("large type", "大字显示"),
    "screen_reader": Text("screen reader", "读屏软件"),
    "text_only": Text("in writing only, no calls", "仅文字联系"),
    "wheelchair": Text("wheelchair", "轮椅"),
}
"""Codes of approved adjustments, and what invigilators read."""

MOST_EXTRA_MINUTES = 240
"""The longest extra time that a roster may give to a seat."""

PAPER_FORM = r"[a-z0-9](?:-?[a-z0-9]){0,15}"
"""The form of a paper's variant."""
