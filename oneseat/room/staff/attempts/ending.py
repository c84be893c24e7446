"""Ends an attempt by two persons, and opens one again: each act with a name, a reason, and the audit log."""

from __future__ import annotations

from oneseat.room.refusals.invigilation import (
    ActIncomplete,
    EndingRefused,
    OtherChiefNeeded,
    ReopeningRefused,
)
from oneseat.room.rules import commitments
from oneseat.room.rules.endings import CHIEF, REASONS, refuses_end, refuses_reopening
from oneseat.room.services.attempts import hand_in, permission_log
from oneseat.room.staff.acts import Act, act_on
from oneseat.room.staff.attempts.marking import clean
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import attempts, endings, reports
from oneseat.state.room.endings import CONFIRMED, DECLINED, Ending, NewEnding
from signing.text import Text

_NO_REASON = Text("reason and note are needed", "请选择理由并写明情况")
_NO_WORDS = Text("why it is opened again was not written", "没有写明重新开放的理由")
_OPEN = Text("a request is waiting already", "已有一份申请等待确认")
_NONE = Text("no request is waiting", "没有等待确认的申请")


def request(visit: StaffVisit, attempt_id: str, reason: str, note: str) -> None:
    """Ask that an attempt is ended. Nothing happens to the candidate before another person confirms.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: the reason is none of the list, or nothing is written about it.
        EndingRefused: the attempt does not run, or a request is waiting.
    """
    kept = clean(note)
    if reason not in REASONS or not kept:
        raise ActIncomplete(reason=_NO_REASON)
    with act_on(visit, attempt_id, "room.end-requested", why=reason) as act:
        _require_running(act)
        if _waiting(act) is not None:
            raise EndingRefused(reason=_OPEN)
        new = NewEnding(act.exam, act.attempt.id, reason, kept, visit.now, act.operator)
        number = endings.add(act.connection, new)
        act.commit(commitments.END_REQUESTED, number)
        act.note("end-requested", ending=number, why=reason)


def confirm(visit: StaffVisit, attempt_id: str) -> None:
    """End an attempt that somebody else asked to end: handed in with a receipt, as by the clock.

    Raises:
        AttemptUnknown: there is no such attempt.
        EndingRefused: no request is waiting, or the attempt does not run any more.
        OtherChiefNeeded: the operator has asked for it.
    """
    with act_on(visit, attempt_id, "room.ended") as act:
        ending = _require_waiting(act)
        _require_running(act)
        if ending.requested_by == act.operator:
            raise OtherChiefNeeded
        endings.decide(act.connection, ending.id, visit.now, act.operator, CONFIRMED)
        act.commit(commitments.ENDED, ending.id)
        act.note("ended", ending=ending.id, why=ending.reason)
        permission_log.end_with_attempt(act.connection, act.attempt, visit.now)
        hand_in.record(visit.room, act.connection, act.attempt, CHIEF, visit.now)


def decline(visit: StaffVisit, attempt_id: str) -> None:
    """Decline a request, one's own included.

    Raises:
        AttemptUnknown: there is no such attempt.
        EndingRefused: no request is waiting.
    """
    with act_on(visit, attempt_id, "room.end-declined") as act:
        ending = _require_waiting(act)
        endings.decide(act.connection, ending.id, visit.now, act.operator, DECLINED)
        act.commit(commitments.END_DECLINED, ending.id)
        act.note("end-declined", ending=ending.id)


def reopen(visit: StaffVisit, attempt_id: str, why: str) -> None:
    """Open an attempt again that was ended. Its end stays: lost time is given by a measure.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: no reason is written.
        ReopeningRefused: it was not ended by two persons, or its time is over.
    """
    kept = clean(why)
    if not kept:
        raise ActIncomplete(reason=_NO_WORDS)
    with act_on(visit, attempt_id, "room.reopened") as act:
        attempt = act.attempt
        refusal = refuses_reopening(attempt, attempt.handed_in_by, visit.now)
        if refusal is not None:
            raise ReopeningRefused(reason=refusal)
        for ending in endings.list_of(act.connection, act.exam, attempt.id):
            if ending.is_in_force:
                endings.reopen(act.connection, ending.id, visit.now, act.operator, kept, attempt.receipt)
                act.commit(commitments.REOPENED, ending.id)
        attempts.reopen(act.connection, attempt.id)
        reports.forget_end(act.connection, attempt.id)
        act.note("reopened")


def _require_running(act: Act) -> None:
    refusal = refuses_end(act.attempt, act.visit.now)
    if refusal is not None:
        raise EndingRefused(reason=refusal)


def _waiting(act: Act) -> Ending | None:
    found = endings.list_of(act.connection, act.exam, act.attempt.id)
    return next((ending for ending in found if ending.is_open), None)


def _require_waiting(act: Act) -> Ending:
    ending = _waiting(act)
    if ending is None:
        raise EndingRefused(reason=_NONE)
    return ending
