"""How far a candidate came in the mocks: from the check-in to the pages, and kept for when it is offline."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Iterator

import pytest

from oneseat.client.errors import StorageFailed
from oneseat.client.gui import mock_words, words
from oneseat.client.gui.mock_words import meaning
from oneseat.client.local.mock_progress import (
    FINISHED,
    NOT_TAKEN,
    STARTED,
    STATES,
    MockProgress,
    read_mock_progress,
    store_mock_progress,
)
from oneseat.client.local.vault import exam_folder, forget_exam
from oneseat.client.online.portal import Portal as PortalClient
from tests import charters
from tests.client.simulated import BUILD, NOW, OWNER, Authority, Installation, Portal
from tests.client.test_portal import DEVICE
from tests.client.test_window import Screen, check_in_now, enrol, open_session_page

JTI = "ab" * 16
LAST_MOCK_ENDS = charters.at(6, 0)


@pytest.mark.parametrize(("sent", "heard"), [(None, ""), *zip(STATES, STATES), ("new", "new")])
def test_a_check_in_brings_the_state_where_the_portal_says_it(
    authority: Authority, portal: Portal, sent: Any, heard: str
) -> None:
    activation = authority.activation_token(authority.jti(OWNER), DEVICE.public_key)
    portal.mock = sent
    assert PortalClient(authority.charter()).check_in(activation, BUILD, DEVICE).mock == heard


def test_what_the_portal_said_is_kept_with_its_time(tmp_path: Path) -> None:
    assert read_mock_progress(tmp_path, JTI) is None
    store_mock_progress(tmp_path / "new", JTI, MockProgress(STARTED, NOW))
    assert read_mock_progress(tmp_path / "new", JTI) == MockProgress(STARTED, NOW)
    assert read_mock_progress(tmp_path / "new", "cd" * 16) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"state": "done", "heard_at": "2035-01-04T12:00:00+08:00"}', b"\xff" * 9000],
    ids=["empty", "object", "list", "unknown state", "too large"],
)
def test_a_damaged_file_is_no_answer(tmp_path: Path, content: bytes) -> None:
    store_mock_progress(tmp_path, JTI, MockProgress(STARTED, NOW))
    next(tmp_path.iterdir()).write_bytes(content)
    assert read_mock_progress(tmp_path, JTI) is None


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        store_mock_progress(tmp_path / "file", JTI, MockProgress(STARTED, NOW))


def test_it_is_forgotten_with_the_exam(installation: Installation) -> None:
    computer = installation.computer
    folder = exam_folder(computer.own_folder(), "test")
    store_mock_progress(folder, JTI, MockProgress(STARTED, NOW))
    forget_exam(computer, "test")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("state", "required", "now", "zh"),
    [
        (NOT_TAKEN, "gate", NOW, "未参加模拟面试的，不能参加正式面试。请在开放时间内参加，并完成全部流程。"),
        (
            NOT_TAKEN,
            "gate",
            LAST_MOCK_ENDS,
            "未参加模拟面试的，不能参加正式面试。模拟面试已全部结束，请拨打技术服务热线。",
        ),
        (
            NOT_TAKEN,
            "warn",
            NOW,
            (
                "未参加模拟面试的，正式面试当天设备出现异常时，将无法参加正式面试。"
                "请在开放时间内参加，并完成全部流程。"
            ),
        ),
        (STARTED, "gate", NOW, "不影响参加正式面试。建议在开放时间内再参加一次，完成全部流程并交卷。"),
        (STARTED, "gate", LAST_MOCK_ENDS, "不影响参加正式面试。"),
        (FINISHED, "gate", NOW, "您已完成全部流程并交卷。"),
    ],
)
def test_only_who_took_none_is_barred_or_warned(
    authority: Authority, state: str, required: str, now: datetime, zh: str
) -> None:
    assert meaning(state, authority.charter(mock_required=required), now).zh == zh


@pytest.fixture
def screen(root: Any, online_installation: Installation) -> Iterator[Screen]:
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


@pytest.mark.parametrize("state", STATES)
def test_the_pages_show_it_soon_after_login(screen: Screen, portal: Portal, state: str) -> None:
    portal.mock = state
    title = mock_words.TITLES[state].zh
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: title in screen.shown())
    assert "查询时间：2035年1月4日（星期四）12:00" in screen.shown()
    for step in (words.STEP_MOCK, words.STEP_FORMAL):
        screen.app.go(step)
        assert title in screen.shown()


def test_a_check_in_changes_what_an_open_page_shows(screen: Screen, portal: Portal) -> None:
    portal.mock = NOT_TAKEN
    open_session_page(screen, words.STEP_FORMAL)
    screen.wait_for(lambda: mock_words.TITLES[NOT_TAKEN].zh in screen.shown())
    portal.mock, portal.now = FINISHED, NOW + timedelta(minutes=5)
    check_in_now(screen)
    screen.wait_for(lambda: mock_words.TITLES[FINISHED].zh in screen.shown())
    assert mock_words.TITLES[NOT_TAKEN].zh not in screen.shown()
    assert "12:05" in screen.shown()


def test_without_the_portal_the_last_answer_is_shown_with_its_time(screen: Screen, portal: Portal) -> None:
    portal.mock = STARTED
    open_session_page(screen, words.STEP_MOCK)
    screen.wait_for(lambda: mock_words.TITLES[STARTED].zh in screen.shown())
    screen.app.log_out()
    portal.broken = lambda _: (503, "text/plain", b"")
    screen.log_in(OWNER)
    screen.wait_for(lambda: "暂时无法连接考生平台" in screen.shown())
    assert mock_words.TITLES[STARTED].zh in screen.shown()
    assert "查询时间：2035年1月4日（星期四）12:00" in screen.shown()


def test_a_portal_that_does_not_say_and_an_exam_without_mocks_show_nothing(
    screen: Screen, portal: Portal
) -> None:
    open_session_page(screen, words.STEP_MOCK)
    screen.wait_for(lambda: screen.app._run.time.is_synchronised)
    assert "查询时间" not in screen.shown()
    portal.mock = NOT_TAKEN
    portal.published = portal.authority.charter_token(version=2, mocks=())
    check_in_now(screen)
    screen.wait_for(lambda: screen.app.charter.version == 2)
    assert "查询时间" not in screen.shown()
