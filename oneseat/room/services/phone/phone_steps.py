"""Takes a phone's steps: consent, self-check, sweep, placing, and in the end the promise of its takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import StepOutOfOrder
from oneseat.room.rules.segments import PHONE_STREAMS
from oneseat.room.services.attempts import completion
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.page.events_in import clean_facts
from oneseat.room.services.phone.phone_calls import PhoneCall, open_phone_call
from oneseat.room.services.phone.phone_view import answered
from oneseat.state.room import attempts, phones, takes
from oneseat.state.room.attempts import Attempt

CHECK, SWEEP, PLACED = "check", "sweep", "placed"


def consent(
    room: ServedRoom, cookie: str | None, epoch: int, version: str, *, agreed: bool
) -> dict[str, Any]:
    """Record the consent that was given on the phone; a refusal records nothing.

    Raises:
        PhoneReplaced: another phone films now.
        As :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
    """
    with open_phone_call(room, cookie, epoch) as call:
        call.require_live()
        if agreed and phones.record_consent(call.connection, call.phone, version, call.now):
            call.note("phone-consented")
            _pass_gate(call)
            _reload(call)
        return answered(call)


def finish_step(
    room: ServedRoom, cookie: str | None, epoch: int, step: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Record that a step is finished. Sweep and placing are an attempt's, and begin anew with another one.

    Raises:
        StepOutOfOrder: the step before is not finished, or there is no attempt to film.
        PhoneReplaced: another phone films now.
        As :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
    """
    with open_phone_call(room, cookie, epoch) as call:
        call.require_live()
        phone, attempt = call.phone, call.attempt
        if step == CHECK:
            _require_order(phone.consent_at is not None)
            phones.record(call.connection, phone, checked_at=call.now)
            call.note("phone-checked", **clean_facts(facts))
        else:
            is_running = attempt is not None and attempt.handed_in_at is None
            before = phone.checked_at if step == SWEEP else phone.swept_at
            _require_order(is_running and before is not None)
            kept = {
                "swept_at": phone.swept_at,
                "placed_at": phone.placed_at,
                "recorded_at": phone.recorded_at,
            }
            done = {"swept_at" if step == SWEEP else "placed_at": call.now}
            filmed = None if attempt is None else attempt.id
            phones.record(call.connection, phone, **{**kept, **done, "filmed": filmed})
            call.note("phone-swept" if step == SWEEP else "phone-placed", **clean_facts(facts))
        _reload(call)
        return answered(call)


def promise(room: ServedRoom, cookie: str | None, epoch: int, promised: Mapping[str, int]) -> dict[str, Any]:
    """Record how many segments each take has; an attempt that lacks nothing any more is completed.

    Takes that the room does not know are passed over: a beat announces them first.

    Raises:
        As :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
    """
    with open_phone_call(room, cookie, epoch) as call:
        due = [each.id for each in call.attempts if _promise(call, each, promised)]
        answer = answered(call)
    if not completion.confirm_all(room, due):
        return answer
    with open_phone_call(room, cookie, epoch) as call:
        return answered(call)


def _promise(call: PhoneCall, attempt: Attempt, promised: Mapping[str, int]) -> bool:
    """Record the promises of an attempt's takes; return whether the attempt may be complete."""
    if attempt.completed_at is not None:
        return False
    found = takes.find_some(call.connection, attempt.id, promised.keys())
    mine = [take for take in found.values() if take.stream in PHONE_STREAMS]
    takes.save(call.connection, [take.promise(promised[take.take]) for take in mine])
    return bool(mine) and completion.is_due(Call(call.room, call.connection, call.charter, attempt, call.now))


def _pass_gate(call: PhoneCall) -> None:
    """Finish the step of the phone on the computer, which waits for this phone."""
    if call.attempt is not None and call.charter.has_phone_step and call.attempt.phone_at is None:
        attempts.record_phones(call.connection, [call.attempt.id], call.now)


def _reload(call: PhoneCall) -> None:
    call.attempts = [
        attempts.find(call.connection, call.room.exam, each.id) or each for each in call.attempts
    ]
    call.reload()


def _require_order(finished: bool) -> None:
    if not finished:
        raise StepOutOfOrder
