"""Keeps answers: chained by their hashes, on time or late by the server's clock, each once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.answers import AnswerUnfit, QuestionUnknown
from oneseat.room.refusals.attempts import AnswerHashWrong, AnswerOutOfOrder, AnswersOver
from oneseat.room.rules import answer_values
from oneseat.room.rules.answer_chain import GENESIS, answer_hash
from oneseat.room.rules.answer_pauses import find_pause
from oneseat.room.rules.answer_times import AnswerWindow, Arrival
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.papers.paper_delivery import opened_paper
from oneseat.room.services.wire_times import wire
from oneseat.state.room import answers
from oneseat.state.room.answers import Answer, Appended
from signing.jws import canonical_json


@dataclass(frozen=True)
class GivenAnswer:
    """An answer as a page sends it. ``made_at_text`` is hashed, and ``made_at`` the same time."""

    question: str
    sequence: int
    previous: bytes
    hash: bytes
    value: Any = field(repr=False)
    made_at_text: str
    made_at: datetime


def keep(room: ServedRoom, cookie: str | None, epoch: int, given: GivenAnswer) -> dict[str, Any]:
    """Keep an answer; one that was kept before is answered as then.

    Raises:
        AnswerHashWrong: its hash is not that of what was sent.
        AnswersOver: it comes before the start, or was made after the end.
        QuestionUnknown, AnswerUnfit: it answers no question of the paper, or in another form.
        AnswerOutOfOrder: it does not follow the last answer.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        known = answers.find(call.connection, call.attempt.id, given.sequence)
        if known is None or known.hash != given.hash:
            known = _append(call, given)
        return {"now": wire(call.now), "saved_at": wire(known.received_at), "late": known.late}


def _append(call: Call, given: GivenAnswer) -> Answer:
    attempt = call.attempt
    members = (given.question, given.sequence, given.previous, given.value, given.made_at_text)
    if answer_hash(attempt.id, *members) != given.hash:
        raise AnswerHashWrong
    arrival = _arrival(call, given)
    _require_fitting(call, given)
    answer = Answer(
        attempt=attempt.id,
        sequence=given.sequence,
        exam=call.room.exam,
        question=given.question,
        previous=given.previous,
        hash=given.hash,
        value=canonical_json(given.value).decode(),
        made_at=given.made_at,
        received_at=call.now,
        late=arrival is Arrival.LATE,
    )
    appended, kept = answers.append(call.connection, attempt, answer, GENESIS)
    if appended is Appended.NOT_NEXT or kept is None:
        raise AnswerOutOfOrder
    _note_pause(call, given)
    return kept


def _note_pause(call: Call, given: GivenAnswer) -> None:
    """Note an answer of the paused time: its page was offline, or did not obey. People decide."""
    attempt = call.attempt
    pauses = call.charter.pauses_of(attempt.kind, attempt.session, attempt.jti)
    pause = find_pause(pauses, given.made_at, call.now)
    if pause is not None:
        made = {"question": given.question, "made": given.made_at_text}
        call.note("answer-in-pause", order=pause.number, sequence=given.sequence, **made)


def _require_fitting(call: Call, given: GivenAnswer) -> None:
    """Refuse what answers no question. Without a paper to compare with, keep what was said."""
    paper = opened_paper(call)
    if paper is None:
        return
    question = answer_values.question_of(paper, given.question)
    if question is None:
        raise QuestionUnknown
    if not answer_values.fits(question, given.value):
        raise AnswerUnfit


def _arrival(call: Call, given: GivenAnswer) -> Arrival:
    attempt = call.attempt
    if attempt.starts_at is None or attempt.ends_at is None or attempt.upload_until is None:
        raise AnswersOver
    window = AnswerWindow(attempt.starts_at, attempt.ends_at, attempt.upload_until)
    arrival = window.judge(given.made_at, call.now)
    if arrival is Arrival.REFUSED or attempt.consent_at is None:
        raise AnswersOver
    return arrival
