"""The help request in the window: form, state, answer, withdrawal, and what is said while offline."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Iterator

import pytest

from oneseat.client.gui import help_state
from oneseat.client.health.probes import Screens
from signing.charter import Window
from tests.charters import at
from tests.client.health.recorded import Recorded
from tests.client.simulated import OWNER, Installation, Portal, help_answer
from tests.client.test_window import Screen, enrol, resize, steps_of

pytest.importorskip("tkinter")


@pytest.fixture
def screen(root: Any, online_installation: Installation) -> Iterator[Screen]:
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


def box(screen: Screen) -> Any:
    panel: Any = screen.app.shell._help
    return panel.request


def open_panel(screen: Screen) -> None:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown() or "暂时无法连接" in screen.shown())
    screen.app.shell.toggle_help()
    screen.wait_for(lambda: not steps_of(screen).desk._is_looking and steps_of(screen).desk._looked_at)


def look_now(screen: Screen) -> None:
    """As when seconds have passed."""
    steps_of(screen).desk._looked_at = None
    steps_of(screen).desk.look()


def ask(screen: Screen, callback: str = "13800131234", described: str = "黑屏") -> None:
    if box(screen).reason.current() < 0:
        box(screen).reason.current(2)
    box(screen).callback.insert(0, callback)
    box(screen).words.insert("1.0", described)
    box(screen).button.invoke()


def test_before_the_login_the_panel_says_where_help_can_be_asked_for(screen: Screen) -> None:
    screen.app.shell.toggle_help()
    assert "登录后，也可在此提交求助。" in screen.shown() and box(screen) is None


def test_service_hours_are_below_the_hotline(root: Any, online_installation: Installation) -> None:
    hours = (Window(at(4, 9), at(5, 0)), Window(at(5, 9), at(6, 0)))
    authority = online_installation.authority
    token = authority.charter_token(support=replace(authority.charter().support, hours=hours))
    (online_installation.folder / "program" / "charter.jws").write_text(token)
    screen = Screen(root, online_installation)
    screen.app.shell.toggle_help()
    assert "服务时间" in screen.shown() and "每日09:00–24:00" in screen.shown()
    screen.app.close()


def test_a_request_is_sent_with_codes_and_its_state_is_shown(screen: Screen, portal: Portal) -> None:
    screen.installation.health = Recorded(cameras=(), screens=Screens(2, ("A", "B"), True))
    open_panel(screen)
    steps_of(screen)._health_page()
    screen.wait_for(lambda: steps_of(screen).health.idle)
    ask(screen)
    for text in (
        "求助单号 1234 5678",
        "已提交",
        "当前排在第 3 位，大约还需 10 分钟",
        "138****1234",
        "010-00000001",
    ):
        screen.wait_for(lambda text=text: text in screen.shown())  # type: ignore[misc]
    [sent] = portal.helped
    assert (sent["reason"], sent["words"], sent["callback"]) == ("device", "黑屏", "13800131234")
    assert "camera:block" in sent["codes"]
    assert screen.installation.authority.charter().support.hotline in screen.shown()


def test_the_answer_is_shown_while_the_panel_is_open_and_a_solved_request_makes_room_for_another(
    screen: Screen, portal: Portal
) -> None:
    open_panel(screen)
    ask(screen)
    screen.wait_for(lambda: "已提交" in screen.shown())
    said = [{"at": "2035-01-04T12:01:00+08:00", "words": "请重新插拔摄像头"}]
    known = [{"words": "登录缓慢", "since": "2035-01-04T12:00:00+08:00"}]
    portal.help_request = help_answer(answers=said, incidents=["登录缓慢"], announcements=known, place=None)
    steps_of(screen).desk._looked_at = None
    steps_of(screen)._shown_second = 0
    steps_of(screen).tick()
    screen.wait_for(lambda: "答复：请重新插拔摄像头" in screen.shown())
    assert (
        "故障通报（1月4日（星期四）12:00）：登录缓慢" in screen.shown() and "当前排在" not in screen.shown()
    )
    solved = {"en": "Solved", "zh": "已解决"}
    portal.help_request = help_answer(answers=said, open=False, status_words=solved)
    look_now(screen)
    screen.wait_for(lambda: "上次求助（1234 5678）：已解决" in screen.shown())
    assert box(screen).callback.get() == "" and "答复：请重新插拔摄像头" in screen.shown()


def test_outside_the_hours_the_panel_says_when_support_answers_again(screen: Screen, portal: Portal) -> None:
    portal.help_request = help_answer(answered_from="2035-01-05T09:00:00+08:00")
    open_panel(screen)
    screen.wait_for(lambda: "2035年1月5日（星期五）09:00 起按顺序处理" in screen.shown())
    assert "大约还需" not in screen.shown()


def test_a_request_is_withdrawn(screen: Screen, portal: Portal) -> None:
    open_panel(screen)
    ask(screen)
    screen.wait_for(lambda: "撤回求助" in screen.shown())
    box(screen).button.invoke()
    screen.wait_for(lambda: "已撤回" in screen.shown())
    assert portal.help_request is not None and not portal.help_request["open"]


def test_what_is_wrong_is_said_below_the_form_and_what_was_typed_stays(
    screen: Screen, portal: Portal
) -> None:
    open_panel(screen)
    box(screen).button.invoke()
    screen.wait_for(lambda: "尚未选择遇到的问题。" in screen.shown())
    ask(screen, callback="12")
    screen.wait_for(lambda: "OS-1290" in screen.shown())
    assert "回电号码填写有误。" in screen.shown() and box(screen).callback.get() == "12"
    screen.app.show()
    assert (box(screen).callback.get(), box(screen).words.get("1.0", "end-1c")) == ("12", "黑屏")
    box(screen).text_only.invoke()
    box(screen).button.invoke()
    screen.wait_for(lambda: "已提交" in screen.shown())
    assert portal.helped[0]["callback"] is None


def test_offline_the_panel_says_that_the_request_is_kept_and_sends_it_later(
    screen: Screen, portal: Portal
) -> None:
    open_panel(screen)
    portal.broken = lambda _: (503, "text/plain", b"")
    ask(screen)
    screen.wait_for(lambda: "求助已保存在本机，连上后自动发送。" in screen.shown())
    refused = len(screen.app.refusals.notes)
    look_now(screen)
    screen.wait_for(lambda: "平台暂未应答（OS-049），自动重试中。" in screen.shown())
    assert len(screen.app.refusals.notes) == refused, "repeated looks do not fill the log"
    portal.broken = None
    look_now(screen)
    screen.wait_for(lambda: "求助单号 1234 5678" in screen.shown())
    assert len(portal.helped) == 1 and "自动重试" not in screen.shown()


def test_looking_does_not_disturb_who_types(screen: Screen, portal: Portal) -> None:
    open_panel(screen)
    callback = box(screen).callback
    callback.insert(0, "138")
    portal.broken = lambda _: (503, "text/plain", b"")
    look_now(screen)
    screen.wait_for(lambda: "自动重试" in screen.shown())
    assert box(screen).callback is callback and callback.get() == "138"


def test_the_portal_is_asked_every_ten_seconds_and_only_while_the_panel_is_open(
    screen: Screen, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_panel(screen)
    asked = len(portal.asked)
    steps_of(screen).desk.look()
    now = [time.monotonic() + help_state.LOOK_EVERY_S]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    screen.app.shell.close_help()
    steps_of(screen)._shown_second = 0
    steps_of(screen).tick()
    assert len(portal.asked) == asked
    screen.app.shell.toggle_help()
    steps_of(screen)._shown_second = 0
    steps_of(screen).tick()
    monkeypatch.undo()
    screen.wait_for(lambda: len(portal.asked) > asked)


@pytest.mark.parametrize(("width", "height"), [(683, 324), (512, 354), (960, 680)])
def test_hotline_and_closing_button_stay_in_view_and_the_rest_scrolls(
    screen: Screen, width: int, height: int
) -> None:
    open_panel(screen)
    screen.app.shell.close_help()
    resize(screen, width, height)
    screen.app.shell.toggle_help()
    screen.root.update()
    panel: Any = screen.app.shell._help
    assert panel.winfo_x() >= 0 and panel.winfo_y() >= 0
    for widget in (panel.end, panel._head):
        assert widget.winfo_rooty() + widget.winfo_height() <= screen.root.winfo_rooty() + height
    button = box(screen).button
    panel._body.reveal(button)
    screen.root.update()
    below = panel._body.winfo_rooty() + panel._body.winfo_height()
    assert button.winfo_rooty() + button.winfo_height() <= below


def test_a_tab_leaves_the_field_of_words(screen: Screen) -> None:
    open_panel(screen)
    assert box(screen)._leave_field(forward=True) == "break"
    assert box(screen)._leave_field(forward=False) == "break"
