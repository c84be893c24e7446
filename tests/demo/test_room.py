"""The demonstration's exam room checks what a real one must, on what a real client hands over."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.sessions.handover import RoomCredential, hand_over
from oneseat.demo import room as demo_room
from oneseat.demo.errors import CardRefused, CharterUnreadable
from oneseat.demo.room import SIGNATURE_LIFETIME_S, Room, read_charter
from signing.charter import ExamRoom
from signing.clock import FixedClock
from signing.errors import OneSeatError
from signing.refusals import KeyUnknown, SignatureInvalid
from tests.client.simulated import NOW, OWNER, Authority, Installation, Portal


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    authority = Authority()
    with Portal(authority):
        installation = Installation.at(tmp_path / "desk", authority)
        run = Enrolment(
            installation.program, installation.computer, installation.clock, installation.log.append
        )
        run.run(installation.installer(authority.licence_token(OWNER)), OWNER)
        yield installation


def room_and_credential(installation: Installation) -> tuple[Room, RoomCredential]:
    session = installation.actions()
    admission = session.enter(session.accept(OWNER), "mock")
    return Room(installation.authority.charter(), FixedClock(NOW)), admission.credential


def test_a_room_takes_a_credential_once(installation: Installation) -> None:
    room, credential = room_and_credential(installation)
    ticket = room.check(credential.fields())
    assert (ticket.kind, ticket.jti) == ("mock", installation.authority.jti(OWNER))
    with pytest.raises(CardRefused, match="spent"):
        room.check(credential.fields())


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"proof": "AAAA"}, SignatureInvalid),
        ({"proof": ""}, SignatureInvalid),
        ({"at": "1"}, CardRefused),
        ({"at": "٣"}, CardRefused),
        ({"at": ""}, CardRefused),
        ({"ticket": ""}, OneSeatError),
    ],
)
def test_a_changed_card_lets_nobody_in(
    installation: Installation, change: dict[str, str], refusal: type[OneSeatError]
) -> None:
    room, credential = room_and_credential(installation)
    with pytest.raises(refusal):
        room.check({**credential.fields(), **change})


def test_a_credential_for_another_room_later_or_of_another_exam_lets_nobody_in(
    installation: Installation,
) -> None:
    room, credential = room_and_credential(installation)
    elsewhere = replace(room.charter, exam_room=ExamRoom("https://other.example/enter", ""))
    with pytest.raises(SignatureInvalid):
        Room(elsewhere, room.clock).check(credential.fields())
    late = Room(room.charter, FixedClock(NOW + timedelta(seconds=SIGNATURE_LIFETIME_S + 5)))
    with pytest.raises(CardRefused, match="stale"):
        late.check(credential.fields())
    with pytest.raises(CardRefused, match="ended"):
        Room(room.charter, FixedClock(NOW + timedelta(days=1))).check(credential.fields())
    with pytest.raises(CardRefused, match="another exam"):
        Room(replace(room.charter, exam="other"), room.clock).check(credential.fields())
    with pytest.raises(KeyUnknown):
        Room(replace(room.charter, keys=()), room.clock).check(credential.fields())


def test_from_the_clients_page_into_the_room_over_http(installation: Installation) -> None:
    """As a browser does: fetch the one-time page, post its form to its action."""
    charter = installation.authority.charter()
    room = Room(charter, FixedClock(NOW))
    server = demo_room.serve(room, 0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/enter"
        room.charter = replace(charter, exam_room=ExamRoom(url, ""))
        token = installation.authority.charter_token(exam_room=ExamRoom(url, ""))
        (installation.program.folder / "charter.jws").write_text(token)
        session = installation.actions()
        admission = session.enter(session.accept(OWNER), "mock")
        hand_over(admission.sign, admission.room, installation.opener, lambda text: text.zh)
        form = urllib.request.urlopen(installation.opener.browsed[0], timeout=5).read().decode()
        action = re.search('action="([^"]+)"', form)
        assert action is not None and action[1] == url
        fields = dict(re.findall('name="([^"]+)" value="([^"]*)"', form))
        answers = [post(url, fields) for _ in range(2)]
    finally:
        server.shutdown()
        server.server_close()
    assert (
        answers[0][0] == 200
        and installation.authority.jti(OWNER) in answers[0][1]
        and "模拟面试" in answers[0][1]
    )
    assert answers[1][0] == 403 and "OS-123" in answers[1][1]


def post(url: str, fields: dict[str, str]) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode(), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_the_room_starts_from_a_charters_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "charter.jws"
    path.write_text(Authority().charter_token())
    assert read_charter(path) == Authority().charter()
    path.write_text("not a charter")
    with pytest.raises(CharterUnreadable):
        read_charter(path)
    assert demo_room.main([str(path)]) == CharterUnreadable.number
