"""A mock interview from the client's form to 交卷完成, with a real browser, room, database and store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.room.browser.browsing import LAPTOP, MOCKING, SHORT_PAPER, browsable_room, hand_in
from tests.room.browser.entering import enter, press, share_devices
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate
from tests.room.held_exam import RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def short_mock(tmp_path: Path, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with a mock of some seconds."""
    terms: dict[str, Any] = {"mock_wait_s": 2, "mock_answer_s": 12, "tail_s": 30}
    with browsable_room(tmp_path / "exam", room_keys, MOCKING, paper=SHORT_PAPER, **terms) as room:
        yield room


def test_a_mock_interview(browser: Browser, short_mock: RunningRoom) -> None:
    candidate = Candidate(short_mock, kind="mock")
    faults: list[str] = []
    with browser.new_context(locale="zh-CN", viewport=LAPTOP) as context:
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        enter(page, candidate)
        share_devices(page)
        expect(page.get_by_role("heading", level=1)).to_contain_text("开始模拟")
        press(page, "开始模拟")
        expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")
        expect(page.get_by_role("heading", level=1)).to_contain_text("请介绍一次合作经历")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text("请介绍一次合作经历")
        expect(page.locator("#notices .recording")).to_be_visible()
        expect(page.locator(".saved [data-part=saved]")).to_be_visible()
        hand_in(page, candidate)
        expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
        candidate.http.close()
        expect(page.locator(".receipt")).to_have_text(re.compile(r"\S{6,}"))
    assert faults == []
    files = list((short_mock.exam.folder / "recordings").rglob("*.webm"))
    assert {file.parent.parent.name for file in files} == {"camera", "screen"}
    assert len({file.parent for file in files}) == 4, "two takes of each: before the reload and after it"
    for file in files:
        assert hashlib.sha256(file.read_bytes()).hexdigest() in file.name
