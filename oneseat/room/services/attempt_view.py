"""An attempt as the page gets it: the step by the server's clock, the times, the receipt, the paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules import steps
from oneseat.room.rules.steps import Step
from oneseat.room.services import receipts
from oneseat.room.services.window_calls import ATTEMPT, Call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts
from oneseat.state.room.attempts import Attempt

EVERY_S = 5
"""How often a page calls when it has nothing else to say."""


def step_of(charter: CharterInForce, attempt: Attempt, now: datetime) -> Step:
    """The attempt's step by its facts and the clock."""
    last_start = charter.last_start(attempt.kind, attempt.session)
    return steps.step_of(attempt, now, gates_until_s=charter.terms.gates_until_s, last_start=last_start)


def view(charter: CharterInForce, attempt: Attempt, now: datetime) -> dict[str, Any]:
    """The attempt as JSON. ``nonce`` is its random id, which ties the answers' chain to it."""
    return {
        "nonce": attempt.id,
        "kind": attempt.kind,
        "session": attempt.session,
        "title": charter.charter.title._asdict(),
        "step": step_of(charter, attempt, now).value,
        "consent": {"version": attempt.consent_version, "agreed_at": wire(attempt.consent_at)},
        "last_start": wire(charter.last_start(attempt.kind, attempt.session)),
        "starts_at": wire(attempt.starts_at),
        "ends_at": wire(attempt.ends_at),
        "handed_in_at": wire(attempt.handed_in_at),
        "handed_in_by": attempt.handed_in_by,
        "receipt": receipts.wire(attempt.receipt),
        "completed_at": wire(attempt.completed_at),
        "upload_until": wire(attempt.upload_until),
    }


def terms_view(charter: CharterInForce) -> dict[str, int]:
    """The exam's terms for the room as JSON, in seconds."""
    terms = charter.terms
    return {
        "mock_wait_s": terms.mock_wait_s,
        "mock_answer_s": terms.mock_answer_s,
        "tail_s": terms.tail_s,
        "gates_until_s": terms.gates_until_s,
        "upload_until_s": terms.upload_until_s,
    }


def paper_view(room: ServedRoom, attempt: Attempt, now: datetime) -> dict[str, Any] | None:
    """The session's paper as JSON; None before the start, after the hand-in, and for uploads."""
    if attempt.cookie_scope != ATTEMPT or not steps.may_see_paper(attempt, now):
        return None
    paper = room.papers.of(attempt.kind, attempt.session)
    return None if paper is None else paper.wire()


def current_view(room: ServedRoom, attempt_id: str, now: datetime) -> dict[str, Any] | None:
    """The attempt as JSON, read again."""
    with room.database.reading() as connection:
        attempt = attempts.find(connection, room.exam, attempt_id)
        return None if attempt is None else view(room.charter_in(connection), attempt, now)


def answered(call: Call) -> dict[str, Any]:
    """What every call of the page is answered with: the server's time and the attempt as it is now."""
    call.reload()
    return {"now": wire(call.now), "attempt": view(call.charter, call.attempt, call.now)}
