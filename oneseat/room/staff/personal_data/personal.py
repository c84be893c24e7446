"""What is kept of a person, and requests about it: recorded with a deadline, and answered once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.refusals.personal import PersonalRequestClosed, PersonalRequestIncomplete
from oneseat.room.rules import commitments
from oneseat.room.rules.commitments import RECORD
from oneseat.room.rules.due import ERASED, due_at
from oneseat.room.rules.personal_requests import ANSWER_WITHIN, KINDS, OUTCOMES
from oneseat.room.staff.committing import digest_of
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.accounts import audit
from oneseat.state.room import erasures, holds, kept, personal
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.personal import NewPersonalRequest, PersonalAnswer
from signing.text import printable

MAX_WORDS = 1000


@dataclass(frozen=True)
class KeptClass:
    """What is kept of one attempt in one retention class. ``due_at`` is None without `[retention]`."""

    kind: str
    session: int
    retained: str
    rows: int
    due_at: datetime | None
    erased_at: datetime | None
    held: bool


def kept_of(connection: Connection, visit: StaffVisit, attempt: Attempt) -> Iterator[KeptClass]:
    """Yield what is kept of all attempts of an attempt's seat, by class."""
    exam, charter = visit.room.exam, visit.room.charter_in(connection).charter
    terms = charter.room.retention if charter.room is not None else None
    held = attempt.jti in holds.held_jtis(connection, exam)
    for each in kept.list_attempts(connection, exam, jtis=[attempt.jti]):
        for retained in ERASED:
            erasure = erasures.find(connection, each.id, retained)
            yield KeptClass(
                each.kind,
                each.session,
                retained,
                kept.count_rows(connection, retained, each, exam),
                None if terms is None else due_at(charter, terms, retained, each.kind),
                None if erasure is None else erasure.done_at,
                held,
            )


def record(visit: StaffVisit, attempt_id: str, kind: str, said: str) -> None:
    """Record a request of the person whose attempt this is; it is due in thirty days.

    Raises:
        AttemptUnknown: there is no such attempt.
        PersonalRequestIncomplete: the kind is none of the list, or there are no words.
    """
    words = _words(said)
    if kind not in KINDS or not words:
        raise PersonalRequestIncomplete
    attempt = _attempt(visit, attempt_id)
    due = visit.now + ANSWER_WITHIN
    written = commitments.PERSONAL_REQUEST
    facts: dict[str, audit.Fact] = {"jti": attempt.jti, "attempt": attempt.id, "kind": kind}
    with visit.audited(written.act, facts) as connection:
        new = NewPersonalRequest(attempt.jti, kind, visit.now, due, visit.operator.name, words)
        facts[RECORD] = digest_of(connection, written, personal.add(connection, visit.room.exam, new))


def answer(visit: StaffVisit, attempt_id: str, number: int, outcome: str, said: str) -> None:
    """Record how a request was answered.

    Raises:
        AttemptUnknown: there is no such attempt.
        PersonalRequestIncomplete: the outcome is none of the list, or there are no words.
        PersonalRequestClosed: the seat has no such request, or it was answered before.
    """
    words = _words(said)
    if outcome not in OUTCOMES or not words:
        raise PersonalRequestIncomplete
    attempt = _attempt(visit, attempt_id)
    given = PersonalAnswer(visit.now, visit.operator.name, outcome, words)
    facts: dict[str, audit.Fact] = {"jti": attempt.jti, "attempt": attempt.id}
    facts |= {"request": number, "outcome": outcome}
    written = commitments.PERSONAL_ANSWER
    with visit.audited(written.act, facts) as connection:
        if not personal.answer(connection, visit.room.exam, attempt.jti, number, given):
            raise PersonalRequestClosed
        facts[RECORD] = digest_of(connection, written, number)


def _attempt(visit: StaffVisit, attempt_id: str) -> Attempt:
    with visit.room.database.reading() as connection:
        return find(connection, visit, attempt_id)


def _words(text: str) -> str:
    return printable(text.replace("\r\n", "\n").strip(), keep="\n\u3000")[:MAX_WORDS]
