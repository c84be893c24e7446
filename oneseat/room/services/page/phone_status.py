"""The phone as the computer's page gets it, and what its faults bring about: a note and a permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oneseat.room.rules import phones as rules
from oneseat.room.rules.phones import PhoneFault
from oneseat.room.services.attempts import permitting
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import endings, phones

MOVED = "moved"
"""How a phone came that took over from another one."""
_FILMS_NOT = (PhoneFault.SILENT, PhoneFault.NOT_RECORDING)
_BEFORE_OR_SINCE = (None, PhoneFault.NOT_RESUMED)
"""What a phone's page was told last where a reopening may be why it does not film."""


def page_view(call: Call, fault: PhoneFault | None) -> dict[str, Any] | None:
    """What the computer's page shows of the phone and its fault; None in an exam without phones."""
    terms = call.charter.charter.phone
    if terms is None:
        return None
    phone, attempt, now = call.phone, call.attempt, call.now
    said = {} if phone is None else phone.said
    return {
        "order": terms.order,
        "present": rules.is_present(phone, now),
        "placed": phone is not None and phone.has_placed(attempt.id),
        "recording": rules.is_recording(phone, attempt.id, now),
        "fault": fault,
        "seen_at": wire(None if phone is None else phone.seen_at),
        "moved": phone is not None and phone.entered_by == MOVED,
        **{name: said.get(name) for name in ("battery", "charging", "free_mib", "backlog_mib")},
    }


def fault_of(call: Call) -> PhoneFault | None:
    """The phone's fault. The reopening is looked up for a phone alone that has just ceased to film."""
    phone, fault = call.phone, rules.fault_of(call.phone, call.attempt, call.now)
    if phone is None or fault not in _FILMS_NOT or phone.fault not in _BEFORE_OR_SINCE:
        return fault
    reopened_at = endings.reopened_at(call.connection, call.room.exam, call.attempt.id)
    if reopened_at is None:
        return fault
    return rules.fault_since_reopening(phone, fault, reopened_at, call.now)


def note_fault(call: Call) -> PhoneFault | None:
    """Note that the phone has a fault, or is well again, and return the fault.

    A fault opens a permission to see to the phone.
    """
    phone, fault = call.phone, fault_of(call)
    if phone is None or fault == phone.fault or not phones.change_fault(call.connection, phone, fault):
        return fault
    call.phone = replace(phone, fault=fault)
    if fault is None:
        call.note("phone-well")
        permitting.end_for_phone(call)
        return None
    call.note("phone-fault", cause=str(fault))
    if phone.fault is None:
        permitting.open_for_phone(call)
    return fault
