"""The queue of one exam's open help requests, read from the database at most once a second.

Pages, API and live updates of one process share the snapshot, so the cost does not grow with the
number of candidates and operators who watch it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.help_rules import (
    RATE_WINDOW,
    Holding,
    Queued,
    Status,
    Symptom,
    Urgency,
    estimate_wait,
    find_incidents,
    in_order,
    is_alarming,
)
from oneseat.portal.rules.help_urgency import Standing, standing_at
from oneseat.state.candidates import seat_terms
from oneseat.state.help import incidents, requests
from oneseat.state.help.incidents import Incident
from oneseat.state.help.requests import HelpRequest
from signing.charter import Charter

MAX_AGE_S = 1.0
MAX_OPEN = 10_000
"""Open requests that a snapshot holds; those of the lowest urgency beyond it have no place said."""


def holding_of(request: HelpRequest) -> Holding:
    """A request's state as the rules take it."""
    return Holding(Status(request.status), request.operator, request.touched_at)


CLOSED = "closed"
"""The state of a request that is not open any more."""


@dataclass(frozen=True)
class QueueStates:
    """The states of all open requests: ``of_queue`` changes with anything that the queue's page shows."""

    by_number: Mapping[str, str]
    of_queue: str

    def of(self, number: str) -> str:
        """The state of one request, which changes with anything that its candidate sees."""
        return self.by_number.get(number, CLOSED)


@dataclass(frozen=True)
class Board:
    """A snapshot: open requests with their standings, waiting ones in order, recent answers, incidents."""

    at: datetime
    open: Mapping[str, HelpRequest]
    standings: Mapping[str, Standing]
    waiting: tuple[str, ...]
    places: Mapping[str, int]
    reached: tuple[datetime, ...]
    incidents: tuple[Incident, ...]

    @cached_property
    def states(self) -> QueueStates:
        """What live pages follow of this snapshot."""
        by_number = {
            number: f"{request.status}/{self.places.get(number, 0)}/{request.touched_at.isoformat()}"
            for number, request in self.open.items()
        }
        urgent = [
            (number, self.standings[number].urgency, self.is_alarming(number)) for number in self.waiting
        ]
        whole = repr((by_number, urgent, [incident.id for incident in self.incidents], self.proposals()))
        return QueueStates(by_number, hashlib.sha256(whole.encode()).hexdigest()[:16])

    def place(self, number: str) -> int | None:
        """The place in the queue, from 1 on; None for a request that does not wait."""
        return self.places.get(number)

    def wait(self, number: str) -> timedelta | None:
        """The estimated waiting time, or None where it cannot be estimated."""
        place = self.place(number)
        return None if place is None else estimate_wait(place, self.reached, self.at)

    def is_alarming(self, number: str) -> bool:
        """Whether a request waits longer than its present urgency allows."""
        request = self.open[number]
        late = is_alarming(self.standings[number].urgency, request.submitted_at, self.at)
        return number in self.places and late

    def proposals(self) -> list[tuple[Symptom, int]]:
        """Symptoms that many new requests share, for which no incident is open."""
        explained = {incident.reason for incident in self.incidents}
        submitted = [
            (Symptom(request.reason, request.codes.partition(" ")[0]), request.submitted_at)
            for request in self.open.values()
            if request.reason not in explained and "" not in explained
        ]
        return find_incidents(submitted, self.at)


class QueueBoard:
    """Caches the :class:`Board` of one exam; threads share it."""

    def __init__(self, exam: ServedExam) -> None:
        self._exam = exam
        self._lock = threading.Lock()
        self._board: Board | None = None
        self._read_s = 0.0

    def current(self, now: datetime) -> Board:
        """The queue, at most :data:`MAX_AGE_S` old."""
        with self._lock:
            if self._board is None or time.monotonic() - self._read_s >= MAX_AGE_S:
                self._board = self._read(now)
                self._read_s = time.monotonic()
            return self._board

    def invalidate(self) -> None:
        """Read the database at the next use: this process has changed a request."""
        with self._lock:
            self._board = None

    def _read(self, now: datetime) -> Board:
        name = self._exam.exam
        with self._exam.database.reading() as connection:
            listed = requests.list_open(connection, name, MAX_OPEN)
            reached = requests.list_reached(connection, name, now - RATE_WINDOW)
            present = incidents.list_open(connection, name)
            in_mock = requests.list_in_mock(connection, name)
            in_force = self._exam.charter_in(connection)
            numbers_asking = [one.admission_number for one in listed if one.admission_number]
            terms = seat_terms.find_many(connection, name, numbers_asking)
        charters = {
            number: in_force.for_seat(self._exam.open_terms(number, sealed)).charter
            for number, sealed in terms.items()
        }
        standings = {
            one.number: _standing(
                one,
                charters.get(one.admission_number or "", in_force.charter),
                now,
                in_mock.get(one.admission_number or ""),
            )
            for one in listed
        }
        queued = [_queued(one, standings[one.number]) for one in listed if holding_of(one).is_waiting(now)]
        numbers = tuple(one.number for one in in_order(queued, now))
        return Board(
            now,
            {one.number: one for one in listed},
            standings,
            numbers,
            {number: place for place, number in enumerate(numbers, 1)},
            tuple(reached),
            tuple(present),
        )


def filed_standing(request: HelpRequest) -> Standing:
    """A request's standing as it was stored."""
    return Standing(Urgency(request.urgency), request.order_at)


def _standing(request: HelpRequest, charter: Charter, now: datetime, mock: int | None) -> Standing:
    return standing_at(filed_standing(request), request.submitted_at, charter, now, mock)


def _queued(request: HelpRequest, standing: Standing) -> Queued:
    return Queued(request.number, standing.urgency, standing.order_at, request.id, request.retry_at)
