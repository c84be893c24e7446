"""Operators' acts on help requests, each in one transaction with its event and its audit record."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from oneseat.portal.desk.actions import audited
from oneseat.portal.desk.visits import DeskVisit
from oneseat.portal.refusals.help import (
    CallingNumberUnknown,
    CandidateCheckDelayed,
    HelpActRefused,
    HelpHeldByOther,
    HelpRequestUnknown,
    HelpTextInvalid,
)
from oneseat.portal.rules.help_rules import (
    HELD,
    MAX_WORDS,
    OPEN,
    QUEUED,
    RETRY_AFTER,
    Act,
    Reason,
    Status,
    status_after,
)
from oneseat.portal.rules.rate_limits import failure_delay, seconds_until
from oneseat.portal.services.help.details import seal_words
from oneseat.portal.services.help.queue_board import holding_of
from oneseat.portal.services.login.identity import Identity
from oneseat.state.accounts.audit import Fact
from oneseat.state.candidates import login_budget, seats
from oneseat.state.help import events, incidents, requests
from oneseat.state.help.events import HelpEvent
from oneseat.state.help.requests import HelpRequest
from signing.binding import keyed_hash, login_tags
from signing.text import printable

WITH_WORDS = frozenset({Act.ANSWER, Act.NOTE})
_ANY_OPERATOR = frozenset({Act.CLAIM, Act.NOTE})
"""Acts that need no claim."""
_BULK = 5000


@dataclass(frozen=True)
class HelpOrder:
    """What an operator does to a request; ``called_from`` is for calls, ``words`` for answers and notes."""

    act: Act
    words: str = field(default="", repr=False)
    called_from: str = ""


def perform(visit: DeskVisit, number: str, order: HelpOrder) -> None:
    """Change a request, with its event and its audit record.

    Raises:
        HelpRequestUnknown: there is no such request.
        HelpHeldByOther: another operator has it, or the operator has not claimed it.
        HelpActRefused: the act does not fit the request's state.
        HelpTextInvalid: an answer or a note is empty or too long.
        CallingNumberUnknown: the number is not one that candidates were told.
    """
    words = checked_words(order.words) if order.act in WITH_WORDS else ""
    called_from = _checked_number(visit, order) if order.act is Act.CALL else None
    with audited(visit, f"help.{order.act}", {"request": number}) as connection:
        request = requests.lock(connection, visit.exam.exam, number)
        if request is None:
            raise HelpRequestUnknown
        status = _allowed(visit, request, order.act)
        requests.change(connection, request, **_changes(visit, request, order.act, status))
        _record(connection, visit, request, order.act, words, called_from)


def _allowed(visit: DeskVisit, request: HelpRequest, act: Act) -> Status:
    """The state after the act."""
    holding, operator = holding_of(request), visit.operator.name
    mine = holding.operator == operator and not holding.lapsed(visit.now)
    needs_claim = act not in _ANY_OPERATOR and holding.status in HELD
    if (holding.belongs_to_other(operator, visit.now) and act is not Act.NOTE) or (needs_claim and not mine):
        raise HelpHeldByOther
    status = status_after(holding.status, act)
    if status is None or act is Act.BULK_ANSWER:
        raise HelpActRefused
    # A request that was called in vain goes back as such: its candidate has seen the count.
    return Status.MISSED if act is Act.RELEASE and request.missed_calls else status


def _changes(visit: DeskVisit, request: HelpRequest, act: Act, status: Status) -> dict[str, object]:
    values: dict[str, object] = {"status": status}
    if act is not Act.NOTE:
        values |= {"touched_at": visit.now, "operator": visit.operator.name if status in HELD else None}
    elif request.operator == visit.operator.name:
        values["touched_at"] = visit.now
    if act is Act.MISSED:
        values |= {"missed_calls": request.missed_calls + 1, "retry_at": visit.now + RETRY_AFTER}
    if act in (Act.REACHED, Act.ANSWER) and request.reached_at is None:
        values["reached_at"] = visit.now
    if status not in OPEN and request.closed_at is None:
        values["closed_at"] = visit.now
    return values


def _record(
    connection: Connection, visit: DeskVisit, request: HelpRequest, act: Act, words: str, number: str | None
) -> None:
    exam = visit.exam
    sealed = seal_words(exam.pepper, exam.exam, request.number, words) if words else None
    event = HelpEvent(visit.now, act, visit.operator.name, number, sealed)
    events.append(connection, exam.exam, request.id, event)


def checked_words(typed: str) -> str:
    """An operator's text, trimmed.

    Raises:
        HelpTextInvalid: it is empty or too long.
    """
    words = printable(typed.replace("\r\n", "\n").strip(), keep="\n\u3000")
    if not 0 < len(words) <= MAX_WORDS:
        raise HelpTextInvalid
    return words


def _checked_number(visit: DeskVisit, order: HelpOrder) -> str:
    if order.called_from not in visit.exam.charter().charter.support.calls_from:
        raise CallingNumberUnknown
    return order.called_from


# --------------------------------------------------------------------------------------- incidents


def begin_incident(visit: DeskVisit, reason: Reason | None, typed: str) -> int:
    """Show one text to all candidates, and answer the waiting requests of a reason (None: of all) with it.

    Answered requests leave the queue and keep their numbers. Returns how many were answered.

    Raises:
        HelpTextInvalid: the text is empty or too long.
    """
    words, exam = checked_words(typed), visit.exam
    with audited(visit, "help.incident-begun", {"about": reason or ""}) as connection:
        incidents.begin(connection, exam.exam, reason or "", words, visit.operator.name, visit.now)
        answered = _answer_waiting(connection, visit, reason, words)
    exam.incidents.invalidate()
    return answered


def answer_with_incident(visit: DeskVisit, incident_id: int) -> int:
    """Answer the waiting requests that an open incident explains with its text, such as one of the exam room.

    Returns how many were answered.

    Raises:
        HelpRequestUnknown: there is no such incident, or it is over.
    """
    facts: dict[str, Fact] = {}
    with audited(visit, "help.incident-answered", facts) as connection:
        listed = incidents.list_open(connection, visit.exam.exam)
        told = next((each for each in listed if each.id == incident_id), None)
        if told is None:
            raise HelpRequestUnknown
        answered = _answer_waiting(
            connection, visit, Reason(told.reason) if told.reason else None, told.words
        )
        facts["about"], facts["answered"] = told.reason, answered
    return answered


def _answer_waiting(connection: Connection, visit: DeskVisit, reason: Reason | None, words: str) -> int:
    exam, answered = visit.exam, 0
    for listed in requests.list_open(connection, exam.exam, _BULK):
        # Locked and read again: another operator may be claiming it at this moment.
        request = requests.lock(connection, exam.exam, listed.number)
        if request and Status(request.status) in QUEUED and reason in (None, request.reason):
            status = status_after(Status(request.status), Act.BULK_ANSWER)
            values = {"status": status, "touched_at": visit.now, "reached_at": visit.now}
            requests.change(connection, request, **values)
            _record(connection, visit, request, Act.BULK_ANSWER, words, None)
            answered += 1
    return answered


def end_incident(visit: DeskVisit, incident_id: int) -> None:
    """Stop showing an incident's text.

    Raises:
        HelpRequestUnknown: there is no such incident, or it is over.
    """
    with audited(visit, "help.incident-ended", {}) as connection:
        if not incidents.end(connection, visit.exam.exam, incident_id, visit.now):
            raise HelpRequestUnknown
    visit.exam.incidents.invalidate()


# ---------------------------------------------------------------------------------- who is it really?


def check_identity(visit: DeskVisit, number: str, heard: Identity) -> str | None:
    """The pseudonym of the seat whose name, ID number and admission number were heard; None if they differ.

    Failures cost the operator's own budget, not the candidate's: a caller may mishear or be misheard,
    and nobody may try out numbers at the desk.

    Raises:
        CandidateCheckDelayed: too many checks of this operator failed.
    """
    exam = visit.exam
    subject = keyed_hash(exam.pepper, b"oneseat/desk-check-budget/v1", visit.operator.name.encode())
    with exam.database.writing() as connection:
        spent = login_budget.spend(connection, subject, visit.now, failure_delay)
    if not spent.allowed:
        refusal = CandidateCheckDelayed(wait_s=seconds_until(spent.retry_at, visit.now))
        refusal.retry_after_s = seconds_until(spent.retry_at, visit.now)
        raise refusal
    tags = login_tags(exam.peppered, heard.name, heard.id_number, heard.admission_number)
    with audited(visit, "help.identity-checked", {"request": number}) as connection:
        seat = seats.find_by_admission_number(connection, exam.exam, heard.number)
        if seat is None or seat.login_tag not in tags:
            return None
        login_budget.refund(connection, subject)
        return seat.jti
