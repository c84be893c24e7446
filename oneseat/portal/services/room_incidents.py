"""Takes incidents that an exam room opened or closed; pages, clients and desk show them as the desk's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.room_incidents import (
    RoomIncidentDiffers,
    RoomIncidentsTooMany,
    RoomIncidentUntimely,
)
from oneseat.portal.rules.utc_interval import utc
from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Service
from oneseat.state.help import incidents
from oneseat.state.help.incidents import Incident
from signing.text import Text

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the room's clock may be ahead of the portal's."""
LATEST = timedelta(days=366)
"""An incident may arrive so long after its opening: the portal may have been away."""
MOST_OPEN = 50

_TO_COME = Text("it has not happened yet", "晚于当前时间")
_TOO_OLD = Text("it is older than a year", "早于一年前")
_REVERSED = Text("it was closed before it was opened", "结束早于发布")
_OFF_CALENDAR = Text("the time is outside the calendar", "时间超出范围")


@dataclass(frozen=True)
class RoomIncident:
    """An incident as the exam room has it now, under the room's number; over from ``closed_at`` on."""

    number: int
    reason: str
    words: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None


@dataclass(frozen=True)
class KeptIncident:
    """Whether candidates see the incident now, and whether the portal knew all of it before."""

    open: bool
    known: bool


def take_incident(exam: ServedExam, service: Service, told: RoomIncident, now: datetime) -> KeptIncident:
    """Keep an incident. The same again changes nothing, and one that is over is never open again.

    Raises:
        RoomIncidentUntimely: it is to come, too old, or closed before it was opened.
        RoomIncidentDiffers: its number was used for another incident.
        RoomIncidentsTooMany: :data:`MOST_OPEN` are open.
    """
    incident = _checked(told, now)
    with exam.database.writing() as connection:
        is_new = incidents.begin_of_room(connection, exam.exam, told.number, incident)
        stored, closed_at = incidents.find_of_room(connection, exam.exam, told.number)
        if replace(stored, id=0) != incident:
            raise RoomIncidentDiffers(incident=told.number)
        is_over = told.closed_at is not None and incidents.end_of_room(
            connection, exam.exam, told.number, told.closed_at
        )
        is_open = closed_at is None and told.closed_at is None
        if is_new and is_open and incidents.count_open_of_room(connection, exam.exam) > MOST_OPEN:
            raise RoomIncidentsTooMany(most=MOST_OPEN)
        if is_new or is_over:
            facts: dict[str, audit.Fact] = {
                "incident": told.number,
                "about": told.reason,
                "state": "open" if is_open else "closed",
            }
            audit.append(connection, now, f"service:{service.id}", "incident.taken", exam.exam, facts)
    exam.incidents.invalidate()
    return KeptIncident(is_open, known=not (is_new or is_over))


def _checked(told: RoomIncident, now: datetime) -> Incident:
    opened_at = _in_utc(told.opened_at)
    latest = opened_at if told.closed_at is None else _in_utc(told.closed_at)
    if latest < opened_at:
        raise RoomIncidentUntimely(reason=_REVERSED)
    if latest > now + CLOCK_TOLERANCE:
        raise RoomIncidentUntimely(reason=_TO_COME)
    if opened_at < now - LATEST:
        raise RoomIncidentUntimely(reason=_TOO_OLD)
    return Incident(0, told.reason, told.words, opened_at, told.opened_by)


def _in_utc(moment: datetime) -> datetime:
    try:
        return utc(moment)
    except OverflowError:  # the first or the last day of the calendar, somewhere else
        raise RoomIncidentUntimely(reason=_OFF_CALENDAR) from None
