"""The installed client, driven by keyboard: login, health check, mock and formal session."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oneseat.client.errors import LaunchFileMissing
from oneseat.client.online.portal import Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.client.run import LAUNCHER
from oneseat.demo import room
from oneseat.demo.run import Demonstration
from oneseat.pipeline.roster import Candidate
from oneseat.state.candidates import activations, attendance
from signing.clock import SystemClock
from tests.demo_exam import PHONES
from tests.e2e.conftest import ROOT, DemoRuns
from tests.e2e.wine import ARTEFACTS, TestedComputer
from tests.patience import wait_until

pytestmark = [pytest.mark.wine, pytest.mark.slow]

CHECKED_IN = '"/api/v1/exams/{exam}/check-ins", "status": 200'
TICKET_GIVEN = '"/api/v1/exams/{exam}/tickets", "status": 200'
TICKET_REFUSED = '"/api/v1/exams/{exam}/tickets", "status": 403'


@pytest.fixture(scope="module")
def exam_file(demo_runs: DemoRuns) -> Path:
    """The demonstration's exam with a third party's room, by a newer charter that is in force."""
    own = demo_runs.exam_file
    file = own.with_name("third-party.toml")
    text = own.read_text("utf-8")
    for removed in ('kind = "oneseat"\n', PHONES):  # the phone app is of use in a room of ours alone
        assert removed in text
        text = text.replace(removed, "")
    file.write_text(text, "utf-8")
    passphrase = demo_runs.workspace / "demo" / "passphrase"
    options = ["--exam", file, "--workspace", demo_runs.workspace, "--passphrase-file", passphrase]
    for act in ("sign", "publish"):
        command = [sys.executable, ROOT / "build.py", "charter", act, *options]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return file


@pytest.fixture
def demonstration(demo_runs: DemoRuns, exam_file: Path) -> Demonstration:
    return Demonstration(exam_file, demo_runs.workspace, SystemClock(), lambda _: None, lambda _: None)


@pytest.fixture
def owners(demonstration: Demonstration, tmp_path: Path) -> Iterator[TestedComputer]:
    """The owner's computer from the demonstration, with the client installed and a simulated browser."""
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
    time.synchronise(Portal(charter).signed_time)
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
    """The portal's count of refusals, by code."""
    text = httpx.get(f"{portal_url}/metrics", trust_env=False).text
    return {code: int(float(count)) for code, count in re.findall(r'code="(OS-\d+)"\} ([\d.]+)', text)}


def test_by_keyboard_the_mock_session_is_entered_and_the_formal_one_refused(
    demonstration: Demonstration, owners: TestedComputer, tmp_path: Path
) -> None:
    owner, _ = demonstration._people()
    exam, log, room_page = demonstration.project.exam, demonstration.portal_log, tmp_path / "room.html"
    with demonstration.portal() as url, exam_room(demonstration), owners.screen() as screen:

        def picture(name: str) -> None:
            screen.settle(1)
            screen.shot(ARTEFACTS / f"client-{name}.png")

        owners.start(owners.program(exam.id).with_name(LAUNCHER))
        screen.wait_for_window(".")
        screen.settle(4)
        picture("1-login")
        screen.type(owner.id_number)
        screen.press("Tab")
        screen.type(owner.admission_number)
        screen.press("Return")
        screen.wait_for_text(log, CHECKED_IN)
        screen.settle(15)  # the health check takes up to ten seconds, then the bandwidth is measured
        picture("2-health")
        screen.press("Tab", "Return")
        picture("3-schedule")
        screen.press("Tab", "Tab", "Tab", "Tab", "Return")
        picture("4-mock")
        screen.press("Tab", "Tab", "Return")  # the first leads to what the health check found
        screen.wait_for_text(log, TICKET_GIVEN)
        screen.wait_for_text(room_page, "</html>")
        picture("5-mock-entered")
        screen.press("Tab", "Tab", "Tab", "Tab", "Return")
        picture("6-formal")
        screen.press("Tab", "Tab", "Return")
        screen.wait_for_text(log, TICKET_REFUSED)
        picture("7-formal-refused")
        screen.press("F1")
        picture("8-help")
        refused = refusals(url)
    assert_in_the_room(room_page.read_text("utf-8"), owner, demonstration)
    # The formal interview has not opened yet. That there is no help request to show is no refusal.
    assert refused == {"OS-200": 1}


def test_the_launcher_passes_its_arguments_on(
    demonstration: Demonstration, owners: TestedComputer, tmp_path: Path
) -> None:
    owner, _ = demonstration._people()
    answers = owners.answers_left(id_number=owner.id_number, admission_number=owner.admission_number)
    client, report = owners.program(demonstration.project.exam.id), tmp_path / "a report.json"
    options = ["--output", owners.wine.windows_path(report), "--answers", owners.wine.windows_path(answers)]
    assert owners.run(client.with_name(LAUNCHER), "--check", "--json", *options).status == 0
    wait_until(report.exists)
    assert '"accepted": true' in report.read_text("utf-8")


def test_without_the_interpreter_the_launcher_shows_a_refusal(
    demonstration: Demonstration, owners: TestedComputer
) -> None:
    """As a virus scanner leaves it: the file is gone, or empty."""
    exam = demonstration.project.exam
    client = owners.program(exam.id)
    library, aside = client.parent / "_internal" / "python38.dll", client.parent / "aside.dll"
    library.rename(aside)
    try:
        with owners.screen() as screen:
            for state in ("gone", "empty"):
                if state == "empty":
                    library.touch()
                launcher = owners.start(client.with_name(LAUNCHER))
                screen.wait_for_window(exam.product.en)
                screen.settle(0.5)
                screen.shot(ARTEFACTS / f"launcher-{state}.png")
                screen.press("Return")
                assert launcher.wait(30) == LaunchFileMissing.number % 256, state
    finally:
        aside.replace(library)


def assert_in_the_room(page: str, owner: Candidate, demonstration: Demonstration) -> None:
    """The room accepts the ticket, which is for this seat and this computer."""
    status, _, text = page.partition("\n")
    assert (status, "演示考场：凭证有效" in text, "模拟面试 mock" in text) == ("200", True, True)
    assert owner.id_number not in text
    assert owner.admission_number not in text
    project = demonstration.project
    with project.database.reading() as connection:
        (place,) = attendance.find_by_seat(connection, project.exam.id, owner.admission_number)
        activation = activations.find(connection, place.jti)
    assert activation is not None
    assert place.kind == "mock"
    assert place.jti in text
