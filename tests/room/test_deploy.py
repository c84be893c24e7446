"""The room's deployment files: nginx and systemd accept them, and a room behind them keeps its promises."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from oneseat.room.deploy import RoomDeployment, checked_deployment, files, write
from oneseat.room.refusals.identity import PhotoUnusable
from oneseat.room.refusals.start import RoomSettingsInvalid
from signing.clock import FixedClock
from tests.deployments import (
    ONESEAT,
    certificate,
    plain_values,
    running_nginx,
    verify_units,
    whole_configuration,
)
from tests.room.candidate import Candidate, Segment, arriving
from tests.room.held_exam import BEFORE, HeldExam, RoomKeys, RunningRoom, running_room

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(sys.platform != "linux", reason="nginx and systemd are Debian's"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name the deployment takes."""
    return tmp_path_factory.mktemp("deploy")


def deployment(folder: Path, **changes: object) -> RoomDeployment:
    return checked_deployment(**{**plain_values(folder), "environment": str(folder / "room.env"), **changes})


def test_systemd_itself_finds_nothing_to_say(folder: Path) -> None:
    written = write(deployment(folder, writable=[str(folder)]), folder / "units")
    assert verify_units(written, 8767) == (2, 0, [])


@pytest.mark.parametrize(
    "changes",
    [{"papers": "/srv/a b"}, {"token": "room.token"}, {"ports": [8767, 8767]}, {"host_names": ["a;"]}],
    ids=["papers", "token", "ports", "host"],
)
def test_a_value_that_would_be_read_as_more_is_refused(folder: Path, changes: dict[str, object]) -> None:
    with pytest.raises(RoomSettingsInvalid):
        deployment(folder, **changes)


def test_the_command_writes_them_and_says_where(folder: Path) -> None:
    chain, private = certificate(folder)
    command = [ONESEAT, "room", "deploy", "--into", str(folder / "out"), "--host-name", "room.example.cn"]
    command += ["--certificate", str(chain), "--certificate-key", str(private), "--port", "9001"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert names == ["oneseat-room.conf", "oneseat-room@.service", "oneseat-room.target"]
    assert "127.0.0.1:9001" in (folder / "out" / "oneseat-room.conf").read_text()


@dataclass
class Front:
    """A room behind nginx, over https."""

    room: RunningRoom
    folder: Path
    http_port: int


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    made = deployment(folder)
    origin = f"https://localhost:{made.https_port}"
    exam = HeldExam(folder / "exam", room_keys, origin=origin)
    with contextlib.ExitStack() as running:
        room = running.enter_context(running_room(exam, FixedClock(BEFORE)))
        made = made.model_copy(update={"ports": (int(room.url.rpartition(":")[2]),)})
        whole = whole_configuration(folder, write(made, folder / "made"))
        running.enter_context(running_nginx(whole, made.https_port))
        yield Front(room, folder, made.http_port)
    exam.database.close()


@pytest.fixture
def candidate(front: Front) -> Iterator[Candidate]:
    """A candidate who comes through nginx."""
    with arriving(front.room) as arrive:
        made = arrive()
        made.http.close()
        chain = ssl.create_default_context(cafile=front.folder / "chain.pem")
        made.http = httpx.Client(base_url=front.room.exam.origin, verify=chain, timeout=30, trust_env=False)
        yield made
        made.http.close()


def test_behind_nginx_a_candidate_enters_records_and_beats(front: Front, candidate: Candidate) -> None:
    candidate.prepare()
    page = candidate.http.get("/room/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    segments = candidate.record(2, size=600_000)
    assert len(candidate.stored(*segments)["received"]) == 2
    assert list((front.folder / "client_body").iterdir()) == [], "a recording was written down on its way"
    assert candidate.http.get("/metrics").status_code == 404


def test_nginx_passes_on_what_the_room_refuses_and_logs_no_path(front: Front, candidate: Candidate) -> None:
    candidate.prepare()
    segment = Segment("a" * 24, 0, b"x" * 400)
    (put,) = candidate.announce(segment, takes=[candidate.take_body(segment.take)])
    assert candidate.put(put["url"], b"y" * 400).json()["code"] == "OS-503"
    huge = candidate.http.post("/room/api/beat", content=b" " * 100_000)
    assert huge.status_code == 413
    assert candidate.http.get("/room/nowhere").status_code == 404
    plain = httpx.get(f"http://localhost:{front.http_port}/room/", trust_env=False)
    assert (plain.status_code, plain.headers["location"]) == (301, "https://localhost/room/")
    logged = (front.folder / "oneseat-room-access.log").read_text()
    assert " GET 404 " in logged and "POST 200" not in logged
    for name in ("oneseat-room-access.log", "oneseat-room-error.log"):
        text = (front.folder / name).read_text()
        assert segment.take not in text and candidate.attempt["nonce"] not in text


def test_photographs_pass_through_nginx_in_memory(front: Front, candidate: Candidate) -> None:
    candidate.prepare()
    headers = {"origin": front.room.exam.origin}
    photo = {"picture": "A" * 400_000, "tries": 1, "finding": "good"}
    body = {"epoch": candidate.epoch, "face": photo, "card": photo}
    answer = candidate.http.post("/room/api/identity", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, PhotoUnusable().code), "the room has read it"
    assert list((front.folder / "client_body").iterdir()) == [], "a photograph was written down on its way"
    huge = candidate.http.post("/room/api/identity", json={**body, "name": "A" * 50_000}, headers=headers)
    assert huge.status_code == 413


def test_connections_outlive_the_time_between_two_calls() -> None:
    from oneseat.room.services.page.attempt_view import EVERY_S

    text = files(
        checked_deployment(host_names=["localhost"], certificate="/a", certificate_key="/b", program="/c")
    )["oneseat-room.conf"]
    assert "keepalive_timeout 75s;" in text and EVERY_S < 75
