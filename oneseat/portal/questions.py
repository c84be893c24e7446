"""The challenge that a refusal carries; a plain value, so that refusals import no services."""

from __future__ import annotations

from dataclasses import dataclass

from signing.text import Text


@dataclass(frozen=True)
class Challenge:
    """A question and the token to send back with its answer; ``again`` after a wrong answer."""

    token: str
    question: Text
    again: bool = False
