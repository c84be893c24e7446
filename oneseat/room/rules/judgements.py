"""The order of a judgement's steps, and who may take the last one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """A step of a judgement, in the order in which they are taken."""

    PROPOSED = "proposed"
    NOTICED = "noticed"
    STATED = "stated"
    DECIDED = "decided"


ESTABLISHED, DISMISSED = "established", "dismissed"
NO_STATEMENT = "none"
"""The outcome of a statement's step where the candidate made none in the time given."""
OUTCOMES = {Stage.STATED: ("", NO_STATEMENT), Stage.DECIDED: (ESTABLISHED, DISMISSED)}
"""What the outcome of a step may be; of the others it is empty."""


class Taken(Protocol):
    """A step that was taken."""

    @property
    def stage(self) -> str: ...  # noqa: D102
    @property
    def operator(self) -> str: ...  # noqa: D102


def next_stage(taken: Sequence[Taken]) -> Stage | None:
    """The step that comes next; None where the judgement is decided."""
    return next((stage for stage in Stage if stage not in {step.stage for step in taken}), None)


def may_decide(taken: Sequence[Taken], operator: str) -> bool:
    """Whether a person may decide: it takes a second one, who has not proposed the judgement."""
    return all(step.operator != operator for step in taken if step.stage == Stage.PROPOSED)


def is_outcome(stage: Stage, outcome: str) -> bool:
    """Whether a step may have this outcome."""
    return outcome in OUTCOMES.get(stage, ("",))
