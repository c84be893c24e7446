"""Tickets as a state machine: whatever happens in whatever order, a plain model says the same.

The portal is asked by several threads at once through two instances that share nothing but
the database, as two processes would; the model is a few dictionaries and no code of ours.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.ticket_rules import Kind
from oneseat.portal.services.activation import ActivationRequest, activate
from oneseat.portal.services.room_reports import RoomReport, report_end, report_start
from oneseat.portal.services.tickets import IssuedTicket, TicketRequest, issue_ticket
from signing.charter import FormalSession, Window
from signing.errors import OneSeatError
from signing.jws import b64url_encode
from signing.tokens import Ticket
from tests.charters import at
from tests.effort import examples
from tests.portal.published_exam import Keys, PublishedExam
from tests.signing.signed_files import Base
from tests.simulator import Device

SECOND = timedelta(seconds=1)
# A mock a day, two mocks on one day, one past midnight, and two formal interviews.
MOCKS = (
    (at(4, 10), at(5, 0)),
    (at(6, 9), at(6, 12)),
    (at(6, 13), at(6, 15)),
    (at(7, 22), at(8, 2)),
)
FORMALS = ((at(10, 10, 10), at(10, 11), at(10, 11, 10)), (at(11, 9), at(11, 9, 30), at(11, 10)))
EDGES = sorted(
    {
        edge + off
        for times in (*MOCKS, *FORMALS)
        for edge in times
        for off in (-SECOND, timedelta(0), timedelta(minutes=3))
    }
    | {at(8, 0) - SECOND, at(8, 0)}
)


@dataclass
class Stay:
    """A place in a session, as the model has it."""

    session: int
    ends: datetime
    ticket: str = ""
    owner: tuple[int, int] = (0, 0)
    started: bool = False
    ended: bool = False


class Model:
    """What must be so, in plain words."""

    def __init__(self, *, gate: bool) -> None:
        self.gate = gate
        self.mocks: dict[date, Stay] = {}
        self.formals: dict[int, Stay] = {}

    def expects(self, kind: Kind, now: datetime) -> Stay | int:
        """Where the candidate is let in, or the number of the refusal."""
        return self._mock(now) if kind is Kind.MOCK else self._formal(now)

    def _mock(self, now: datetime) -> Stay | int:
        for session, (opens, closes) in enumerate(MOCKS):
            if opens <= now < closes:
                for stay in self.mocks.values():
                    if stay.session == session and not stay.ended:
                        return stay
                if now.date() in self.mocks:
                    return 203
                return self.mocks.setdefault(now.date(), Stay(session, closes))
        return 200 if now < MOCKS[-1][0] else 201

    def _formal(self, now: datetime) -> Stay | int:
        for session, (opens, last, ends) in enumerate(FORMALS):
            if opens <= now < ends:
                if session in self.formals:
                    return 205 if self.formals[session].ended else self.formals[session]
                if now >= last:
                    return 202
                if self.gate and not self.rehearsed:
                    return 204
                return self.formals.setdefault(session, Stay(session, ends))
        return 200 if now < FORMALS[-1][0] else 201

    @property
    def rehearsed(self) -> bool:
        return any(stay.started for stay in self.mocks.values())

    @property
    def stays(self) -> dict[str, tuple[bool, bool]]:
        mocks = {f"mock/{day}": (stay.started, stay.ended) for day, stay in self.mocks.items()}
        return mocks | {f"formal/{n}": (stay.started, stay.ended) for n, stay in self.formals.items()}


class Tickets(RuleBasedStateMachine):
    """One candidate, two portals, an exam room, and support."""

    given = Bundle("given")

    def __init__(self, published: Path, keys: Keys, base: Base) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(published, self.folder / "exam")
        self.exam = PublishedExam(self.folder / "exam", keys, base)
        self.portals = [ServedExam(self.exam.exam_settings(), rehearsing=False) for _ in range(2)]
        self.person = self.exam.people[0]
        self.pool = ThreadPoolExecutor(4)
        self.now = at(4, 9)
        self.generation = 1
        self.devices: list[tuple[int, Device, str]] = []

    def teardown(self) -> None:
        self.pool.shutdown()
        for portal in self.portals:
            portal.close()
        self.exam.database.close()
        shutil.rmtree(self.folder)

    @initialize(gate=st.booleans())
    def publish(self, gate: bool) -> None:
        self.model = Model(gate=gate)
        self.exam.publish_charter(
            version=2,
            mocks=tuple(Window(*times) for times in MOCKS),
            formals=tuple(FormalSession(opens, last, last, ends) for opens, last, ends in FORMALS),
            mock_required="gate" if gate else "warn",
        )
        self._activate()

    def _activate(self) -> None:
        device, portal = Device(), self.portals[0]
        licence = self.exam.licence(self.person, self.generation)
        body = device.activation(portal.signed_values.nonce(self.now), licence, self.person)
        done = activate(portal, ActivationRequest(**body), self.now)
        self.devices.append((self.generation, device, done.activation))

    @rule(steps=st.integers(1, 6))
    def time_passes(self, steps: int) -> None:
        self.now = ([edge for edge in EDGES if edge > self.now] or [self.now])[:steps][-1]

    @rule(
        target=given,
        ahead=st.sampled_from([0, 0, 1, 4]),
        late=st.sampled_from([0, 0, 1]),
        reports=st.integers(0, 3),
    )
    def a_session_is_attended(self, ahead: int, late: int, reports: int) -> object:
        """On to this or a later session, in time or on the stroke of the last login; the room reports."""
        sessions = list(enumerate((*MOCKS, *FORMALS)))
        session, times = ([one for one in sessions if self.now < one[1][-1]][ahead:] or sessions[-1:])[0]
        self.now = max(self.now, times[min(late, len(times) - 2)])
        place = self._ask(Kind.MOCK if session < len(MOCKS) else Kind.FORMAL, 2)
        if place is None:
            return multiple()
        if reports & 1:
            self._report_start(*place, 1)
        if reports & 2:
            self._report_end(*place, 1)
            assert self._ask(Kind.MOCK if session < len(MOCKS) else Kind.FORMAL, 1) is None
        return place

    @rule(target=given, kind=st.sampled_from(Kind), crowd=st.integers(1, 4))
    def ask(self, kind: Kind, crowd: int) -> object:
        """The seat's computer asks, several times at once."""
        return self._ask(kind, crowd) or multiple()

    def _ask(self, kind: Kind, crowd: int) -> tuple[str, Stay] | None:
        expected = self.model.expects(kind, self.now)
        answers = self._rush(kind, crowd, self.devices[-1])
        if isinstance(expected, int):
            assert answers == {expected}
            return None
        (answer,) = answers
        assert isinstance(answer, IssuedTicket)
        assert answer.session_ends == expected.ends
        assert answer.unrehearsed == (kind is Kind.FORMAL and not self.model.rehearsed)
        said = Ticket.verify(answer.ticket, self.exam.charter.keys_for("ticket"))
        generation, device, _ = self.devices[-1]
        assert (said.kind, said.session, said.exp) == (
            kind,
            str(expected.session),
            int(expected.ends.timestamp()),
        )
        assert (said.jti, said.device) == (
            self.exam.jti(self.person, generation),
            b64url_encode(device.public_key),
        )
        owner = (generation, len(self.devices))
        if expected.owner == owner:
            assert answer.ticket == expected.ticket, "a place has one ticket"
        expected.ticket, expected.owner = answer.ticket, owner
        return (answer.ticket, expected)

    @precondition(lambda self: len(self.devices) > 1)
    @rule(kind=st.sampled_from(Kind), which=st.integers(0, 99))
    def a_former_computer_asks(self, kind: Kind, which: int) -> None:
        former = self.devices[which % (len(self.devices) - 1)]
        (refused,) = self._rush(kind, 2, former)
        # Moved away, or its licence replaced: never a ticket.
        assert refused == (109 if former[0] == self.generation else 182)

    @rule(place=given, crowd=st.integers(1, 3))
    def the_room_reports_a_start(self, place: tuple[str, Stay], crowd: int) -> None:
        self._report_start(*place, crowd)

    @rule(place=given, crowd=st.integers(1, 3))
    def the_room_reports_an_end(self, place: tuple[str, Stay], crowd: int) -> None:
        self._report_end(*place, crowd)

    def _report_start(self, ticket: str, stay: Stay, crowd: int) -> None:
        in_time = self.now < stay.ends
        assert self._reported(report_start, ticket, crowd) == {0 if in_time else 222}
        stay.started = stay.started or in_time

    def _report_end(self, ticket: str, stay: Stay, crowd: int) -> None:
        assert self._reported(report_end, ticket, crowd) == {0}
        stay.started = stay.ended = True

    @rule()
    def support_moves_the_seat(self) -> None:
        self.exam.move(self.person, self.now, self.generation)
        (refused,) = self._rush(Kind.MOCK, 1, self.devices[-1])
        assert refused == 109
        self._activate()

    @precondition(lambda self: self.generation < 3)
    @rule()
    def the_licence_is_issued_again(self) -> None:
        self.generation += 1
        self.exam.publish(self.exam.issue(self.person, generation=self.generation))
        self._activate()

    @invariant()
    def the_state_says_what_the_model_says(self) -> None:
        if self.devices:
            places = self.exam.places(self.person)
            held = {
                place.slot: (place.started_at is not None, place.ended_at is not None) for place in places
            }
            assert held == self.model.stays
            assert len(held) == len(places)

    def _rush(self, kind: Kind, crowd: int, asking: tuple[int, Device, str]) -> set[IssuedTicket | int]:
        _, device, activation = asking
        gate = threading.Barrier(crowd)

        def one(number: int) -> IssuedTicket | int:
            portal = self.portals[number % 2]
            nonce = portal.signed_values.nonce(self.now)
            signature = device.ticket(nonce, activation, kind)["signature"]
            gate.wait()
            try:
                return issue_ticket(portal, TicketRequest(activation, kind, nonce, signature), self.now)
            except OneSeatError as refusal:
                return refusal.number

        return set(self.pool.map(one, range(crowd)))

    def _reported(self, say: object, ticket: str, crowd: int) -> set[int]:
        def one(number: int) -> int:
            try:
                say(self.portals[number % 2], RoomReport(ticket, None), self.now)  # type: ignore[operator]
            except OneSeatError as refusal:
                return refusal.number
            return 0

        return set(self.pool.map(one, range(crowd)))


def test_tickets_agree_with_a_plain_model_whatever_happens(published: Path, keys: Keys, base: Base) -> None:
    class Here(Tickets):
        def __init__(self) -> None:
            super().__init__(published, keys, base)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples(40),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
