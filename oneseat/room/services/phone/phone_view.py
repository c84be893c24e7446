"""A phone's seat as the phone's page gets it: the phone, the attempt that it films, what it waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.rules import phones as rules
from oneseat.room.rules import steps
from oneseat.room.rules.endings import CHIEF
from oneseat.room.rules.segments import PHONE_STREAMS
from oneseat.room.services.page import bulletins
from oneseat.room.services.page.attempt_view import EVERY_S, picture_s, step_of
from oneseat.room.services.phone.phone_calls import PhoneCall
from oneseat.room.services.wire_times import wire
from oneseat.state.room import permissions, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.permissions import Permission
from oneseat.state.room.takes import Take


def answered(call: PhoneCall) -> dict[str, Any]:
    """What a call that stands alone is answered with, read from the database."""
    attempt = call.attempt
    if attempt is None:
        return view(call, None, ())
    held = permissions.find_open(call.connection, call.room.exam, attempt.id, call.now)
    recorded = takes.list_of(call.connection, attempt.id) if is_counted(call) else ()
    return view(call, held, recorded)


def view(call: PhoneCall, held: Permission | None, recorded: Iterable[Take]) -> dict[str, Any]:
    """The view as JSON. ``recorded`` are the attempt's takes, where they matter (:func:`is_counted`)."""
    terms = call.charter.charter.phone
    return {
        "now": wire(call.now),
        "phone": _phone(call),
        "attempt": None if call.attempt is None else _attempt(call.charter, call.attempt, call),
        "terms": None if terms is None else {"order": terms.order, "sweep_s": terms.sweep_s},
        "consent": {"version": call.phone.consent_version, "agreed_at": wire(call.phone.consent_at)},
        "permission": None if held is None else {"reason": held.reason, "until": wire(held.ends_at)},
        "pc_silent": rules.is_computer_silent(call.attempt, call.now),
        "every_s": EVERY_S,
        "incident": bulletins.newest_incident(call.room.announced.last),
        "outstanding": _outstanding(call, recorded) if is_counted(call) else None,
    }


def is_counted(call: PhoneCall) -> bool:
    """Whether what is not stored is counted: from the attempt's end on, and once the phone was replaced."""
    attempt = call.attempt
    if attempt is None:
        return False
    return attempt.handed_in_at is not None or steps.may_hand_in(attempt, call.now) or not call.phone.is_live


def _outstanding(call: PhoneCall, recorded: Iterable[Take]) -> int:
    """Segments that phones have announced or promised, and that are not stored.

    A replaced phone waits for finished takes alone: the other one's is still running.
    """
    mine = (take for take in recorded if take.stream in PHONE_STREAMS)
    if not call.phone.is_live:
        mine = (take for take in mine if take.promised is not None)
    return sum(sum(1 for _ in take.missing()) for take in mine)


def _phone(call: PhoneCall) -> dict[str, Any]:
    phone = call.phone
    return {
        "id": phone.id,
        "epoch": phone.epoch,
        "kind": phone.kind,
        "consent_version": phone.consent_version,
        "checked_at": wire(phone.checked_at),
        "swept_at": wire(phone.swept_at),
        "placed_at": wire(phone.placed_at),
        "live": phone.is_live,
    }


def _attempt(charter: CharterInForce, attempt: Attempt, call: PhoneCall) -> dict[str, Any]:
    return {
        "nonce": attempt.id,
        "kind": attempt.kind,
        "session": attempt.session,
        "title": charter.charter.title._asdict(),
        "step": step_of(charter, attempt, call.now).value,
        "starts_at": wire(attempt.starts_at),
        "ends_at": wire(attempt.ends_at),
        "record_until": wire(steps.recorder_stops_at(attempt, charter.terms.tail_s)),
        "handed_in_at": wire(attempt.handed_in_at),
        "completed_at": wire(attempt.completed_at),
        "upload_until": wire(attempt.upload_until),
        "reopens_until": wire(attempt.ends_at if attempt.handed_in_by == CHIEF else None),
        "picture_s": picture_s(charter, attempt.kind),
    }
