"""Sends one of the listed reminders to a candidate, with its entry in the audit log."""

from __future__ import annotations

from oneseat.room.rules import commitments
from oneseat.room.services.page import reminding
from oneseat.room.staff.acts import act_on
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room.reminders import NewReminder


def send(visit: StaffVisit, attempt_id: str, code: str) -> None:
    """Send a reminder by its code.

    Raises:
        AttemptUnknown: there is no such attempt.
        ReminderInvalid: the code is none of the list.
        ReminderRefused: the candidate would not see it.
    """
    words = reminding.words_of(code)
    with act_on(visit, attempt_id, "room.reminder-sent", code=code) as act:
        new = NewReminder(act.exam, act.attempt.id, visit.now, act.operator, code, words.zh)
        act.commit(commitments.REMINDER, reminding.send(act.connection, new, act.attempt))
