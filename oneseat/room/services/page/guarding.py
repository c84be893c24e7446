"""Takes in what a client's guard reports: checks signatures and chain, notes gaps and silence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.guard import GuardEventUnsigned, GuardReportUnusable
from oneseat.room.rules import guard_silence
from oneseat.room.services.attempts.permitting import permission_view
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts, events, guard_events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from oneseat.state.room.guard_events import KeptEvent
from oneseat.state.room.permissions import Permission
from signing import guard_events as chain
from signing.fields import Fields
from signing.guard_events import GuardEvent
from signing.jws import canonical_json
from signing.refusals import TokenMalformed

MAX_AT_ONCE = 50
MAX_EVENTS = 2000
"""The last event of an attempt that is stored. A session has tens; the room notes that more were lost."""
MAX_PRESENT = 20
_MAX_TEXT = 64
_LARGEST_SEQUENCE = 1 << 31
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
SOFTWARE = "software"
_PLAIN = frozenset({"screens", "remote-session", "browser-windows"})
"""What may be present besides software."""


@dataclass(frozen=True)
class GuardReport:
    """What a look carries of the guard. ``present`` are codes and names of what it sees now.

    ``is_watching`` is false where a client looks without a guard, such as to finish an upload.
    """

    events: Sequence[GuardEvent] = ()
    present: Sequence[tuple[str, str]] = ()
    is_watching: bool = False


def parse(said: Mapping[str, Any]) -> GuardReport:
    """Parse the body of a look. Members of later versions are ignored.

    Raises:
        GuardReportUnusable: it has not the form of one, or is too long.
    """
    fields = Fields(said)
    try:
        given = fields.children("events") if fields.has("events") else ()
        present = fields.children("present") if fields.has("present") else ()
        if len(given) > MAX_AT_ONCE or len(present) > MAX_PRESENT:
            raise GuardReportUnusable
        found = [chain.parse(event) for event in given]
        report = GuardReport(
            found, [(each.text("code"), each.text("name")) for each in present], fields.has("present")
        )
    except (TokenMalformed, ValueError):
        raise GuardReportUnusable from None
    if not all(_has_form(event) for event in found):
        raise GuardReportUnusable
    return report


def _has_form(event: GuardEvent) -> bool:
    texts = [value for value in event.facts.values() if isinstance(value, str)]
    return (
        0 < event.sequence < _LARGEST_SEQUENCE
        and _CODE.fullmatch(event.code) is not None
        and all(_NAME.fullmatch(name) for name in event.facts)
        and all(len(text) <= _MAX_TEXT and text.isprintable() for text in (*texts, event.seen, event.at))
    )


def take_in(
    room: ServedRoom,
    connection: Connection,
    charter: CharterInForce,
    attempt: Attempt,
    report: GuardReport,
    now: datetime,
) -> Attempt:
    """Keep a report of a locked attempt whose events are signed; return the attempt as it is then.

    Before the consent nothing is kept. That the guard was heard is left to the caller, who records it for
    many attempts at once (:func:`is_heard`).
    """
    if attempt.consent_at is None:
        return attempt
    notes = _heard(attempt, report, now)
    if report.events:
        attempt, about_chain = _append(room, connection, attempt, report.events, now)
        notes += about_chain
    if report.is_watching:
        present = _record_present(connection, charter, attempt, report)
        attempt = replace(attempt, guard_seen_at=now, guard_present=present)
    events.append_all(
        connection, room.exam, attempt.id, [RoomEvent(now, "room", code, facts) for code, facts in notes]
    )
    return attempt


def is_heard(attempt: Attempt, report: GuardReport) -> bool:
    """Whether a report is a sign of life of an attempt's guard."""
    return report.is_watching and attempt.consent_at is not None


def require_signed(attempt: Attempt, report: GuardReport) -> None:
    """Check who signed a report's events; before the consent they are not looked at.

    Raises:
        GuardEventUnsigned: an event is not signed by the attempt's device.
    """
    if attempt.consent_at is None:
        return
    if any(not event.is_signed_by(attempt.id, attempt.device_key) for event in report.events):
        raise GuardEventUnsigned


_Note = tuple[str, Mapping[str, Fact]]


