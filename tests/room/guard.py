"""A client's guard as the room sees one: signed and chained events, in looks."""

from __future__ import annotations

from typing import Any

from nacl.signing import SigningKey

from oneseat.state.room import events as room_events
from oneseat.state.room import guard_events
from signing.guard_events import GuardEvent, genesis
from tests.room.candidate import Candidate, wire
from tests.room.held_exam import EXAM


class Guard:
    """One client's guard."""

    def __init__(self, candidate: Candidate, key: SigningKey | None = None) -> None:
        self.candidate, self.key = candidate, key or candidate.key
        self.attempt = candidate.attempt["nonce"]
        self.head, self.sequence, self.looks = genesis(self.attempt), 0, 100

    def event(self, code: str = "software", *, skip: int = 0, **facts: Any) -> dict[str, Any]:
        self.sequence += 1 + skip
        now = wire(self.candidate.room.clock.now())
        event = GuardEvent(self.sequence, self.head, now, code, facts, now)
        self.head = event.hash(self.attempt)
        return event.signed(self.key.sign(event.message(self.attempt)).signature).wire()

    def post(self, **body: Any) -> Any:
        self.looks += 1
        return self.candidate.http.post("/client/v1/look", json=self.candidate.look_body(self.looks, **body))

    def report(self, *events: dict[str, Any], present: Any = (), **body: Any) -> dict[str, Any]:
        answer = self.post(events=list(events), present=list(present), **body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["guard"]
        return result

    def code(self, **body: Any) -> tuple[int, str]:
        answer = self.post(**{"present": [], **body})
        return answer.status_code, answer.json()["code"]

    @property
    def kept(self) -> list[guard_events.KeptEvent]:
        with self.candidate.room.exam.database.reading() as connection:
            return guard_events.list_of(connection, EXAM, self.attempt)

    @property
    def noted(self) -> list[tuple[str, dict[str, Any]]]:
        """What the room itself noted of the guard."""
        with self.candidate.room.exam.database.reading() as connection:
            every = room_events.list_of(connection, EXAM, self.attempt)
        return [(one.code, dict(one.facts)) for one in every if one.code.startswith("guard-")]
