"""The client's command lines, a browser that is killed in the answer time, an upload without a window."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from oneseat.client.computer.device import Device
from oneseat.client.health.probes import Browser
from oneseat.client.local.kept_uploads import KeptUploads
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.local.vault import Vault
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions import room_state as state
from oneseat.client.sessions.handover import RoomCredential, one_time_page
from oneseat.client.sessions.room_follower import RoomFollower
from oneseat.demo.devtools import window_of
from tests.chromium import CHROMIUM
from tests.client.simulated import RecordedOpener, SimulatedComputer
from tests.e2e.wine import Screen
from tests.patience import wait_until
from tests.room.browser.browsing import MOCKING, SHORT_PAPER, browsable_room
from tests.room.browser.entering import press, share_devices
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate
from tests.room.held_exam import EXAM, RoomKeys, RunningRoom
from tests.room.test_client import Surroundings

pytestmark = NEEDS_CHROMIUM

HERE = ["--no-sandbox", "--use-fake-device-for-media-stream", "--remote-debugging-port=0"]
"""What only this computer and this test need: a container, a camera, and a way to press buttons."""


class LiveOpener(RecordedOpener):
    """Starts real browsers on a screen; English, since no flag names the screen in Chinese."""

    def __init__(self, display: str) -> None:
        super().__init__()
        self.environment = {**os.environ, "DISPLAY": display, "LANGUAGE": "en"}
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_browser(self, command: Sequence[str], *, minimised: bool) -> None:
        super().start_browser(command, minimised=minimised)
        self.processes.append(
            subprocess.Popen(
                [*command, *HERE],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def end_browser(self, profile: Path) -> bool:
        self.kill()
        return super().end_browser(profile)

    def kill(self) -> None:
        """Kill every browser with all its processes, as a power loss does."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        self.processes.clear()


class LiveSurroundings(Surroundings):
    """A client whose browser is this computer's Chromium."""

    def browser(self) -> Browser:
        return Browser("Chrome", CHROMIUM, (156, 0, 0, 0))


@pytest.fixture
def opener() -> Iterator[LiveOpener]:
    screen = Screen.start()
    opener = LiveOpener(screen.display)
    yield opener
    opener.kill()
    screen.stop()


@pytest.fixture
def short_mock(tmp_path: Path, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with a mock of some seconds."""
    terms: dict[str, Any] = {"mock_wait_s": 2, "mock_answer_s": 7, "tail_s": 2}
    with browsable_room(tmp_path / "exam", room_keys, MOCKING, paper=SHORT_PAPER, **terms) as room:
        yield room


def test_what_a_killed_browser_recorded_is_uploaded_without_a_window(
    short_mock: RunningRoom, opener: LiveOpener, playwright: Playwright, tmp_path: Path
) -> None:
    candidate, device = Candidate(short_mock, kind="mock"), Device.new({"machine": b"1"})
    candidate.key = device.key
    ticket = candidate.new_ticket()
    candidate.http.close()
    computer, exam_room = SimulatedComputer(tmp_path / "computer"), short_mock.exam.charter.exam_room
    assert exam_room is not None
    Vault(computer, EXAM).store_device(candidate.jti, device)
    run = LiveSurroundings(computer, ServerTime(short_mock.clock), opener)
    follower = RoomFollower(run, lambda: short_mock.exam.charter)
    profile = RoomProfile(computer, candidate.jti)

    def sign() -> RoomCredential:
        return RoomCredential.of(ticket, exam_room, device, candidate.seconds)

    def stage() -> str:
        follower.look()
        view = follower.view(candidate.jti, "mock")
        assert view is not None and not view.fault, view
        return view.stage

    page = one_time_page(sign, exam_room, lambda text: text.zh)
    follower.open("mock", candidate.jti, device, ticket, page.url)
    assert stage() == state.WAITING
    window = window_of(playwright, profile.folder)
    assert window.context.pages == [window]
    expect(window.get_by_role("heading", level=1)).to_contain_text("个人信息处理告知")
    share_devices(window)
    assert stage() == state.INSIDE
    assert KeptUploads(computer, EXAM, candidate.jti).read() == (), "a mock that has not begun has no end"
    press(window, "开始模拟")
    expect(window.locator("#notices .recording")).to_be_visible()
    expect(window.get_by_role("heading", level=1)).to_contain_text("请介绍一次合作经历")
    time.sleep(2.5)
    assert stage() == state.INSIDE
    [kept] = KeptUploads(computer, EXAM, candidate.jti).read()
    opener.kill()
    assert len(opener.browsers) == 1
    wait_until(lambda: stage() == state.COMPLETE)
    assert len(opener.browsers) == 2 and "--headless=new" in opener.browsers[-1], "one at a time"
    assert KeptUploads(computer, EXAM, candidate.jti).read() == ()
    assert not profile.exists()
    files = list((short_mock.exam.folder / "recordings").rglob("*.webm"))
    assert {file.parent.parent.name for file in files} == {"camera", "screen"}
    for file in files:
        assert hashlib.sha256(file.read_bytes()).hexdigest() in file.name
    assert kept.grant not in " ".join(opener.browsers[-1])
