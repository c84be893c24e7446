"""A candidate who reloads, re-enters and calls in any order has exactly the time that the session gives."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine

from oneseat.room.rules import steps
from oneseat.room.rules.steps import Step
from oneseat.state.database import Database
from oneseat.state.room import attempts
from oneseat.state.room.attempts import Attempt, NewAttempt
from oneseat.state.tables.base import Base

AT = datetime(2035, 1, 4, 3, tzinfo=UTC)
WAIT, ANSWER, UPLOADS = timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=72)
LAST_START = AT + timedelta(hours=1)
FORMAL_STARTS = AT + timedelta(minutes=20)
GATES_S = 600
ID = "a" * 32


class Candidate(RuleBasedStateMachine):
    """Rows and rules together, as the room uses them, beside a model of two numbers: begin and end."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(create_engine("sqlite://"))
        Base.metadata.create_all(self.database.engine)
        self.now, self.known_epoch, self.windows = AT, 0, itertools.count(1)
        self.begun: datetime | None = None

    @initialize(kind=st.sampled_from(["mock", "formal"]))
    def enter_first(self, kind: str) -> None:
        formal = kind == "formal"
        starts, ends = FORMAL_STARTS, FORMAL_STARTS + ANSWER
        new = NewAttempt(
            ID,
            "demo",
            "c" * 32,
            kind,
            0,
            0,
            b"k" * 32,
            "ticket",
            AT,
            starts if formal else None,
            ends if formal else None,
            ends + UPLOADS if formal else None,
        )
        self.begun = starts - WAIT if formal else None
        self.last_start = None if formal else LAST_START
        with self.database.writing() as connection:
            assert attempts.create(connection, new)

    @property
    def attempt(self) -> Attempt:
        with self.database.reading() as connection:
            found = attempts.find(connection, "demo", ID)
        assert found is not None
        return found

    def step(self) -> Step:
        return steps.step_of(self.attempt, self.now, gates_until_s=GATES_S, last_start=self.last_start)

    @rule(seconds=st.sampled_from([0, 1, 59, 60, 119, 120, 599, 600, 1200, 3600]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def enter_again(self) -> None:
        number = next(self.windows)
        with self.database.writing() as connection:
            attempts.replace_ticket(connection, ID, f"ticket {number}", b"k" * 32)
            attempts.replace_cookie(connection, ID, number.to_bytes(32, "big"), "attempt")

    @rule()
    def reload(self) -> None:
        with self.database.writing() as connection:
            epoch = attempts.raise_epoch(connection, ID, self.known_epoch)
        assert epoch == self.known_epoch + 1
        self.known_epoch = epoch

    @rule(what=st.sampled_from(["consent", "devices", "room"]))
    def report(self, what: str) -> None:
        with self.database.writing() as connection:
            if what == "consent":
                attempts.record_consent(connection, ID, "1", self.now, face=True)
            elif what == "devices":
                attempts.record_devices(connection, ID, self.now)
            else:
                attempts.record_room(connection, ID, self.now)

    @rule()
    def begin(self) -> None:
        if not steps.may_begin(self.attempt, self.now, self.last_start):
            return
        starts = self.now + WAIT
        with self.database.writing() as connection:
            first = attempts.begin(
                connection,
                ID,
                self.now,
                starts_at=starts,
                ends_at=starts + ANSWER,
                upload_until=starts + ANSWER + UPLOADS,
            )
        assert first == (self.begun is None)
        self.begun = self.begun or self.now

    @rule(by=st.sampled_from(["candidate", "clock"]))
    def hand_in(self, by: str) -> None:
        if steps.may_hand_in(self.attempt, self.now):
            with self.database.writing() as connection:
                attempts.hand_in(connection, ID, self.now, by, "receipt")

    @invariant()
    def has_exactly_its_time(self) -> None:
        attempt, step = self.attempt, self.step()
        if self.begun is None:
            assert attempt.starts_at is None and step in {
                *(Step.CONSENT, Step.DEVICES, Step.ROOM, Step.BEGIN, Step.REFUSED),
            }
            return
        starts, ends = self.begun + WAIT, self.begun + WAIT + ANSWER
        assert (attempt.starts_at, attempt.ends_at) == (starts, ends)
        consented = attempt.consent_at is not None and attempt.handed_in_at is None
        assert (step is Step.QUESTIONS) == (consented and starts <= self.now < ends)
        assert steps.may_see_paper(attempt, self.now) == (consented and self.now >= starts)

    def teardown(self) -> None:
        self.database.close()


Candidate.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestCandidate = Candidate.TestCase
