"""A mock interview with its phone: two pages of one seat, up to 交卷完成 and 全部上传成功.

Of later live pictures the first comes after half an hour on average: those that are seen here are first ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from oneseat.files.pictures import size_of
from oneseat.room.rules import live_pictures
from oneseat.state.room import attempts, pictures
from tests.room.browser.browsing import hand_in
from tests.room.browser.entering import press
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.with_phone import come_in, heading, mocking_with_phone, two_pages
from tests.room.candidate import Candidate
from tests.room.held_exam import EXAM, RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM
FIRST_S = 30
"""Eight seconds, a second until they are stored, and what a busy computer takes."""
STREAMS = ("camera", "screen", "phone")


@pytest.fixture
def phone_mock(tmp_path: Path, room_keys: RoomKeys, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRoom]:
    """A room with a mock of some seconds that asks for a phone, and is watched."""
    monkeypatch.setattr(live_pictures, "EVERY_S", 3600)
    with mocking_with_phone(tmp_path / "exam", room_keys, answer_s=8) as room:
        yield room


def test_computer_and_phone_in_one_mock(browser: Browser, phone_mock: RunningRoom) -> None:
    candidate = Candidate(phone_mock, kind="mock")
    with two_pages(browser) as (page, phone):
        come_in(candidate, page, phone)
        assert pictures_within(phone_mock, candidate, FIRST_S) == {
            "camera": (320, 240),
            "screen": (640, 360),
            "phone": (320, 240),
        }
        press(page, "开始模拟")
        heading(page, "请介绍一次合作经历")
        phone.reload()
        heading(phone, "正在录像")
        hand_in(page, candidate)
        heading(phone, "全部上传成功")
        expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
        candidate.http.close()
    files = list((phone_mock.exam.folder / "recordings").rglob("*.webm"))
    takes = {file.parent.parent.name: set() for file in files}  # type: ignore[var-annotated]
    for file in files:
        takes[file.parent.parent.name].add(file.parent)
    assert {stream: len(found) for stream, found in takes.items()} == {"camera": 1, "screen": 1, "phone": 2}


def pictures_within(room: RunningRoom, candidate: Candidate, timeout_s: float) -> dict[str, tuple[int, int]]:
    """The live pictures' sizes by their streams, once all three are there, or after some seconds."""
    sizes: dict[str, tuple[int, int]] = {}
    deadline = time.monotonic() + timeout_s
    while len(sizes) < len(STREAMS) and time.monotonic() < deadline:
        time.sleep(0.2)
        with room.exam.database.reading() as connection:
            attempt = attempts.list_of_seat(connection, EXAM, candidate.jti)[0].id
            found = {stream: pictures.find(connection, EXAM, attempt, stream) for stream in STREAMS}
        opened = room.app.state.live_pictures.open
        sizes = {stream: size_of(opened(each)) for stream, each in found.items() if each is not None}
    return sizes
