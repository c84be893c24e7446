"""Reviews an attempt after its session, and judges it step by step, each act audited.

A judgement is a record of people: one proposes it by clause and evidence, the candidate is told and heard,
and a second person decides. No step is ever changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from oneseat.room.refusals.judgements import (
    JudgementIncomplete,
    JudgementOutOfOrder,
    JudgementUnknown,
    ReviewIncomplete,
    ReviewTooEarly,
    SecondJudgeNeeded,
)
from oneseat.room.rules import commitments
from oneseat.room.rules.attention import NOTABLE, SERIOUS
from oneseat.room.rules.commitments import RECORD
from oneseat.room.rules.judgements import NO_STATEMENT, Stage, is_outcome, may_decide, next_stage
from oneseat.room.staff.committing import digest_of
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.accounts.audit import Fact
from oneseat.state.room import marks, reviews
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.reviews import JudgementStep, Review
from signing.text import Text, printable

CLEAR, QUESTION, REFER = "clear", "question", "refer"
FINDINGS = (CLEAR, QUESTION, REFER)
"""What a review may find: nothing, a question that stays open, or a case for a judgement."""
MAX_NOTE, MAX_CLAUSE, MAX_WORDS, MAX_EVIDENCE = 200, 200, 2000, 50

_NO_CLAUSE = Text("the clause is missing", "没有写明条款")
_NO_EVIDENCE = Text("no event or mark of this attempt is chosen", "没有选择本次考试的事件或标记作为依据")
_NO_WORDS = Text("the words are missing", "没有填写内容")
_NO_OUTCOME = Text("the decision is missing", "没有选择决定")


@dataclass(frozen=True)
class Proposed:
    """What a judgement is proposed with: the clause, references to events and marks, what is alleged."""

    clause: str
    evidence: Sequence[str]
    words: str


@dataclass(frozen=True)
class Next:
    """A later step as a form gives it."""

    stage: str
    words: str
    outcome: str


def require_over(attempt: Attempt, visit: StaffVisit) -> None:
    """Check that an attempt is over.

    Raises:
        ReviewTooEarly: it was not handed in, and has not ended.
    """
    if attempt.handed_in_at is None and (attempt.ends_at is None or attempt.ends_at > visit.now):
        raise ReviewTooEarly


def review(visit: StaffVisit, attempt_id: str, finding: str, note: str) -> None:
    """Append a review.

    Raises:
        AttemptUnknown: there is no such attempt.
        ReviewIncomplete: the finding is none of the list.
        ReviewTooEarly: the attempt is not over.
    """
    if finding not in FINDINGS:
        raise ReviewIncomplete
    with visit.room.database.reading() as connection:
        attempt = find(connection, visit, attempt_id)
    require_over(attempt, visit)
    facts: dict[str, Fact] = {"jti": attempt.jti, "attempt": attempt.id, "finding": finding}
    with visit.audited("room.reviewed", facts) as connection:
        made = Review(attempt.id, visit.now, visit.operator.name, finding, printable(note)[:MAX_NOTE])
        number = reviews.add_review(connection, visit.room.exam, made)
        facts[RECORD] = digest_of(connection, commitments.REVIEW, number)


def propose(visit: StaffVisit, attempt_id: str, proposed: Proposed) -> str:
    """Begin a judgement, and return its id.

    Raises:
        AttemptUnknown: there is no such attempt.
        ReviewTooEarly: the attempt is not over.
        JudgementIncomplete: clause, evidence or words are missing, or the evidence is not of this attempt.
    """
    exam, clause, words = visit.room.exam, printable(proposed.clause).strip(), _words(proposed.words)
    if not clause or not words:
        raise JudgementIncomplete(reason=_NO_WORDS if clause else _NO_CLAUSE)
    with visit.room.database.reading() as connection:
        attempt = find(connection, visit, attempt_id)
        seen = reviews.events_of(connection, exam, attempt.id, SERIOUS | NOTABLE)
        marked = [each for each in marks.list_of(connection, exam, attempt.id) if each.withdrawn_at is None]
    known = {each.reference for each in seen} | {each.reference for each in marked}
    require_over(attempt, visit)
    evidence = tuple(dict.fromkeys(proposed.evidence))
    if not 0 < len(evidence) <= MAX_EVIDENCE or not known.issuperset(evidence):
        raise JudgementIncomplete(reason=_NO_EVIDENCE)
    judgement = secrets.token_hex(16)
    step = JudgementStep(
        judgement, Stage.PROPOSED, visit.now, visit.operator.name, words, clause[:MAX_CLAUSE], evidence
    )
    _append(visit, attempt, step)
    return judgement


def proceed(visit: StaffVisit, attempt_id: str, judgement: str, given: Next) -> None:
    """Take the next step of a judgement.

    Raises:
        AttemptUnknown, JudgementUnknown: there is no such attempt or judgement.
        JudgementOutOfOrder: another step is next.
        JudgementIncomplete: words or outcome are missing.
        SecondJudgeNeeded: who decides has proposed it.
    """
    with visit.room.database.reading() as connection:
        attempt = find(connection, visit, attempt_id)
        taken = _steps(connection, visit, attempt, judgement)
    stage = next_stage(taken)
    if stage is None or given.stage != stage:
        raise JudgementOutOfOrder
    if stage is Stage.DECIDED and not may_decide(taken, visit.operator.name):
        raise SecondJudgeNeeded
    if not is_outcome(stage, given.outcome):
        raise JudgementIncomplete(reason=_NO_OUTCOME)
    words = _words(given.words)
    if not words and given.outcome != NO_STATEMENT:
        raise JudgementIncomplete(reason=_NO_WORDS)
    step = JudgementStep(judgement, stage, visit.now, visit.operator.name, words)
    _append(visit, attempt, replace(step, outcome=given.outcome or None))


def _steps(
    connection: Connection, visit: StaffVisit, attempt: Attempt, judgement: str
) -> list[JudgementStep]:
    found = reviews.judgements_of(connection, visit.room.exam, attempt.id).get(judgement)
    if found is None:
        raise JudgementUnknown
    return found


def _append(visit: StaffVisit, attempt: Attempt, step: JudgementStep) -> None:
    facts: dict[str, Fact] = {"jti": attempt.jti, "attempt": attempt.id}
    facts |= {"judgement": step.judgement, "stage": str(step.stage)}
    if step.outcome:
        facts["outcome"] = step.outcome
    with visit.audited("room.judgement", facts) as connection:
        number = reviews.add_step(connection, visit.room.exam, attempt.id, step)
        if number is None:
            raise JudgementOutOfOrder
        facts[RECORD] = digest_of(connection, commitments.JUDGEMENT, number)


def _words(text: str) -> str:
    return printable(text.replace("\r\n", "\n").strip(), keep="\n\u3000")[:MAX_WORDS]
