"""Stretches the times of single questions by a seat's extra time, so that all of them still fit the attempt.

The page does the same by the same two numbers (``pace.js``), and a test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """``to_s`` seconds of a seat's attempt for ``of_s`` seconds that the paper was written for.

    Rounding down keeps what a paper promises: questions by the clock stay without a gap and end with the
    attempt, and the times to prepare and to speak still fit into their question's.
    """

    of_s: int
    to_s: int

    def seconds(self, paper_s: int) -> int:
        """Stretch a time of the paper: one question's, or one after the start."""
        return paper_s * self.to_s // self.of_s

    def wire(self) -> list[int]:
        """The two numbers, as pages get them."""
        return [self.of_s, self.to_s]


def stretch(written_s: int, extra_s: int, lasts_s: int) -> Stretch:
    """The stretch of an attempt that lasts ``lasts_s`` seconds, with a paper for ``written_s`` seconds.

    Only approved extra time stretches, and only as far as the attempt is longer. An order of the day that
    moves an attempt's end stretches nothing: it makes good what was lost.
    """
    return Stretch(written_s, written_s + max(0, min(extra_s, lasts_s - written_s)))
