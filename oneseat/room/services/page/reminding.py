"""Sends reminders to a candidate's page, and records when they were shown there and read.

The oldest unread reminder lies in the attempt's own row, which each call of the page reads anyway: a beat
sends no statement for it.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.invigilation import ReminderInvalid, ReminderRefused, ReminderUnknown
from oneseat.room.rules.reminders import MOST_UNREAD, REMINDERS
from oneseat.room.services.attempts.window_calls import Call, open_call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts, events, reminders
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from oneseat.state.room.reminders import NewReminder
from signing.text import Text

_NO_CONSENT = Text("the candidate has not come in yet", "考生还没有进入考场")
_HANDED_IN = Text("the candidate has handed in", "考生已经交卷")
_UNREAD = Text(f"{MOST_UNREAD} reminders are unread", f"还有 {MOST_UNREAD} 条提醒未读")


def send(connection: Connection, new: NewReminder, attempt: Attempt) -> int:
    """Send a reminder to a locked attempt's page, which shows it within seconds; return its id.

    Raises:
        ReminderRefused: the page would not show it, or there are unread ones enough.
    """
    unread = reminders.list_unread(connection, new.exam, attempt.id)
    reason = _refusal(attempt, len(unread))
    if reason is not None:
        raise ReminderRefused(reason=reason)
    number = reminders.add(connection, new)
    facts: dict[str, Fact] = {"reminder": number, "code": new.code, "by": new.operator}
    events.append_all(connection, new.exam, attempt.id, [RoomEvent(new.at, "room", "reminder-sent", facts)])
    _keep_oldest(connection, new.exam, attempt.id)
    return number


def words_of(code: str) -> Text:
    """The words of a reminder.

    Raises:
        ReminderInvalid: it is none of the list.
    """
    if code not in REMINDERS:
        raise ReminderInvalid
    return REMINDERS[code]


def shown(room: ServedRoom, cookie: str | None, epoch: int, reminder: int) -> dict[str, Any]:
    """Record that the page shows a reminder; answer with the reminder to show now.

    Raises:
        ReminderUnknown: it was not sent to this attempt.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with open_call(room, cookie, epoch) as call:
        _require_own(call, reminder)
        if reminders.record_shown(call.connection, call.attempt.id, reminder, call.now):
            _note(call, "reminder-shown", reminder)
        return {"now": wire(call.now), **page_view(call.attempt)}


def read(room: ServedRoom, cookie: str | None, epoch: int, reminder: int) -> dict[str, Any]:
    """Record that the candidate has read a reminder; answer with the next one, or none.

    Raises:
        As :func:`shown`.
    """
    with open_call(room, cookie, epoch) as call:
        _require_own(call, reminder)
        if reminders.record_read(call.connection, call.attempt.id, reminder, call.now):
            _note(call, "reminder-read", reminder)
        return {"now": wire(call.now), **page_view(call.attempt)}


def page_view(attempt: Attempt) -> dict[str, Any]:
    """The member of a page's answer that has the reminder to show, None without one. It reads nothing."""
    if attempt.reminder is None or attempt.handed_in_at is not None:
        return {"reminder": None}
    kept = json.loads(attempt.reminder)
    words = REMINDERS[kept["code"]]
    return {"reminder": {"id": kept["id"], "shown": kept["shown"], "zh": words.zh, "en": words.en}}


def _refusal(attempt: Attempt, unread: int) -> Text | None:
    if attempt.handed_in_at is not None:
        return _HANDED_IN
    if attempt.consent_at is None:
        return _NO_CONSENT
    return _UNREAD if unread >= MOST_UNREAD else None


def _require_own(call: Call, reminder: int) -> None:
    sent = reminders.list_of(call.connection, call.room.exam, call.attempt.id)
    if reminder not in {each.id for each in sent}:
        raise ReminderUnknown


def _note(call: Call, code: str, reminder: int) -> None:
    call.note(code, reminder=reminder)
    _keep_oldest(call.connection, call.room.exam, call.attempt.id)
    call.reload()


def _keep_oldest(connection: Connection, exam: str, attempt: str) -> None:
    """Write the oldest unread reminder into the attempt's row."""
    unread = reminders.list_unread(connection, exam, attempt)
    kept = None
    if unread:
        oldest = unread[0]
        facts = {"id": oldest.id, "code": oldest.code, "shown": oldest.shown_at is not None}
        kept = json.dumps(facts, separators=(",", ":"))
    attempts.record_reminder(connection, attempt, kept)
