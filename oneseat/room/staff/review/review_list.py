"""Reads what a session's attempts lack and what happened in them, sorted by what to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from oneseat.room.rules.attention import NOTABLE, SERIOUS
from oneseat.room.rules.judgements import Stage
from oneseat.room.staff.review.judging import CLEAR
from oneseat.state.room import attempt_list, marks, reviews
from oneseat.state.room.marks import Marked
from oneseat.state.room.reviews import Held, Review


class Kind(StrEnum):
    """Which attempts a list for review shows. ``OPEN`` have a question or a judgement that is not decided."""

    ALL = "all"
    MARKED = "marked"
    INCOMPLETE = "incomplete"
    EVENTFUL = "eventful"
    UNSEEN = "unseen"
    OPEN = "open"


@dataclass(frozen=True)
class Reviewed:
    """One attempt in the list. ``stages`` are the steps that were taken of its judgements.

    ``marks`` are the suspicions that invigilators have marked and not withdrawn; None without any.
    """

    held: Held
    serious: int
    notable: int
    review: Review | None
    stages: frozenset[str]
    marks: Marked | None

    @property
    def is_complete(self) -> bool:
        """Whether everything promised is in the store, or there was no interview."""
        return self.held.completed_at is not None or self.held.consent_at is None

    @property
    def is_open(self) -> bool:
        """Whether a person has left a question, or a judgement is not decided."""
        asked = self.review is not None and self.review.finding != CLEAR
        return bool(self.stages and Stage.DECIDED not in self.stages) or (asked and not self.stages)

    @property
    def rank(self) -> tuple[int, int, int, bool]:
        """By which the list is sorted: what should be looked at first has the least.

        What a person has seen and marked comes before what programs have noticed.
        """
        marked = self.marks.count if self.marks is not None else 0
        return -marked, -self.serious, -self.notable, self.is_complete


@dataclass(frozen=True)
class SessionReview:
    """A session's attempts for review, sorted, and how many of them are complete, reviewed, marked."""

    lines: Sequence[Reviewed]
    attended: int
    complete: int
    reviewed: int
    marked: int


def read(connection: Connection, exam: str, kind: str, session: int) -> SessionReview:
    """Read a session's attempts: those that invigilators have marked first, then by the weight of events."""
    codes = reviews.count_codes(connection, exam, kind, session, SERIOUS | NOTABLE)
    newest = reviews.newest_reviews(connection, exam, kind, session)
    stages = reviews.stages(connection, exam, kind, session)
    marked = marks.standing(connection, exam, kind, session)
    lines = [
        Reviewed(
            held,
            sum(count for code, count in codes[held.id].items() if code in SERIOUS),
            sum(count for code, count in codes[held.id].items() if code in NOTABLE),
            newest.get(held.id),
            frozenset(stages.get(held.id, ())),
            marked.get(held.id),
        )
        for held in reviews.attempts_of(connection, exam, kind, session)
    ]
    attended = [line for line in lines if line.held.consent_at is not None]
    return SessionReview(
        sorted(lines, key=lambda line: line.rank),
        len(attended),
        sum(line.is_complete for line in attended),
        sum(line.review is not None for line in attended),
        sum(line.marks is not None for line in lines),
    )


def chosen(lines: Sequence[Reviewed], kind: Kind) -> list[Reviewed]:
    """Those of the attempts that a filter shows."""
    shown = {
        Kind.ALL: bool,
        Kind.MARKED: lambda line: line.marks is not None,
        Kind.INCOMPLETE: lambda line: not line.is_complete,
        Kind.EVENTFUL: lambda line: bool(line.serious or line.notable),
        Kind.UNSEEN: lambda line: line.review is None,
        Kind.OPEN: lambda line: line.is_open,
    }
    return list(filter(shown[kind], lines))


def missing(connection: Connection, lines: Sequence[Reviewed]) -> dict[str, int]:
    """Count the segments that each of some attempts lacks."""
    return attempt_list.missing(connection, [line.held.id for line in lines])
