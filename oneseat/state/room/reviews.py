"""Reviews of attempts after a session, judgements step by step, and the events that people look at first."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomAttemptRow, RoomEventRow, RoomGuardEventRow
from oneseat.state.tables.room_reviews import RoomJudgementStepRow, RoomReviewRow


@dataclass(frozen=True)
class Review:
    """What one person found in an attempt."""

    attempt: str
    at: datetime
    operator: str
    finding: str
    note: str


@dataclass(frozen=True)
class JudgementStep:
    """One step of a judgement. ``evidence`` are references to events, such as ``event-12`` or ``guard-3``."""

    judgement: str
    stage: str
    at: datetime
    operator: str
    words: str
    clause: str | None = None
    evidence: tuple[str, ...] = ()
    outcome: str | None = None


@dataclass(frozen=True)
class Held:
    """An attempt of a session as a list for review needs it."""

    id: str
    jti: str
    ordinal: int
    consent_at: datetime | None
    handed_in_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class SeenEvent:
    """An event with the reference by which a judgement names it."""

    reference: str
    at: datetime
    source: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def attempts_of(connection: Connection, exam: str, kind: str, session: int) -> list[Held]:
    """List a session's attempts in the order in which they began."""
    row = RoomAttemptRow
    columns = (row.id, row.jti, row.ordinal, row.consent_at, row.handed_in_at, row.completed_at)
    query = select(*columns).where(row.exam == exam, row.kind == kind, row.session == session)
    return [Held(*found) for found in connection.execute(query.order_by(row.created_at, row.id))]


def count_codes(
    connection: Connection, exam: str, kind: str, session: int, codes: Collection[str]
) -> dict[str, Counter[str]]:
    """Count a session's events of these codes, by attempt and code."""
    attempt = RoomAttemptRow
    mine = (attempt.exam == exam, attempt.kind == kind, attempt.session == session)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for table in (RoomEventRow, RoomGuardEventRow):
        query = select(table.attempt, table.code).join(attempt, attempt.id == table.attempt)
        for attempt_id, code in connection.execute(query.where(*mine, table.code.in_(codes))):
            counted[attempt_id][code] += 1
    return counted


def events_of(connection: Connection, exam: str, attempt: str, codes: Collection[str]) -> list[SeenEvent]:
    """List an attempt's events of these codes, of page, room and client alike, by their time."""
    event, guard = RoomEventRow, RoomGuardEventRow
    of_room = select(event.id, event.at, event.source, event.code, event.facts).where(
        event.exam == exam, event.attempt == attempt, event.code.in_(codes)
    )
    of_guard = select(guard.sequence, guard.at, guard.code, guard.event).where(
        guard.exam == exam, guard.attempt == attempt, guard.code.in_(codes)
    )
    seen = [
        SeenEvent(f"event-{number}", at, source, code, json.loads(facts))
        for number, at, source, code, facts in connection.execute(of_room)
    ]
    seen += [
        SeenEvent(f"guard-{number}", at, "client", code, json.loads(signed).get("facts", {}))
        for number, at, code, signed in connection.execute(of_guard)
    ]
    return sorted(seen, key=lambda each: each.at)


def add_review(connection: Connection, exam: str, review: Review) -> int:
    """Append a review; return its id."""
    statement = insert(RoomReviewRow).returning(RoomReviewRow.id)
    return connection.execute(statement, {"exam": exam, **vars(review)}).scalar_one()


def reviews_of(connection: Connection, exam: str, attempt: str) -> list[Review]:
    """List an attempt's reviews, oldest first."""
    return [Review(*found) for found in connection.execute(_reviews(exam).where(_mine(attempt)))]


def newest_reviews(connection: Connection, exam: str, kind: str, session: int) -> dict[str, Review]:
    """The newest review of each attempt of a session that has any."""
    attempt = RoomAttemptRow
    query = _reviews(exam).join(attempt, attempt.id == RoomReviewRow.attempt)
    query = query.where(attempt.kind == kind, attempt.session == session)
    return {found[0]: Review(*found) for found in connection.execute(query)}


def add_step(connection: Connection, exam: str, attempt: str, step: JudgementStep) -> int | None:
    """Append a step of a judgement; return its id.

    None says that the step was taken before, maybe by a call at the same time.
    """
    statement = insert_or_ignore(
        connection, RoomJudgementStepRow, ["exam", "attempt", "judgement", "stage"]
    ).returning(RoomJudgementStepRow.id)
    row = {"exam": exam, "attempt": attempt, **vars(step), "evidence": json.dumps(step.evidence)}
    return connection.scalar(statement, row)


def judgements_of(connection: Connection, exam: str, attempt: str) -> dict[str, list[JudgementStep]]:
    """List an attempt's judgements with their steps, oldest first."""
    row = RoomJudgementStepRow
    columns = (
        row.judgement,
        row.stage,
        row.at,
        row.operator,
        row.words,
        row.clause,
        row.evidence,
        row.outcome,
    )
    query = select(*columns).where(row.exam == exam, row.attempt == attempt).order_by(row.id)
    found: dict[str, list[JudgementStep]] = defaultdict(list)
    for judgement, stage, at, operator, words, clause, evidence, outcome in connection.execute(query):
        references = tuple(json.loads(evidence or "[]"))
        found[judgement].append(
            JudgementStep(judgement, stage, at, operator, words, clause, references, outcome)
        )
    return dict(found)


def stages(connection: Connection, exam: str, kind: str, session: int) -> dict[str, set[str]]:
    """The steps that were taken in any judgement of each attempt of a session that has one."""
    attempt, row = RoomAttemptRow, RoomJudgementStepRow
    query = select(row.attempt, row.stage).join(attempt, attempt.id == row.attempt)
    query = query.where(row.exam == exam, attempt.kind == kind, attempt.session == session)
    taken: dict[str, set[str]] = defaultdict(set)
    for attempt_id, stage in connection.execute(query):
        taken[attempt_id].add(stage)
    return dict(taken)


def _reviews(exam: str) -> Select[*tuple[str, datetime, str, str, str]]:
    row = RoomReviewRow
    query = select(row.attempt, row.at, row.operator, row.finding, row.note)
    return query.where(row.exam == exam).order_by(row.id)


def _mine(attempt: str) -> Any:  # noqa: ANN401 -- a condition
    return RoomReviewRow.attempt == attempt
