"""Asks a candidate for new photographs, with a reason that the candidate reads, while time allows it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from oneseat.room.refusals.staff import DecisionInvalid, RetakeRefused
from oneseat.room.rules.identity import MOST_RETAKES, RETAKES
from oneseat.room.rules.steps import Step
from oneseat.room.services.page.attempt_view import step_of
from oneseat.room.staff.identity import decisions
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import SENT, Attempt
from oneseat.state.room.events import RoomEvent
from signing.text import Text

ASKED = "identity-asked-again"
"""The event that says that new photographs were asked for."""

_NONE_SENT = Text("the candidate has sent no photographs", "考生还没有提交照片")
_WAITED_FOR = Text("the candidate was asked, and has not sent them yet", "已请考生重拍，考生还没有提交")
_NO_CONSENT = Text("the candidate did not agree to photographs", "考生没有同意拍照")
_TOO_LATE = Text("it is too late before the interview starts", "离开考太近或已经开考，来不及重拍")
_OFTEN = Text(f"it was done {MOST_RETAKES} times", f"已经请过 {MOST_RETAKES} 次")


def refusal(connection: Connection, visit: StaffVisit, attempt: Attempt) -> Text | None:
    """Why a candidate cannot be asked now, or None."""
    if attempt.identity_by in RETAKES and attempt.identity_at is None:
        return _WAITED_FOR
    if not attempt.consent_face:
        return _NO_CONSENT
    if attempt.identity_at is None or attempt.identity_by != SENT:
        return _NONE_SENT
    opened = replace(attempt, identity_at=None)
    if step_of(visit.room.charter_in(connection), opened, visit.now) is not Step.IDENTITY:
        return _TOO_LATE
    asked = sum(each.code == ASKED for each in events.list_of(connection, visit.room.exam, attempt.id))
    return _OFTEN if asked >= MOST_RETAKES else None


def ask(visit: StaffVisit, attempt_id: str, reason: str) -> None:
    """Open the identity step again. The candidate's page shows it within seconds, with the reason.

    Raises:
        AttemptUnknown, StaffGroupForeign: there is no such attempt, or it is in another group.
        DecisionInvalid: the reason is none of the list.
        RetakeRefused: no photographs can be taken any more, or were never.
    """
    if reason not in RETAKES:
        raise DecisionInvalid
    exam = visit.room.exam
    with visit.room.database.reading() as connection:
        found = decisions.find(connection, visit, attempt_id)
    with visit.audited(
        "room.identity-again", {"jti": found.jti, "attempt": found.id, "why": reason}
    ) as connection:
        attempt = attempts.lock(connection, exam, attempt_id) or found
        refused = refusal(connection, visit, attempt)
        if refused is not None:
            raise RetakeRefused(reason=refused)
        attempts.reopen_identity(connection, attempt.id, reason)
        event = RoomEvent(visit.now, "room", ASKED, {"reason": reason})
        events.append_all(connection, exam, attempt.id, [event])
