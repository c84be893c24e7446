"""What an attempt's page shows of its invigilation, and which acts it offers this operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from oneseat.room.rules.clauses import CLAUSES
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.endings import refuses_end, refuses_reopening
from oneseat.room.rules.permissions import MINUTES, PERMITTED, Cause, Opener
from oneseat.room.rules.reminders import REMINDERS
from oneseat.room.staff.attempts import recordings
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import endings, marks, notes, permissions, reminders
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.endings import Ending
from oneseat.state.room.marks import Mark
from oneseat.state.room.notes import Note
from oneseat.state.room.permissions import Permission
from oneseat.state.room.reminders import Reminder
from signing.text import Text

_RECENT = timedelta(seconds=30)


@dataclass(frozen=True)
class Watched:
    """The invigilation of one attempt.

    ``acts`` is whether the operator may do anything here, ``plays`` whether to see recordings, ``runs``
    whether the candidate is there to see it. ``begins`` and ``ends`` are what the form of a mark proposes.
    """

    acts: bool
    plays: bool
    runs: bool
    reminders: Sequence[Reminder]
    notes: Sequence[Note]
    marks: Sequence[Mark]
    permissions: Sequence[Permission]
    open: Permission | None
    begins: str
    ends: str
    choices: Mapping[str, Text]
    clauses: Mapping[str, Text]
    endings: Sequence[Ending]
    may_end_attempt: bool
    may_reopen: bool
    operator: str
    causes: Sequence[Cause]
    minutes: Sequence[int]

    @property
    def waiting(self) -> Ending | None:
        """The request to end the attempt that waits for another person."""
        return next((ending for ending in self.endings if ending.is_open), None)

    @property
    def may_end(self) -> bool:
        """Whether the open permission is an invigilator's, and was not ended yet."""
        return self.open is not None and self.open.opener == Opener.INVIGILATOR and self.open.ended_by is None


def facts_of(connection: Connection, visit: StaffVisit, attempt: Attempt) -> Watched:
    """Read what an attempt's page shows of its invigilation."""
    exam, zone = visit.room.exam, visit.room.charter_in(connection).zone
    now = visit.now.astimezone(zone)
    begins = max(now - _RECENT, attempt.created_at.astimezone(zone))
    return Watched(
        visit.may(Duty.REMIND),
        recordings.may_watch(visit, attempt),
        attempt.consent_at is not None and attempt.handed_in_at is None,
        reminders.list_of(connection, exam, attempt.id),
        notes.list_of(connection, exam, attempt.id),
        marks.list_of(connection, exam, attempt.id),
        permissions.list_of(connection, exam, attempt.id),
        permissions.find_open(connection, exam, attempt.id, visit.now),
        f"{begins:%Y-%m-%dT%H:%M:%S}",
        f"{now:%Y-%m-%dT%H:%M:%S}",
        REMINDERS,
        CLAUSES,
        endings.list_of(connection, exam, attempt.id),
        refuses_end(attempt, visit.now) is None,
        refuses_reopening(attempt, attempt.handed_in_by, visit.now) is None,
        visit.operator.name,
        PERMITTED,
        MINUTES,
    )
