"""The gates of the phone on the computer's way: there before the devices, in its place before the start.

With ``order = "warn"``, and in a formal interview once the gates have fallen, the candidate acknowledges what
is missing, and that is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneseat.room.refusals.phones import PhoneAbsent, PhoneNotInPlace
from oneseat.room.rules import phones as rules
from oneseat.room.services.attempts.window_calls import Call
from oneseat.state.room import attempts

GATE = "gate"


def waits(call: Call) -> bool:
    """Whether the step of the phone is not finished, in an exam that has one."""
    return call.charter.has_phone_step and call.attempt.phone_at is None


def pass_by_page(call: Call, facts: Mapping[str, Any], *, fallen: bool) -> bool:
    """Finish the step of the phone; False if it was finished before.

    Raises:
        PhoneAbsent: the phone is not there, and that is not the candidate's to acknowledge.
    """
    there = rules.is_present(call.phone, call.now)
    if waits(call) and not there and not _is_acknowledged(call, facts, fallen=fallen):
        raise PhoneAbsent
    before = call.attempt.phone_at is not None
    attempts.record_phones(call.connection, [call.attempt.id], call.now)
    return not before


def require_in_place(call: Call, facts: Mapping[str, Any], *, fallen: bool) -> None:
    """Require that the phone was put in its place and films, where the exam has its step.

    Raises:
        PhoneNotInPlace: it was not, or does not, and that is not the candidate's to acknowledge.
    """
    in_place = rules.is_in_place(call.phone, call.attempt.id, call.now)
    if call.charter.has_phone_step and not in_place and not _is_acknowledged(call, facts, fallen=fallen):
        raise PhoneNotInPlace


def _is_acknowledged(call: Call, facts: Mapping[str, Any], *, fallen: bool) -> bool:
    terms = call.charter.charter.phone
    may = fallen or (terms is not None and terms.order != GATE)
    return may and facts.get("acknowledged") is True
