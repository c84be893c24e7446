"""The phone as the computer's page gets it, and what its faults bring about: a note and a permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oneseat.room.rules import phones as rules
from oneseat.room.services import permitting
from oneseat.room.services.window_calls import Call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import phones

MOVED = "moved"
"""How a phone came that took over from another one."""


def page_view(call: Call) -> dict[str, Any] | None:
    """What the computer's page shows of the phone; None in an exam without phones."""
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
        "fault": rules.fault_of(phone, attempt, now),
        "seen_at": wire(None if phone is None else phone.seen_at),
        "moved": phone is not None and phone.entered_by == MOVED,
        **{name: said.get(name) for name in ("battery", "charging", "free_mib", "backlog_mib")},
    }


def note_fault(call: Call) -> None:
    """Note that the phone has a fault, or is well again; a fault opens a permission to see to the phone."""
    phone = call.phone
    if phone is None:
        return
    fault = rules.fault_of(phone, call.attempt, call.now)
    if fault == phone.fault or not phones.change_fault(call.connection, phone, fault):
        return
    call.phone = replace(phone, fault=fault)
    if fault is None:
        call.note("phone-well")
        permitting.end_for_phone(call)
        return
    call.note("phone-fault", cause=str(fault))
    if phone.fault is None:
        permitting.open_for_phone(call)
