"""An attempt as the page gets it: the step by the server's clock, the times, the receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules import live_pictures, steps
from oneseat.room.rules.phones import PhoneFault
from oneseat.room.rules.question_times import Stretch, stretch
from oneseat.room.rules.steps import Step
from oneseat.room.services.attempts import receipts
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.page import guarding, phone_status, reminding
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.wall import LiveAttempt
from signing.session_times import paused_before, stands_until

EVERY_S = 5
"""How often a page calls when it has nothing else to say."""
HURRIED_EVERY_S = 1.5
"""The same while a measure waits for its second person, so that all have it within two seconds."""


def step_of(charter: CharterInForce, attempt: Attempt | LiveAttempt, now: datetime) -> Step:
    """The attempt's step by its facts and the clock."""
    last_start = charter.last_start(attempt.kind, attempt.session, attempt.jti)
    return steps.step_of(
        attempt,
        now,
        gates_until_s=charter.terms.gates_until_s,
        last_start=last_start,
        identity=charter.has_identity_step,
        phone=charter.has_phone_step,
    )


def view(charter: CharterInForce, attempt: Attempt, now: datetime) -> dict[str, Any]:
    """The attempt as JSON. ``nonce`` is its random id, which ties the answers' chain to it.

    ``question_times`` are the two numbers of :class:`oneseat.room.rules.question_times.Stretch`.
    """
    return {
        "nonce": attempt.id,
        "kind": attempt.kind,
        "session": attempt.session,
        "title": charter.charter.title._asdict(),
        "step": step_of(charter, attempt, now).value,
        "consent": {
            "version": attempt.consent_version,
            "agreed_at": wire(attempt.consent_at),
            "face": attempt.consent_face,
        },
        "identity": attempt.identity_by,
        "last_start": wire(charter.last_start(attempt.kind, attempt.session, attempt.jti)),
        "starts_at": wire(attempt.starts_at),
        "ends_at": wire(attempt.ends_at),
        "question_times": question_times(charter, attempt).wire(),
        "pauses": pauses_view(charter, attempt),
        "handed_in_at": wire(attempt.handed_in_at),
        "handed_in_by": attempt.handed_in_by,
        "instead": _instead_view(charter, attempt),
        "receipt": receipts.wire(attempt.receipt),
        "completed_at": wire(attempt.completed_at),
        "upload_until": wire(attempt.upload_until),
    }


def _instead_view(charter: CharterInForce, attempt: Attempt) -> dict[str, str | None] | None:
    """When the session is that an order has given in the attempt's place, as JSON; None without one."""
    signed = charter.repeat_of(attempt.kind, attempt.session, attempt.jti)
    formal = None if signed is None else charter.session_instead(signed, attempt.jti)
    if formal is None:
        return None
    return {"login_opens": wire(formal.login_opens), "starts_at": wire(formal.starts)}


def question_times(charter: CharterInForce, attempt: Attempt) -> Stretch:
    """How extra time stretches the times of an attempt's questions."""
    written_s = charter.answer_s(attempt.kind, attempt.session)
    extra_s = charter.seats.of(attempt.jti).terms.extra_s
    if attempt.starts_at is None or attempt.ends_at is None:
        return stretch(written_s, extra_s, written_s + extra_s)
    pauses = charter.pauses_of(attempt.kind, attempt.session, attempt.jti)
    lasts = attempt.ends_at - attempt.starts_at - paused_before(pauses, attempt.ends_at)
    return stretch(written_s, extra_s, int(lasts.total_seconds()))


def paused_until(charter: CharterInForce, attempt: Attempt | LiveAttempt, now: datetime) -> datetime | None:
    """When the paused answer time of an attempt goes on; None while it runs, and once it is handed in.

    Pauses that follow each other without a gap are one: that is what everybody reads.
    """
    if attempt.handed_in_at is not None:
        return None
    return stands_until(charter.pauses_of(attempt.kind, attempt.session, attempt.jti), now)


def pauses_view(charter: CharterInForce, attempt: Attempt) -> list[dict[str, Any]]:
    """The attempt's pauses by time, as JSON, each with what its candidate reads of it."""
    shown = []
    for pause in charter.pauses_of(attempt.kind, attempt.session, attempt.jti):
        signed = charter.signed_order(pause.number)
        reason, names = (signed.reason._asdict(), list(signed.names)) if signed else ({}, [])
        times = {"begins_at": wire(pause.begins), "ends_at": wire(pause.ends)}
        shown.append({**times, "reason": reason, "names": names})
    return shown


def terms_view(charter: CharterInForce, attempt: Attempt) -> dict[str, int]:
    """The exam's terms for the room as they hold for a seat, as JSON, in seconds."""
    terms, seat = charter.terms, charter.seats.of(attempt.jti)
    return {
        "mock_wait_s": terms.mock_wait_s,
        "mock_answer_s": terms.mock_answer_s + seat.terms.extra_s,
        "tail_s": terms.tail_s,
        "gates_until_s": terms.gates_until_s,
        "upload_until_s": terms.upload_until_s,
        "picture_s": picture_s(charter, attempt.kind),
    }


def picture_s(charter: CharterInForce, kind: str) -> int:
    """How often a page sends live pictures, in seconds; 0 for never."""
    return live_pictures.EVERY_S if live_pictures.are_wanted(charter.charter, kind) else 0


def current_view(room: ServedRoom, attempt_id: str, now: datetime) -> dict[str, Any] | None:
    """The attempt as JSON, read again."""
    with room.database.reading() as connection:
        attempt = attempts.find(connection, room.exam, attempt_id)
        return None if attempt is None else view(room.charter_in(connection), attempt, now)


def answered(call: Call) -> dict[str, Any]:
    """What every call of the page is answered with: the server's time and the attempt as it is now."""
    call.reload()
    return as_read(call, phone_status.fault_of(call))


def as_read(call: Call, phone_fault: PhoneFault | None) -> dict[str, Any]:
    """The same where the call has changed nothing of the attempt that the page gets, and knows the fault."""
    return {
        "now": wire(call.now),
        "attempt": view(call.charter, call.attempt, call.now),
        "guard": guarding.page_view(call.attempt, call.now),
        "phone": phone_status.page_view(call, phone_fault),
        **reminding.page_view(call.attempt),
    }