def _heard(attempt: Attempt, report: GuardReport, now: datetime) -> list[_Note]:
    """The room's own events where a guard is heard for the first time, or again."""
    if not report.is_watching or attempt.handed_in_at is not None:
        return []
    silent = guard_silence.silence_before(attempt, now)
    if silent is not None:
        return [("guard-back", {"silent_s": int(silent.total_seconds())})]
    return [("guard-connected", {})] if attempt.guard_seen_at is None else []


def _append(
    room: ServedRoom,
    connection: Connection,
    attempt: Attempt,
    given: Sequence[GuardEvent],
    now: datetime,
) -> tuple[Attempt, list[_Note]]:
    """Append the events that are new; return the attempt with their head, and notes about their chain."""
    notes: list[_Note] = []
    sequence, head = attempt.guard_sequence or 0, _head(attempt)
    known = guard_events.hashes(connection, attempt.id, given[0].sequence, sequence)
    fresh: list[KeptEvent] = []
    for event in given:
        digest = bytes.fromhex(event.hash(attempt.id))
        if event.sequence <= sequence:
            if known.get(event.sequence) != digest and not fresh:
                notes.append(("guard-fork", {"sequence": event.sequence}))
            continue
        if event.sequence != sequence + 1 or event.previous != head.hex():
            notes.append(("guard-gap", {"after": sequence, "sequence": event.sequence}))
        sequence, head = event.sequence, digest
        fresh.append(_kept(event, digest, attempt.device_key, now))
    if (attempt.guard_sequence or 0) <= MAX_EVENTS < sequence:
        notes.append(("guard-full", {}))
    kept = [event for event in fresh if event.sequence <= MAX_EVENTS]
    if fresh:
        guard_events.append_all(connection, room.exam, attempt.id, kept)
        attempts.record_guard_head(connection, attempt.id, sequence, head)
        attempt = replace(attempt, guard_sequence=sequence, guard_head=head)
    return attempt, notes


def _kept(event: GuardEvent, digest: bytes, device_key: bytes, now: datetime) -> KeptEvent:
    signed = canonical_json(event.wire()).decode()
    return KeptEvent(
        event.sequence, datetime.fromisoformat(event.at), event.code, digest, signed, device_key, now
    )


def _head(attempt: Attempt) -> bytes:
    return attempt.guard_head or bytes.fromhex(chain.genesis(attempt.id))


def _record_present(
    connection: Connection, charter: CharterInForce, attempt: Attempt, report: GuardReport
) -> str | None:
    """Record what is present, in the names of the charter's catalogue: a page shows no other text."""
    if not report.present and not attempt.guard_present:
        return attempt.guard_present
    names = {software.name for software in charter.charter.catalogue}
    kept = [
        {"code": code, "name": name if code == SOFTWARE else ""}
        for code, name in report.present
        if code in _PLAIN or (code == SOFTWARE and name in names)
    ]
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""
    if text != (attempt.guard_present or ""):
        attempts.record_guard_present(connection, attempt.id, text)
    return text


def look_view(attempt: Attempt, permitted: Permission | None) -> dict[str, Any] | None:
    """What a look is answered with: the chain's end that the room has, whether to watch, what is permitted.

    None without a consent: nothing starts before.
    """
    if attempt.consent_at is None:
        return None
    return {
        "attempt": attempt.id,
        "sequence": attempt.guard_sequence or 0,
        "head": _head(attempt).hex(),
        "watch": guard_silence.is_due(attempt),
        "permission": permission_view(permitted),
    }


def page_view(attempt: Attempt, now: datetime) -> dict[str, Any]:
    """What the page gets: whether the guard is connected, when it was heard, and what it sees now."""
    connected = guard_silence.is_connected(attempt, now)
    return {
        "connected": connected,
        "seen_at": wire(attempt.guard_seen_at),
        "warnings": json.loads(attempt.guard_present or "[]") if connected else [],
    }


def note_silence(call: Call) -> None:
    """Append an event if the guard has turned silent since the page's last call."""
    if guard_silence.turns_silent(call.attempt, call.now):
        call.note("guard-silent", seen_at=wire(call.attempt.guard_seen_at))
