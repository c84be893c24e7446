"""What the portal asks people beside a refusal: plain values, so that refusals can carry them."""

from __future__ import annotations

from dataclasses import dataclass

from signing.text import Text


@dataclass(frozen=True)
class Challenge:
    """A question as it goes out, with the stamp that must come back; ``again`` after a wrong answer."""

    stamp: str
    question: Text
    again: bool = False
