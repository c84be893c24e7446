"""Notes which events are symptoms: one statement for a group of calls, and none where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.rules.incidents import cause_of
from oneseat.state.room import symptoms
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.symptoms import Symptom


def note(
    connection: Connection, exam: str, said: Iterable[tuple[Attempt, Iterable[RoomEvent]]], now: datetime
) -> None:
    """Record the symptoms among the events of attempts that are locked; the room's clock counts."""
    found = list(_found(said, now))
    if found:
        symptoms.record(connection, exam, found)


def _found(said: Iterable[tuple[Attempt, Iterable[RoomEvent]]], now: datetime) -> Iterator[Symptom]:
    for attempt, events in said:
        causes = {cause_of(event.code, event.facts) for event in events}
        for cause in sorted(cause for cause in causes if cause is not None):
            yield Symptom(cause, attempt.id, attempt.jti, now)
