"""Faults of pictures and rows, each with its place, and the list of them as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.photos.errors import PhotosFaulty
from oneseat.pipeline.roster.csv_files import write_csv
from signing.text import Lines, Text

SHOWN = 20
"""Faults that a refusal shows."""


@dataclass(frozen=True)
class PhotoFault:
    """A fault: its place (a roster's row, or a picture by its number), and what is wrong."""

    place: Text
    problem: Text


def write_fault_list(path: Path, faults: Sequence[PhotoFault]) -> int:
    """Write a line for each fault, atomically; return their number.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    rows = ((fault.place.zh, fault.problem.zh, fault.problem.en) for fault in faults)
    return write_csv(path, ("位置", "原因", "reason"), rows)


def refusal(faults: Sequence[PhotoFault]) -> PhotosFaulty:
    """The refusal that shows the first faults and counts all."""
    shown = [
        (f"{each.place.en}: {each.problem.en}", f"{each.place.zh}：{each.problem.zh}") for each in faults
    ]
    more = len(faults) - SHOWN
    if more > 0:
        shown[SHOWN:] = [(f"and {more} more", f"另有 {more} 处未显示")]
    english, chinese = zip(*shown, strict=True)
    listed = Text(Lines("\n".join(english)), Lines("\n".join(chinese)))
    return PhotosFaulty(count=len(faults), faults=listed)
