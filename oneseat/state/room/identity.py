"""The identity step's material: sealed photographs, sealed names and numbers, and people's decisions.

A name with its number is called a claim. It is typed once by a seat, and its check at the portal is an
outbox of its own. Decisions are only ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_identity import (
    RoomIdentityClaimRow,
    RoomIdentityDecisionRow,
    RoomIdentityPhotoRow,
)


@dataclass(frozen=True)
class Photo:
    """A photograph without its content; ``what`` is ``face`` or ``card``."""

    attempt: str
    what: str
    at: datetime
    tries: int
    finding: str


@dataclass(frozen=True)
class Claim:
    """A name and number as typed in an attempt; ``agrees`` is None until the portal has answered."""

    attempt: str
    jti: str
    at: datetime
    sealed: bytes = field(repr=False)
    agrees: bool | None
    tries: int


@dataclass(frozen=True)
class Decision:
    """What one person decided on an attempt's identity, when and why."""

    attempt: str
    at: datetime
    operator: str
    outcome: str
    reason: str
    note: str


def add_photo(connection: Connection, exam: str, photo: Photo, sealed: bytes) -> None:
    """Keep a photograph of an attempt that has none of its kind."""
    row = {
        "attempt": photo.attempt,
        "what": photo.what,
        "exam": exam,
        "at": photo.at,
        "tries": photo.tries,
        "finding": photo.finding,
        "sealed": sealed,
    }
    connection.execute(insert(RoomIdentityPhotoRow), row)


def remove_photos(connection: Connection, exam: str, attempt: str) -> None:
    """Erase an attempt's photographs, in whose place new ones come."""
    photo = RoomIdentityPhotoRow
    connection.execute(delete(photo).where(photo.exam == exam, photo.attempt == attempt))


def photos_of(connection: Connection, exam: str, attempt: str) -> list[Photo]:
    """List an attempt's photographs, without their contents."""
    row = RoomIdentityPhotoRow
    query = select(row.attempt, row.what, row.at, row.tries, row.finding)
    query = query.where(row.exam == exam, row.attempt == attempt).order_by(row.what.desc())
    return [Photo(*found) for found in connection.execute(query)]


def sealed_photos(connection: Connection, exam: str, attempt: str) -> dict[str, bytes]:
    """Read an attempt's sealed photographs, by what they show."""
    photo = RoomIdentityPhotoRow
    query = select(photo.what, photo.sealed).where(photo.exam == exam, photo.attempt == attempt)
    return {row.what: row.sealed for row in connection.execute(query)}


def add_claim(connection: Connection, exam: str, attempt: str, jti: str, sealed: bytes, at: datetime) -> None:
    """Keep a typed name and number, whose check at the portal is due at once."""
    statement = insert_or_ignore(connection, RoomIdentityClaimRow, ["attempt"])
    row = {
        "attempt": attempt,
        "exam": exam,
        "jti": jti,
        "at": at,
        "sealed": sealed,
        "tries": 0,
        "next_try_at": at,
    }
    connection.execute(statement, row)


def claim_of_seat(connection: Connection, exam: str, jti: str) -> Claim | None:
    """Return the newest name and number that a seat has typed, or None."""
    row = RoomIdentityClaimRow
    query = _claims().where(row.exam == exam, row.jti == jti).order_by(row.at.desc()).limit(1)
    found = connection.execute(query).first()
    return None if found is None else _claim(found)


def take_due_claims(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[Claim]:
    """Take claims whose check is due, and set their next try, so that another process does not send them."""
    row = RoomIdentityClaimRow
    due = (
        _claims()
        .where(row.exam == exam, row.next_try_at <= now, row.done_at.is_(None))
        .order_by(row.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claims = [_claim(found) for found in connection.execute(due)]
    for claim in claims:
        values = {"tries": claim.tries + 1, "next_try_at": retry_at}
        connection.execute(update(row).where(row.attempt == claim.attempt).values(values))
    return claims


def finish_claim(
    connection: Connection, attempt: str, at: datetime, agrees: bool | None, refusal: str | None = None
) -> None:
    """Record the portal's answer, or its refusal for good with a code."""
    values = {"done_at": at, "agrees": None if agrees is None else int(agrees), "refusal": refusal}
    connection.execute(
        update(RoomIdentityClaimRow).where(RoomIdentityClaimRow.attempt == attempt).values(values)
    )


def postpone_claim(connection: Connection, attempt: str, retry_at: datetime, refusal: str) -> None:
    """Record why the portal has not answered, and when to ask again."""
    values = {"next_try_at": retry_at, "refusal": refusal}
    connection.execute(
        update(RoomIdentityClaimRow).where(RoomIdentityClaimRow.attempt == attempt).values(values)
    )


def add_decision(connection: Connection, exam: str, decision: Decision) -> int:
    """Append a decision; return its id."""
    row = {
        "exam": exam,
        "attempt": decision.attempt,
        "at": decision.at,
        "operator": decision.operator,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "note": decision.note,
    }
    statement = insert(RoomIdentityDecisionRow).returning(RoomIdentityDecisionRow.id)
    return connection.execute(statement, row).scalar_one()


def decisions_of(connection: Connection, exam: str, attempts: Sequence[str]) -> dict[str, list[Decision]]:
    """List the decisions on each of some attempts, oldest first."""
    row = RoomIdentityDecisionRow
    query = select(row.attempt, row.at, row.operator, row.outcome, row.reason, row.note)
    query = query.where(row.exam == exam, row.attempt.in_(attempts)).order_by(row.id)
    decisions: dict[str, list[Decision]] = {attempt: [] for attempt in attempts}
    for found in connection.execute(query):
        decisions[found[0]].append(Decision(*found))
    return decisions


def decided_before(connection: Connection, exam: str, jti: str, kind: str) -> list[Decision]:
    """List the decisions on the attempt of a kind that was decided last for a seat, oldest first."""
    row = RoomIdentityDecisionRow
    newest = connection.scalar(
        select(row.attempt)
        .join(RoomAttemptRow, RoomAttemptRow.id == row.attempt)
        .where(RoomAttemptRow.exam == exam, RoomAttemptRow.jti == jti, RoomAttemptRow.kind == kind)
        .order_by(row.id.desc())
        .limit(1)
    )
    return [] if newest is None else decisions_of(connection, exam, [newest])[newest]


_ClaimColumns = tuple[str, str, datetime, bytes, int | None, int]


def _claims() -> Select[*_ClaimColumns]:
    row = RoomIdentityClaimRow
    return select(row.attempt, row.jti, row.at, row.sealed, row.agrees, row.tries)


def _claim(found: Row[*_ClaimColumns]) -> Claim:
    attempt, jti, at, sealed, agrees, tries = found
    return Claim(attempt, jti, at, sealed, None if agrees is None else bool(agrees), tries)
