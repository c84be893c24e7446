"""The installed client as its candidate meets it, by keyboard alone: log in, be checked, go to both doors."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oneseat.client.online.portal import Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.demo import room
from oneseat.demo.run import Demonstration
from oneseat.pipeline.roster import Candidate
from oneseat.state.candidates import activations, attendance
from signing.clock import SystemClock
from tests.e2e.conftest import ROOT, DemoRuns
from tests.e2e.wine import ARTEFACTS, TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

CHECKED_IN = '"/api/v1/exams/{exam}/check-ins", "status": 200'
TICKET_GIVEN = '"/api/v1/exams/{exam}/tickets", "status": 200'
TICKET_REFUSED = '"/api/v1/exams/{exam}/tickets", "status": 403'


@pytest.fixture
def demonstration(demo_runs: DemoRuns) -> Demonstration:
    return Demonstration(
        demo_runs.exam_file, demo_runs.workspace, SystemClock(), lambda _: None, lambda _: None
    )


@pytest.fixture
def owners(demonstration: Demonstration, tmp_path: Path) -> Iterator[TestedComputer]:
    """The owner's computer, on which the demonstration has installed the client, with a browser."""
    computer = TestedComputer.open(demonstration.folder / "computers" / "owner")
    browser, script = tmp_path / "browser", ROOT / "tests" / "e2e" / "browser.py"
    browser.write_text(f'#!/bin/sh\nexec {sys.executable} {script} {tmp_path / "room.html"} "$@"\n')
    browser.chmod(0o700)
    key = r"HKCU\Software\Wine\WineBrowser"
    computer.run(computer.system("reg.exe"), "add", key, "/v", "Browsers", "/d", str(browser), "/f")
    yield computer
    computer.end()


@contextlib.contextmanager
def exam_room(demonstration: Demonstration) -> Iterator[None]:
    """The demonstration's exam room, at the address that the charter names."""
    exam = demonstration.project.exam
    token = httpx.get(f"{exam.portal_url}/api/v1/exams/{exam.id}/charter", trust_env=False).text
    path = demonstration.folder / "room-charter.jws"
    path.write_text(token, "ascii")
    charter = room.read_charter(path)
    time = ServerTime(SystemClock())
    time.learn(Portal(charter).signed_time)
    assert charter.exam_room is not None
    port = httpx.URL(charter.exam_room.url).port
    assert port is not None
    with room.serve(room.Room(charter, time), port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def refusals(portal_url: str) -> dict[str, int]:
    """How often the portal has refused, by code."""
    text = httpx.get(f"{portal_url}/metrics", trust_env=False).text
    return {code: int(float(count)) for code, count in re.findall(r'code="(OS-\d+)"\} ([\d.]+)', text)}


def test_by_keyboard_through_the_check_and_the_mock_door_and_not_through_the_formal_one(
    demonstration: Demonstration, owners: TestedComputer, tmp_path: Path
) -> None:
    owner, _ = demonstration._people()
    exam, log, shown = demonstration.project.exam, demonstration.portal_log, tmp_path / "room.html"
    with demonstration.portal() as url, exam_room(demonstration), owners.screen() as screen:

        def shot(name: str) -> None:
            screen.settle(1)
            screen.shot(ARTEFACTS / f"client-{name}.png")

        owners.start(owners.program(exam.id))
        screen.wait_for_window(".")
        screen.settle(4)
        shot("1-login")
        screen.type(owner.id_number)
        screen.press("Tab")
        screen.type(owner.admission_number)
        screen.press("Return")
        screen.wait_for_text(log, CHECKED_IN)
        screen.settle(15)  # the check takes up to ten seconds, and line and microphone follow one another
        shot("2-health")
        screen.press("Tab", "Return")
        shot("3-schedule")
        screen.press("Tab", "Tab", "Tab", "Tab", "Return")
        shot("4-mock")
        screen.press("Tab", "Return")
        screen.wait_for_text(log, TICKET_GIVEN)
        screen.wait_for_text(shown, "</html>")
        shot("5-mock-entered")
        screen.press("Tab", "Tab", "Tab", "Tab", "Return")
        shot("6-formal")
        screen.press("Tab", "Return")
        screen.wait_for_text(log, TICKET_REFUSED)
        shot("7-formal-refused")
        screen.press("F1")
        shot("8-help")
        refused = refusals(url)
    assert_in_the_room(shown.read_text("utf-8"), owner, demonstration)
    assert refused == {"OS-200": 1}, "the formal interview has not opened yet"


def assert_in_the_room(page: str, owner: Candidate, demonstration: Demonstration) -> None:
    """The room believes the ticket, and it is this seat's and this computer's."""
    status, _, text = page.partition("\n")
    assert (status, "演示考场：凭证有效" in text, "模拟面试 mock" in text) == ("200", True, True)
    assert owner.id_number not in text
    assert owner.admission_number not in text
    project = demonstration.project
    with project.database.reading() as connection:
        (place,) = attendance.find_by_seat(connection, project.exam.id, owner.admission_number)
        held = activations.find(connection, place.jti)
    assert held is not None
    assert place.kind == "mock"
    assert place.jti in text
