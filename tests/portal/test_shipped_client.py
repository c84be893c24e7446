"""The shipping client against a real portal: its own requests and their real answers, from login to entry."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from oneseat.client.computer.device import Device
from oneseat.client.diagnostics import RefusalLog, check_in_codes
from oneseat.client.errors import HelpCallbackInvalid, PicturesInAnswerTime, PortalRefused
from oneseat.client.health.check import BLOCK, Finding
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance
from oneseat.client.local import kept_pictures
from oneseat.client.local.vault import Seat
from oneseat.client.online.help_answer import HelpAnswer
from oneseat.client.online.help_pictures import PictureProgress
from oneseat.client.online.help_requests import MAX_WORDS, REASONS, HelpForm, HelpRequests, HelpState
from oneseat.client.online.portal import Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions.session_windows import Admission, admission
from oneseat.demo.room import Room
from oneseat.portal.http import picture_uploads
from oneseat.portal.rules import help_rules
from oneseat.state.candidates import failures
from oneseat.state.help import requests
from oneseat.web.telephones import normalise_telephone
from signing.charter import ExamRoom
from signing.clock import FixedClock
from signing.refusals import KeyUnknown
from signing.text import Text
from signing.tokens import Licence
from tests.charters import at
from tests.client.simulated import SimulatedComputer
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running
from tests.portal.test_help_pictures import picture
from tests.simulator import Person

FIRST_LOGIN, LAST_LOGIN = at(10, 10, 10), at(10, 11)
ANY = Text("x", "x")
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


@pytest.fixture
def help_requests(portal: Running, exam: PublishedExam, tmp_path: Path) -> HelpRequests:
    computer = Computer(portal, exam, exam.people[0]).activate()
    licence = Licence.verify(computer.licence, computer.charter.keys_for("licence"))
    seat = Seat(licence.jti, computer.licence, bytes(10), computer.device, computer.activation)
    acceptance = Acceptance(computer.charter, seat, licence, CONFIRMED)
    return HelpRequests(
        SimulatedComputer(tmp_path),
        lambda _: computer.portal,
        acceptance,
        portal.clock.now,
        PictureProgress(),
    )


def test_a_help_request_of_the_client_is_taken_shown_and_withdrawn(
    help_requests: HelpRequests, exam: PublishedExam
) -> None:
    assert help_requests.look().answer is None
    for reason in REASONS:
        form = HelpForm(reason, "摄像头黑屏 😀" + "字" * 600, "138 0013 1234")
        asked = help_requests.submit(form, ["OS-103", "camera:block"]).answer
        assert asked is not None and asked.is_open and asked.place == 1
        assert (asked.status.zh, asked.callback) == ("已提交", "138****1234")
        assert asked.calls_from == tuple(exam.charter.support.calls_from)
        assert help_requests.submit(form, []).answer == asked, "asking again gives the open request"
        with exam.database.reading() as connection:
            stored = requests.find(connection, EXAM, asked.number)
        assert stored is not None
        assert (stored.reason, stored.codes) == (reason, "OS-103 camera:block")
        withdrawn = help_requests.withdraw().answer
        assert withdrawn is not None and not withdrawn.is_open


def test_pictures_of_the_client_are_taken_removed_and_refused(
    help_requests: HelpRequests, exam: PublishedExam, portal: Running, tmp_path: Path
) -> None:
    help_requests.submit(HelpForm("device", "x", "13800131234"), [])
    for colour in ("red", "red", "green", "blue"):
        answer = _add_picture(help_requests, tmp_path, picture(colour))
    assert answer.pictures is not None and len(answer.pictures.ids) == 3 and not answer.pictures.may_add
    answer = _answer(help_requests.remove_picture(answer.pictures.ids[0]))
    assert answer.pictures is not None and len(answer.pictures.ids) == 2
    _add_picture(help_requests, tmp_path, picture()[:-300])
    assert [refusal.code for refusal in help_requests.pictures.failed] == ["OS-945"]
    portal.at(exam.charter.formals[0].starts)
    with pytest.raises(PicturesInAnswerTime):
        _add_picture(help_requests, tmp_path, picture("white"))
    answer = _answer(help_requests.look())
    assert answer.pictures is not None and answer.pictures.not_before == exam.charter.formals[0].ends
    portal.at(exam.charter.formals[0].ends)
    answer = _answer(help_requests.withdraw())
    assert answer.pictures is not None and answer.pictures.ids == ()


def test_a_large_picture_of_the_client_arrives_whole(help_requests: HelpRequests, tmp_path: Path) -> None:
    noise, target = Image.effect_noise((1900, 1900), 100), io.BytesIO()
    noise.save(target, "PNG", compress_level=0)
    help_requests.submit(HelpForm("device", "x", "13800131234"), [])
    answer = _add_picture(help_requests, tmp_path, target.getvalue())
    assert answer.pictures is not None and len(answer.pictures.ids) == 1


def test_bounds_of_pictures_are_the_portals() -> None:
    assert kept_pictures.MAX_PICTURES == help_rules.MAX_PICTURES
    assert kept_pictures.MAX_PICTURE_BYTES == picture_uploads.MAX_UPLOAD_BYTES


def _add_picture(help_requests: HelpRequests, folder: Path, content: bytes) -> HelpAnswer:
    path = folder / "picture"
    path.write_bytes(content)
    answer = _answer(help_requests.look())
    help_requests.keep_picture(path, answer.number)
    return _answer(help_requests.look())


def _answer(state: HelpState) -> HelpAnswer:
    assert state.answer is not None
    return state.answer


@pytest.mark.parametrize(
    "callback", ["12", "<script>", "0000000", "", "138 0013 1234", "（010）１２３４-5678", "+8613800131234"]
)
def test_client_and_portal_take_the_same_numbers(callback: str) -> None:
    form = HelpForm("device", "", callback)
    if normalise_telephone(callback) is None:
        with pytest.raises(HelpCallbackInvalid):
            form.content([])
    else:
        assert json.loads(form.content([]))["callback"] == normalise_telephone(callback)


def test_reasons_and_bounds_of_the_client_are_the_portals() -> None:
    assert set(REASONS) == {str(reason) for reason in help_rules.Reason}
    assert MAX_WORDS == help_rules.MAX_WORDS


def test_a_check_in_of_the_client_leaves_its_codes_at_the_desk(portal: Running, exam: PublishedExam) -> None:
    computer = Computer(portal, exam, exam.people[0]).activate()
    log = RefusalLog()
    log.note(PortalRefused.of(200, 403, ANY, ANY), INSIDE)
    codes = check_in_codes(log, [Finding("camera", ANY, BLOCK, ANY)])
    assert computer.activation is not None
    assert computer.portal.check_in(computer.activation, "b1", computer.device, codes).now
    portal.app.state.portal.exams[EXAM].failures.flush()
    with exam.database.reading() as connection:
        found = failures.find_by_seat(connection, EXAM, exam.people[0].admission_number)
    assert {failure.code for failure in found} == {"OS-200", "camera"}
