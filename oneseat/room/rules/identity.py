"""Decides what people's decisions on an identity amount to, and which of them may be made.

No machine decides. A rejection takes two persons, and ends nothing by itself: what follows is decided by the
exam's committee. What is undecided when the interview starts counts as doubtful, and is looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile
from typing import Protocol


class Identity(StrEnum):
    """The state of an attempt's identity. Each but the first is also what one person may decide."""

    UNDECIDED = "undecided"
    PASSED = "passed"
    DOUBTFUL = "doubtful"
    REJECTED = "rejected"


REASONS = {
    Identity.PASSED: ("agrees", "checked-otherwise"),
    Identity.DOUBTFUL: ("unclear", "covered", "expired", "other-document", "unchecked", "no-photo", "other"),
    Identity.REJECTED: ("other-person", "other-card", "not-a-person", "other"),
}
"""The reasons of each decision, as codes."""

RETAKES = ("dark", "glare", "blurred", "covered", "cut", "document")
"""Why new photographs are asked for: codes of at most eight characters, which candidates read in words."""
MOST_RETAKES = 3
"""How often they are asked for in one attempt."""


class Made(Protocol):
    """A decision that was made, such as a :class:`oneseat.state.room.identity.Decision`."""

    @property
    def operator(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102


def state_of(decisions: Sequence[Made]) -> Identity:
    """Return what decisions amount to, given oldest first: the newest one counts.

    A rejection by one person alone is doubtful until a second person has rejected too.
    """
    if not decisions:
        return Identity.UNDECIDED
    newest = Identity(decisions[-1].outcome)
    if newest is Identity.REJECTED and len(_rejecting(decisions)) < 2:
        return Identity.DOUBTFUL
    return newest


def awaits_second(decisions: Sequence[Made]) -> bool:
    """Whether one person has rejected, and a second one is asked."""
    return len(_rejecting(decisions)) == 1


def may_pass(*, agrees: bool | None) -> bool:
    """Whether 通过 may be decided: only where the portal has confirmed the typed name and number.

    A face and a card that agree with each other may both be a substitute's.
    """
    return agrees is True


def may_reject(decisions: Sequence[Made], operator: str) -> bool:
    """Whether a person may reject: one who has already done so is not a second person."""
    return operator not in _rejecting(decisions)


def _rejecting(decisions: Sequence[Made]) -> set[str]:
    """The persons whose rejections are not followed by another decision."""
    rejections = takewhile(lambda made: made.outcome == Identity.REJECTED, reversed(decisions))
    return {made.operator for made in rejections}
