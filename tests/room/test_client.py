"""The installed client and a real room: its looks over the network, the grant, and the way back by it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.client.computer.device import Device
from oneseat.client.errors import PortalRefused
from oneseat.client.guard.sight import SeenProgram
from oneseat.client.health.probes import Browser
from oneseat.client.local.kept_uploads import KeptUploads
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.local.vault import Vault
from oneseat.client.online.room import GRANT_ENDED, LookRequest, RoomOnline
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions import room_state as state
from oneseat.client.sessions.room_follower import RoomFollower
from oneseat.state.room import guard_events
from signing.charter import Charter
from signing.clock import FixedClock
from tests.client.simulated import RecordedOpener, RecordedSight, SimulatedComputer
from tests.room.candidate import Arrive, Candidate, arriving
from tests.room.held_exam import BEFORE, ENDS, EXAM, TAIL, HeldExam, RoomKeys, RunningRoom, running_room

CHROME = Browser("Chrome", "chrome", (120, 0, 0, 0))


@dataclass
class Surroundings:
    """What the follower uses of a run, with a client's real network."""

    computer: SimulatedComputer
    time: ServerTime
    opener: RecordedOpener = field(default_factory=RecordedOpener)
    seen: RecordedSight = field(default_factory=RecordedSight)

    @property
    def opener_for(self) -> Callable[[], RecordedOpener]:
        return lambda: self.opener

    def room(self, charter: Charter) -> RoomOnline:
        assert charter.exam_room is not None
        return RoomOnline(charter.exam_room.api)

    def browser(self) -> Browser:
        return CHROME

    def sight(self) -> RecordedSight:
        return self.seen


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room that listens at the very address that the charter names: the client asks no other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    exam = HeldExam(tmp_path_factory.mktemp("own"), room_keys, origin=f"http://127.0.0.1:{port}")
    with running_room(exam, FixedClock(BEFORE), port) as room:
        yield room
    exam.database.close()


@pytest.fixture
def arrive(listening: RunningRoom) -> Iterator[Arrive]:
    listening.at(BEFORE)
    with arriving(listening) as arrive:
        yield arrive


class Client:
    """A client of one candidate; the candidate's browser is an HTTP client."""

    def __init__(self, candidate: Candidate, folder: Path) -> None:
        self.candidate, self.room = candidate, candidate.room
        self.device = Device.new({"machine": b"1"})
        candidate.key = self.device.key
        candidate.ticket = candidate.new_ticket()
        computer = SimulatedComputer(folder)
        Vault(computer, EXAM).store_device(candidate.jti, self.device)
        self.run = Surroundings(computer, ServerTime(self.room.clock, self.counter))
        self.seconds = 0.0
        self.follower = RoomFollower(self.run, lambda: self.room.exam.charter, self.counter)
        self.kept = KeptUploads(computer, EXAM, candidate.jti)
        self.profile = RoomProfile(computer, candidate.jti)

    def counter(self) -> float:
        return self.seconds

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.room.later(timedelta(seconds=seconds))

    def look(self) -> str:
        self.later(5)
        self.follower.look()
        view = self.follower.view(self.candidate.jti, self.candidate.kind)
        assert view is not None and not view.fault, view
        return view.stage


@pytest.fixture
def client(arrive: Arrive, tmp_path: Path) -> Client:
    return Client(arrive(), tmp_path)


def test_a_client_follows_its_attempt_to_the_end_and_finishes_the_upload(client: Client) -> None:
    candidate = client.candidate
    client.follower.open("formal", candidate.jti, client.device, candidate.ticket, "http://127.0.0.1/once")
    assert client.look() == state.WAITING and client.kept.read() == ()
    candidate.prepare()
    assert client.look() == state.INSIDE
    [kept] = client.kept.read()
    [first, last] = candidate.record(2)
    candidate.stored(first)
    client.room.at(ENDS + TAIL + timedelta(seconds=1))
    assert client.look() == state.UPLOADING, "handed in by the clock, after the ticket's end"
    client.later(20)
    assert [client.look() for _ in range(2)] == [state.UPLOADING] * 2
    command = client.run.opener.browsers[-1]
    assert "--headless=new" in command and f"--user-data-dir={client.profile.folder}" in command
    posted = re.findall(r'name="(\w+)" value="([^"]*)"', httpx.get(command[-1].removeprefix("--app=")).text)
    candidate.http.cookies.clear()
    entered = candidate.http.post("/enter-upload", data=dict(posted))
    assert entered.status_code == 303 and entered.headers["location"] == "/room/upload"
    assert dict(posted)["grant"] == kept.grant
    candidate.join()
    candidate.stored(first, last, takes=[candidate.take_body(first.take, 2)])
    assert client.look() == state.COMPLETE
    assert client.kept.read() == () and not client.profile.exists()


def test_the_guard_reports_from_the_consent_to_the_hand_in(client: Client) -> None:
    candidate, guard = client.candidate, client.follower.guard
    client.follower.open("formal", candidate.jti, client.device, candidate.ticket, "http://127.0.0.1/once")
    candidate.enter().join()
    client.look()
    guard.look()
    assert not guard.is_on and client.run.seen.profiles == [], "nothing starts before the consent"
    candidate.prepare()
    client.look()
    assert guard.is_on
    client.run.seen.change(programs=(SeenProgram("TestAV.exe"),), screens=2)
    guard.look()
    for _ in range(2):
        client.look()
    warnings = candidate.beat()["guard"]["warnings"]
    assert [(each["code"], each["name"]) for each in warnings] == [("software", "测试杀毒"), ("screens", "")]
    with client.room.exam.database.reading() as connection:
        kept = guard_events.list_of(connection, EXAM, candidate.attempt["nonce"])
    assert [event.code for event in kept] == ["guard-started", "software", "foreground"]
    client.room.at(ENDS + TAIL + timedelta(seconds=1))
    candidate.beat()
    client.look()
    assert not guard.is_on


def test_a_signature_is_taken_once_and_another_devices_never(client: Client) -> None:
    room = RoomOnline(client.room.exam.origin)
    request = LookRequest("ticket", client.candidate.ticket, 1, client.candidate.seconds)
    room.look(request, client.device)
    for device, code in ((client.device, "OS-2006"), (Device.new({"machine": b"2"}), "OS-2023")):
        with pytest.raises(PortalRefused) as refused:
            room.look(request, device)
        assert refused.value.code == code


def test_a_grant_that_the_room_does_not_know_is_refused_as_such(client: Client) -> None:
    request = LookRequest("grant", "unknown", 1, client.candidate.seconds)
    with pytest.raises(PortalRefused) as refused:
        RoomOnline(client.room.exam.origin).look(request, client.device)
    assert refused.value.portal_number in GRANT_ENDED
