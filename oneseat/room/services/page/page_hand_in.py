"""The page's hand-in: from the attempt's end on, with the number of segments of each of its takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import HandInTooEarly, StepOutOfOrder
from oneseat.room.rules import steps
from oneseat.room.rules.segments import COMPUTER_STREAMS
from oneseat.room.services.attempts import completion, hand_in
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.page.attempt_view import answered, current_view
from oneseat.state.room import takes


def hand_in_by_page(
    room: ServedRoom, cookie: str | None, epoch: int, by: str, promised: Mapping[str, int]
) -> dict[str, Any]:
    """Hand in, or take in the promises of an attempt that was handed in before; answer with the receipt.

    Takes that the room does not know are passed over: a beat announces them first.

    Raises:
        StepOutOfOrder: there is no consent, and so no interview.
        HandInTooEarly: the attempt's end has not come, and it was not handed in.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        if call.attempt.consent_at is None:
            raise StepOutOfOrder
        if call.attempt.handed_in_at is None and not steps.may_hand_in(call.attempt, call.now):
            raise HandInTooEarly
        all_known = _promise(call, promised)
        hand_in.record(room, call.connection, call.attempt, by, call.now)
        answer = answered(call)
        due = completion.is_due(call, takes_named=all_known)
    if due and completion.confirm(room, call.attempt.id):
        answer["attempt"] = current_view(room, call.attempt.id, call.now)
    return answer


def _promise(call: Call, promised: Mapping[str, int]) -> bool:
    """Record the promises, unless everything was received; return whether all of the takes are known."""
    found = takes.find_some(call.connection, call.attempt.id, promised.keys())
    known = {name: take for name, take in found.items() if take.stream in COMPUTER_STREAMS}
    if call.attempt.completed_at is None:
        takes.save(call.connection, [take.promise(promised[name]) for name, take in known.items()])
    return len(known) == len(promised)
