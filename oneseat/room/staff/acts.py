"""Opens an operator's act on an attempt: found, locked, and with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from oneseat.room.refusals.staff import AttemptUnknown
from oneseat.room.rules.commitments import RECORD, Written
from oneseat.room.staff.committing import digest_of
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.accounts.audit import Fact
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent


@dataclass(frozen=True)
class Act:
    """An act on a locked attempt, in a transaction that commits when its block ends."""

    visit: StaffVisit
    connection: Connection
    attempt: Attempt
    facts: dict[str, Fact]
    """The facts of its entry in the audit log, which is written when the block ends."""

    @property
    def exam(self) -> str:
        """The exam's id."""
        return self.visit.room.exam

    @property
    def operator(self) -> str:
        """The operator's name."""
        return self.visit.operator.name

    def commit(self, written: Written, number: int) -> None:
        """Have the entry in the audit log vouch for the record that the act has written as this row."""
        self.facts[RECORD] = digest_of(self.connection, written, number)

    def note(self, code: str, **facts: Fact) -> None:
        """Append an event that names the operator to the attempt's history."""
        event = RoomEvent(self.visit.now, "room", code, {**facts, "by": self.operator})
        events.append_all(self.connection, self.exam, self.attempt.id, [event])


@contextmanager
def act_on(visit: StaffVisit, attempt_id: str, act: str, **facts: Fact) -> Iterator[Act]:
    """Open an act; where its block raises, neither it nor the entry in the audit log is kept.

    Raises:
        AttemptUnknown: there is no such attempt.
    """
    with visit.room.database.reading() as connection:
        found = find(connection, visit, attempt_id)
    entry: dict[str, Fact] = {"jti": found.jti, "attempt": found.id, **facts}
    with visit.audited(act, entry) as connection:
        attempt = attempts.lock(connection, visit.room.exam, found.id)
        if attempt is None:
            raise AttemptUnknown
        yield Act(visit, connection, attempt, entry)
