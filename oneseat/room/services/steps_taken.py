"""Takes the steps before the questions: joining, consent, devices, rules of the room, a mock's begin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import BeginTooLate, NewerWindow, StepOutOfOrder
from oneseat.room.rules import steps
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.identity import identity_step
from oneseat.room.services.page.attempt_view import answered, terms_view
from oneseat.room.services.page.events_in import clean_facts
from oneseat.room.services.papers.paper_delivery import key_view, sealed_view
from oneseat.room.services.phone import phone_gates
from oneseat.room.services.wire_times import wire
from oneseat.state.room import answers, attempts, reports
from signing import dates
from signing.session_times import FORMAL, mock_attempt


def join(room: ServedRoom, cookie: str | None) -> dict[str, Any]:
    """Make the caller the attempt's newest window: raise the epoch, and hand out all that the page needs.

    Raises:
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie) as call:
        epoch = attempts.raise_epoch(call.connection, call.attempt.id, call.attempt.epoch)
        if epoch is None:
            raise NewerWindow
        attempts.record_window(call.connection, call.attempt.id, call.now)
        call.note("joined", epoch=epoch)
        _report_formal_start(call)
        kept = answers.list_of(call.connection, call.attempt.id)
        return {
            **answered(call),
            "epoch": epoch,
            "scope": call.attempt.cookie_scope,
            "terms": terms_view(call.charter, call.attempt),
            "sealed": sealed_view(call),
            "paper_key": key_view(call),
            "answers": [_answer_view(answer) for answer in kept],
            "identity": identity_step.known(call),
        }


def consent(
    room: ServedRoom, cookie: str | None, epoch: int, version: str, *, agreed: bool, face: bool
) -> dict[str, Any]:
    """Record the consent; a refusal is noted and records nothing else.

    A consent after the end would make an absent candidate one who attended, by report and receipt.

    Raises:
        StepOutOfOrder: it is too late to take part.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        if not agreed:
            call.note("consent-declined")
            return answered(call)
        _require_order(call.attempt.consent_at is not None or not _is_missed(call))
        if attempts.record_consent(call.connection, call.attempt.id, version, call.now, face=face):
            call.note("consented", face=face)
            call.reload()
            _report_formal_start(call)
        return {**answered(call), "sealed": sealed_view(call), "paper_key": key_view(call)}


def finish_step(
    room: ServedRoom, cookie: str | None, epoch: int, step: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Record that the phone is there, the devices were checked, or the rules of the room acknowledged.

    What is not ready is only recorded once the gates have fallen, shortly before a formal start.

    Raises:
        StepOutOfOrder: the step before is not finished, or a device is not ready.
        PhoneAbsent, PhoneNotInPlace: the phone is required, and not there or not in its place.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        attempt = call.attempt
        fallen = steps.gates_have_fallen(attempt, call.now, call.charter.terms.gates_until_s)
        if step == "phone":
            _require_order(attempt.consent_at is not None)
            changed = phone_gates.pass_by_page(call, facts, fallen=fallen)
        elif step == "devices":
            _require_order(attempt.consent_at is not None and (fallen or facts.get("ready") is not False))
            _require_order(fallen or not phone_gates.waits(call))
            changed = attempts.record_devices(call.connection, attempt.id, call.now)
            identity_step.carry_over(call)
        else:
            _require_order(attempt.devices_at is not None and not _waits_for_identity(call))
            phone_gates.require_in_place(call, facts, fallen=fallen)
            changed = attempts.record_room(call.connection, attempt.id, call.now)
        if changed:
            call.note(f"{step}-finished", **clean_facts(facts))
        return answered(call)


def begin(room: ServedRoom, cookie: str | None, epoch: int) -> dict[str, Any]:
    """Begin a mock interview now; a second call changes nothing.

    Raises:
        StepOutOfOrder: it is a formal interview, or a step before is not finished.
        BeginTooLate: the last start of the session has passed.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        if call.attempt.began_at is None:
            _begin(call)
        return answered(call)


def _begin(call: Call) -> None:
    attempt, charter = call.attempt, call.charter
    last_start = charter.last_start(attempt.kind, attempt.session, attempt.jti)
    if last_start is not None and steps.is_missed(attempt, call.now, last_start):
        raise BeginTooLate(last=dates.instant(last_start.astimezone(charter.zone)))
    _require_order(steps.may_begin(attempt, call.now, last_start))
    times = mock_attempt(call.now, charter.terms, charter.seats.of(attempt.jti).terms)
    attempts.begin(
        call.connection,
        attempt.id,
        call.now,
        starts_at=times.starts,
        ends_at=times.ends,
        upload_until=times.ends + timedelta(seconds=charter.terms.upload_until_s),
    )
    call.note("began")
    reports.add(call.connection, call.room.exam, attempt.id, reports.START, call.now)


def _report_formal_start(call: Call) -> None:
    """Queue the report of a formal interview's start; the first one of an attempt counts."""
    attempt = call.attempt
    if attempt.kind == FORMAL and attempt.consent_at is not None and attempt.handed_in_at is None:
        reports.add(call.connection, call.room.exam, attempt.id, reports.START, call.now)


def _waits_for_identity(call: Call) -> bool:
    fallen = steps.gates_have_fallen(call.attempt, call.now, call.charter.terms.gates_until_s)
    return call.charter.has_identity_step and call.attempt.identity_at is None and not fallen


def _is_missed(call: Call) -> bool:
    attempt = call.attempt
    last_start = call.charter.last_start(attempt.kind, attempt.session, attempt.jti)
    return steps.is_missed(attempt, call.now, last_start)


def _require_order(finished: bool) -> None:
    if not finished:
        raise StepOutOfOrder


def _answer_view(answer: answers.Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "sequence": answer.sequence,
        "hash": answer.hash.hex(),
        "value": json.loads(answer.value),
        "made_at": wire(answer.made_at),
        "received_at": wire(answer.received_at),
        "late": answer.late,
    }
