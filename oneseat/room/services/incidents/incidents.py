"""Proposes incidents from what attempts report, and opens and closes them as people decide.

The database counts: whichever process looks first proposes, and a unique index keeps a second one out.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.incidents import IncidentInvalid, IncidentSettled, IncidentUnknown
from oneseat.room.rules.incidents import (
    ALIKE,
    BUILD_SHARE,
    ENDS,
    LAPSED,
    LAPSES,
    MAX_EN,
    MAX_ZH,
    QUIET,
    SILENT,
    WITHIN,
    help_reason_of,
)
from oneseat.room.rules.wall import SILENT_AFTER
from oneseat.state.help import incidents as desk_incidents
from oneseat.state.room import announcements, incidents, symptoms
from oneseat.state.room.announcements import Announcement
from oneseat.state.room.incidents import Incident, Opening, Proposal
from oneseat.state.room.symptoms import Symptom
from signing.text import Text

LOOK_EVERY_S = 10.0
_MOST_SILENT = 5000
_FORGET_AT_ONCE = 1000
_KEPT = timedelta(days=1)


def look(room: ServedRoom) -> list[int]:
    """Propose what has become an incident, and forget what is over; return the numbers of new proposals.

    Raises:
        StateUnavailable: the database cannot be used.
    """
    now, exam = room.clock.now(), room.exam
    note_silent(room)
    with room.database.reading() as connection:
        alike = symptoms.count_since(connection, exam, now - WITHIN, ALIKE)
        unclosed = {each.cause for each in incidents.list_unclosed(connection, exam)}
        # Phones' pages show what was read last: computers' calls need not come to this process.
        room.announced.of(connection, announcements.news(connection, exam, now).edition)
    proposed = []
    for cause in sorted(alike.keys() - unclosed):
        with room.database.writing() as connection:
            counted = symptoms.figures(connection, exam, [cause])
            if cause in counted:
                new = Proposal(cause, _common_build(connection, exam, cause), counted[cause])
                number = incidents.propose(connection, exam, new, now, now - QUIET)
                proposed += [] if number is None else [number]
    _let_lapse(room)
    return proposed


def note_silent(room: ServedRoom) -> None:
    """Record pages that fell silent in their answer time, where so many did that it matters."""
    now, exam = room.clock.now(), room.exam
    since, until = now - SILENT_AFTER - WITHIN, now - SILENT_AFTER
    with room.database.reading() as connection:
        silent = symptoms.silent_attempts(connection, exam, now, since, until, _MOST_SILENT)
    if len({each.jti for each in silent}) < ALIKE:
        return
    found = [Symptom(SILENT, each.attempt, each.jti, each.heard_at + SILENT_AFTER) for each in silent]
    with room.database.writing() as connection:
        symptoms.record(connection, exam, sorted(found, key=lambda each: each.attempt))


def _common_build(connection: Connection, exam: str, cause: str) -> str | None:
    """The client's build that nearly all seats with a cause have, or None."""
    counted = symptoms.builds(connection, exam, cause)
    if not counted:
        return None
    build = max(counted, key=lambda each: counted[each])
    return build if counted[build] >= BUILD_SHARE * sum(counted.values()) else None


def _let_lapse(room: ServedRoom) -> None:
    """Close proposals that nobody decided on, and forget symptoms that no incident is counted from."""
    now, exam = room.clock.now(), room.exam
    with room.database.reading() as connection:
        unclosed = incidents.list_unclosed(connection, exam)
        counted = symptoms.figures(connection, exam, [each.cause for each in unclosed])
    for each in unclosed:
        last = counted[each.cause].last_at if each.cause in counted else each.last_at
        if each.is_proposed and last < now - LAPSES:
            with room.database.writing() as connection:
                locked = incidents.lock(connection, exam, each.number)
                if locked is not None and locked.is_proposed:
                    incidents.close(connection, locked, now, None, LAPSED, counted.get(each.cause))
    kept = [each.cause for each in unclosed]
    with room.database.writing() as connection:
        symptoms.forget(connection, exam, now - WITHIN, kept, now - _KEPT, _FORGET_AT_ONCE)


def open_incident(
    room: ServedRoom, connection: Connection, number: int, operator: str, typed: Text
) -> Incident:
    """Tell all candidates, on their pages, and on the portal's: at once where it shares the database.

    Raises:
        IncidentUnknown: there is none of that number.
        IncidentSettled: it is not proposed any more.
        IncidentInvalid: the words are missing, too long or not printable.
    """
    incident, now = _locked(room, connection, number), room.clock.now()
    if not incident.is_proposed:
        raise IncidentSettled
    words = _checked(typed)
    announced = announcements.add(
        connection,
        Announcement(room.exam, 0, now, operator, None, None, words.zh, words.en, incident=number),
    )
    opening = Opening(now, operator, words.zh, words.en, announced)
    incidents.open_it(connection, incident, opening)
    desk_incidents.begin_of_room(connection, room.exam, number, for_desk(incident.cause, opening))
    return incident


def close_incident(
    room: ServedRoom, connection: Connection, number: int, operator: str, reason: str
) -> Incident:
    """Take an incident's words away from all pages, or drop a proposal.

    Raises:
        IncidentUnknown: there is none of that number.
        IncidentSettled: it is closed.
        IncidentInvalid: the reason is none of the list.
    """
    incident, now = _locked(room, connection, number), room.clock.now()
    if incident.closed_at is not None:
        raise IncidentSettled
    if reason not in ENDS:
        raise IncidentInvalid
    last = symptoms.figures(connection, room.exam, [incident.cause]).get(incident.cause)
    incidents.close(connection, incident, now, operator, reason, last)
    if incident.announcement is not None:
        announcements.end(connection, room.exam, incident.announcement, now)
        desk_incidents.end_of_room(connection, room.exam, number, now)
    return incident


def for_desk(cause: str, opening: Opening) -> desk_incidents.Incident:
    """An open incident as the portal's service desk has it."""
    words = opening.zh if opening.en == opening.zh else f"{opening.zh}\n{opening.en}"
    return desk_incidents.Incident(0, help_reason_of(cause), words, opening.at, opening.by)


def _locked(room: ServedRoom, connection: Connection, number: int) -> Incident:
    incident = incidents.lock(connection, room.exam, number)
    if incident is None:
        raise IncidentUnknown
    return incident


def _checked(typed: Text) -> Text:
    zh, en = " ".join(typed.zh.split()), " ".join(typed.en.split())
    if not 0 < len(zh) <= MAX_ZH or len(en) > MAX_EN or not f"{zh}{en}".isprintable():
        raise IncidentInvalid
    return Text(en or zh, zh)
