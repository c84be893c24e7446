"""The shipping client against a real portal: its own requests and their real answers, from login to entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oneseat.client.computer.device import Device
from oneseat.client.errors import PortalRefused
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance
from oneseat.client.local.vault import Seat
from oneseat.client.online.portal import Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions.session_windows import Admission, admission
from oneseat.demo.room import Room
from signing.charter import ExamRoom
from signing.clock import FixedClock
from signing.refusals import KeyUnknown
from signing.tokens import Licence
from tests.charters import at
from tests.portal.published_exam import INSIDE, SECOND, PublishedExam, Running
from tests.simulator import Person

FIRST_LOGIN, LAST_LOGIN = at(10, 10, 10), at(10, 11)
ROOM = ExamRoom("https://room.example/enter", "")


class Computer:
    """One candidate's computer, with all of the client but its window and its files."""

    def __init__(self, portal: Running, exam: PublishedExam, person: Person) -> None:
        self.charter = replace(exam.charter, portal_url=portal.url, exam_room=ROOM)
        self.portal = Portal(self.charter)
        self.licence, self.person = exam.licence(person), person
        self.device = Device.new({"machine-guid": b"one"})
        self.time = ServerTime(FixedClock(at(1, 0)))
        self.activation: str | None = None

    def activate(self) -> Computer:
        identity = Identity(self.person.id_number, self.person.admission_number)
        self.activation = self.portal.activate(self.licence, identity, self.device).activation
        return self

    def enter(self, kind: str) -> Admission:
        self.time.synchronise(self.portal.signed_time)
        licence = Licence.verify(self.licence, self.charter.keys_for("licence"))
        seat = Seat(licence.jti, self.licence, bytes(10), self.device, self.activation)
        enrolment = CONFIRMED if self.activation else PROVISIONAL
        return admission(self.portal, Acceptance(self.charter, seat, licence, enrolment), kind, self.time)


def refusal(computer: Computer, kind: str) -> PortalRefused:
    with pytest.raises(PortalRefused) as refused:
        computer.enter(kind)
    return refused.value


def test_the_mock_opens_and_the_room_lets_in_once(portal: Running, exam: PublishedExam) -> None:
    computer = Computer(portal, exam, exam.people[0]).activate()
    way = computer.enter("mock")
    assert way.ends == exam.charter.mocks[0].closes
    ticket = Room(computer.charter, FixedClock(INSIDE)).check(way.credential.fields())
    assert (ticket.kind, ticket.jti) == ("mock", exam.jti(exam.people[0]))
    again = computer.enter("mock")
    assert again.credential.ticket == way.credential.ticket
    with pytest.raises(KeyUnknown):
        Room(replace(computer.charter, keys=()), FixedClock(INSIDE)).check(way.credential.fields())


def test_a_formal_entry_is_refused_by_the_rule_that_holds(portal: Running, exam: PublishedExam) -> None:
    computer = Computer(portal, exam, exam.people[0]).activate()
    early = refusal(computer, "formal")
    assert early.code == "OS-200" and "10:10" in early.cause_text.zh + early.remedy_text.zh
    portal.at(FIRST_LOGIN)
    assert refusal(computer, "formal").code == "OS-204", "no mock was reported"
    portal.at(LAST_LOGIN)
    assert refusal(computer, "formal").code == "OS-202"
    portal.at(FIRST_LOGIN - SECOND)
    assert refusal(computer, "mock").code == "OS-201"


def test_a_device_that_is_not_the_seats_is_refused(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    assert refusal(Computer(portal, exam, person), "mock").code == "OS-183"
    Computer(portal, exam, person).activate()
    with pytest.raises(PortalRefused) as refused:
        Computer(portal, exam, person).activate()
    assert refused.value.code == "OS-103"


def test_a_withdrawn_seat_is_refused_entry(portal: Running, exam: PublishedExam) -> None:
    computer = Computer(portal, exam, exam.people[0]).activate()
    exam.revoke(exam.people[0])
    assert refusal(computer, "mock").code == "OS-179"
