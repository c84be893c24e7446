"""Says how urgent a candidate's request is: at which stage the attempt is, and how much of it is left."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from oneseat.room.rules.steps import Facts


class StageName(StrEnum):
    """The stages that the portal's help API knows."""

    WAITING = "waiting"
    QUESTIONS = "questions"


class HelpStage(NamedTuple):
    """A stage and the time left of it."""

    name: StageName
    left: timedelta

    @property
    def left_s(self) -> int:
        """The time left in whole seconds, at most a day: more the portal's API does not take."""
        return min(86_400, max(0, int(self.left.total_seconds())))


def help_stage(facts: Facts, now: datetime) -> HelpStage | None:
    """The stage of an attempt; None before the consent, without a start, and from the end on."""
    if facts.consent_at is None or facts.starts_at is None or facts.ends_at is None:
        return None
    if facts.handed_in_at is not None or now >= facts.ends_at:
        return None
    if now < facts.starts_at:
        return HelpStage(StageName.WAITING, facts.starts_at - now)
    return HelpStage(StageName.QUESTIONS, facts.ends_at - now)
