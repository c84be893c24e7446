"""The window with a real Tk, where there is a screen: what a candidate types and reads."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, Callable, Dict, Iterator, List

import pytest

from oneseat.client.cli import call_once
from oneseat.client.computer.sleep_watch import SleepClocks
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import RoomSilent
from oneseat.client.guard.watching import Present
from oneseat.client.gui import words
from oneseat.client.gui.guard_strip import GuardStrip
from oneseat.client.gui.health_page import HealthPage
from oneseat.client.gui.session_entry import BROWSER_WITHIN, ROOM_WITHIN
from oneseat.client.gui.session_page import SessionPage
from oneseat.client.health.probes import Power, RemoteSession, Screens
from oneseat.client.identity import Identity
from oneseat.client.local.kept_uploads import KeptUpload, KeptUploads
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.local.vault import Vault
from signing.charter import Software
from signing.clock import FixedClock
from signing.text import Text
from tests import charters
from tests.client.health.recorded import Recorded, running
from tests.client.simulated import BUILD, NOW, OWNER, STRANGER, Installation, Portal, fetch
from tests.patience import PATIENCE_S

pytest.importorskip("tkinter")


HAS_TEXT: Dict[type, bool] = {}
"""Whether the widgets of a class have a text. Asking each widget is slow: it lists all its options."""


def texts(widget: Any) -> List[str]:
    """Every text that is shown, line breaks taken out."""
    kind = type(widget)
    if kind not in HAS_TEXT:
        HAS_TEXT[kind] = "text" in widget.keys()  # noqa: SIM118
    shown = [str(widget.cget("text")).replace("\n", "")] if HAS_TEXT[kind] else []
    return shown + [text for child in widget.winfo_children() for text in texts(child)]


def takes_focus(widget: Any) -> bool:
    return bool(widget.getboolean(widget.cget("takefocus")))


class Screen:
    """The window of an installation, driven as by a person."""

    def __init__(self, root: Any, installation: Installation) -> None:
        from oneseat.client.gui.app import App

        self.root, self.installation, run = root, installation, installation.run()
        self.app = App(root, run, call_once(lambda: installation.actions_of(run)))
        root.update()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < deadline:
            self.root.update()
            time.sleep(0.01)
        assert condition(), self.shown()

    def shown(self) -> str:
        return "\n".join(texts(self.root))

    def log_in(self, identity: Identity) -> None:
        page: Any = self.app.page
        for entry, value in (
            (page.id_number, identity.id_number),
            (page.admission_number, identity.admission_number),
        ):
            entry.delete(0, "end")
            entry.insert(0, value)
        page.button.invoke()
        self.wait_for(lambda: self.app.page is not page)
        self.app.go(words.STEP_SCHEDULE)  # the check comes first; health/test_page.py looks at it


@pytest.fixture
def screen(root: Any, online_installation: Installation) -> Iterator[Screen]:
    online_installation.opener.fetches = True
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


def enrol(installation: Installation) -> str:
    path = installation.installer(installation.authority.licence_token(OWNER))
    run = Enrolment(installation.program, installation.computer, installation.clock, installation.log.append)
    return run.run(path, OWNER).licence.jti


def test_help_and_its_numbers_are_on_every_page(screen: Screen) -> None:
    assert "求助" in screen.shown()
    screen.app.shell.toggle_help()
    support = screen.installation.authority.charter().support
    for number in (support.hotline, *support.calls_from):
        assert number in screen.shown()
    assert "切勿回拨" in screen.shown()
    screen.app.shell.close_help()
    assert support.hotline not in screen.shown()


def test_the_first_page_is_as_wide_as_any(screen: Screen) -> None:
    def hint_width() -> int:
        return int(max(child.winfo_width() for child in screen.app.page.winfo_children()))

    first = hint_width()
    screen.app.show()
    screen.root.update()
    assert first == hint_width() > 400


def test_a_refusal_shows_code_cause_and_remedy_and_keeps_what_was_typed(screen: Screen) -> None:
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-044" in screen.shown())
    assert "本机尚未登记任何考生。" in screen.shown()
    assert "请在本机运行本人下载的安装包，并在安装时填写本人信息。" in screen.shown()
    page: Any = screen.app.page
    assert page.id_number.get() == OWNER.id_number


def test_the_owner_sees_the_schedule_and_that_the_portal_agrees(screen: Screen) -> None:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())
    for text in ("退出登录", "2035年1月10日（星期三）", "模拟面试", "正式面试", "请先登录手机端“测试手机端”"):
        assert text in screen.shown()


def test_another_person_does_not_get_in(screen: Screen) -> None:
    enrol(screen.installation)
    screen.log_in(STRANGER)
    screen.wait_for(lambda: "OS-045" in screen.shown())
    assert "退出登录" not in screen.shown()


def test_without_the_portal_the_owner_goes_on(screen: Screen, portal: Portal) -> None:
    enrol(screen.installation)
    portal.broken = lambda _: (503, "text/plain", b"")
    screen.log_in(OWNER)
    screen.wait_for(lambda: "暂时无法连接考生平台（OS-049）" in screen.shown())
    assert "退出登录" in screen.shown()


def test_a_withdrawn_seat_is_shown_out_and_let_in_again(screen: Screen, portal: Portal) -> None:
    jti = enrol(screen.installation)
    portal.revoked.append(jti)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-057" in screen.shown())
    assert "退出登录" not in screen.shown()
    portal.revoked.clear()
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())


def steps_of(screen: Screen) -> Any:
    assert screen.app._steps is not None, "somebody is logged in"
    return screen.app._steps


def check_in_now(screen: Screen) -> None:
    """As when minutes have passed."""
    steps = steps_of(screen)
    steps._checked_in_at = steps._shown_second = 0
    steps.tick()


def test_a_seat_that_is_withdrawn_while_the_window_is_open_ends_there(screen: Screen, portal: Portal) -> None:
    jti = enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())
    portal.builds_checked_in.clear()
    check_in_now(screen)
    screen.wait_for(lambda: portal.builds_checked_in == [BUILD])
    assert "退出登录" in screen.shown()
    portal.revoked.append(jti)
    check_in_now(screen)
    screen.wait_for(lambda: "OS-179" in screen.shown())
    assert "退出登录" not in screen.shown()
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-057" in screen.shown())


def test_a_check_in_tells_what_was_refused_and_which_checks_block(screen: Screen, portal: Portal) -> None:
    screen.installation.health = Recorded(cameras=())
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-044" in screen.shown())
    open_session_page(screen, words.STEP_SCHEDULE)
    screen.wait_for(lambda: portal.codes_checked_in == [["OS-044"]])
    check_in_now(screen)
    screen.wait_for(lambda: portal.codes_checked_in[1:] == [["camera"]])


def test_dates_that_move_while_the_window_is_open_are_shown(screen: Screen, portal: Portal) -> None:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())
    later = [replace(one, ends=one.ends + timedelta(days=7)) for one in portal.authority.charter().formals]
    portal.published = portal.authority.charter_token(version=2, formals=tuple(later))
    check_in_now(screen)
    screen.wait_for(lambda: screen.app.charter.version == 2)
    assert screen.app.charter.formals[0].ends == later[0].ends
    assert "退出登录" in screen.shown()


def test_a_portal_out_of_reach_for_a_while_disturbs_nobody(screen: Screen, portal: Portal) -> None:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())
    asked = len(portal.asked)
    portal.broken = lambda _: (503, "text/plain", b"")
    check_in_now(screen)
    screen.wait_for(lambda: len(portal.asked) > asked)
    assert "退出登录" in screen.shown()


def test_the_other_language_is_one_click_away_and_keeps_what_was_typed(screen: Screen) -> None:
    page: Any = screen.app.page
    page.id_number.insert(0, "123")
    screen.app._switch_language()
    assert "Candidate login" in screen.shown()
    page = screen.app.page
    assert page.id_number.get() == "123"


def test_nothing_of_the_candidate_is_shown_after_logging_out(screen: Screen) -> None:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "退出登录" in screen.shown())
    screen.app.log_out()
    page: Any = screen.app.page
    assert (page.id_number.get(), page.admission_number.get()) == ("", "")


def test_a_fault_in_the_window_is_a_refusal_with_a_place(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "jtis", lambda _: 1 // 0)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-059" in screen.shown())
    screen.app._fault(ValueError, ValueError("x"), None)
    assert "ValueError" in screen.shown()
    assert "Traceback" not in screen.shown()


def test_a_late_word_of_the_portal_does_not_log_anyone_in(screen: Screen, portal: Portal) -> None:
    enrol(screen.installation)
    late = threading.Event()
    portal.broken = lambda _: (503 if late.wait(20) else 500, "text/plain", b"")
    screen.log_in(OWNER)
    screen.wait_for(lambda: "退出登录" in screen.shown())
    screen.app.log_out()
    late.set()
    screen.wait_for(lambda: len(portal.asked) > 0)
    for _ in range(30):
        screen.root.update()
        time.sleep(0.02)
    assert "退出登录" not in screen.shown()


def test_help_stays_open_when_the_page_changes(screen: Screen) -> None:
    screen.app.shell.toggle_help()
    screen.log_in(OWNER)
    screen.wait_for(lambda: "OS-044" in screen.shown())
    assert "切勿回拨" in screen.shown()


def test_tab_walks_from_number_to_number_to_the_button(screen: Screen) -> None:
    page: Any = screen.app.page
    if not page.id_number.winfo_viewable():
        pytest.skip("no screen: nothing is viewable")
    assert page.id_number.tk_focusNext() is page.admission_number
    assert page.admission_number.tk_focusNext() is page.button


def test_steps_open_with_the_login_and_are_chosen_by_mouse_or_keyboard(screen: Screen) -> None:
    screen.app.go(words.STEP_SCHEDULE)
    assert "退出登录" not in screen.shown()
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown())
    steps = screen.app.shell._steps
    assert not takes_focus(steps[words.STEP_LOGIN])
    asked: List[int] = []
    screen.app.shell.show_step(words.STEP_LOGIN, (), (words.STEP_SCHEDULE,), asked.append)
    # A key goes to whatever has the focus, and a screen without a window manager gives none.
    assert {"<Key-Return>", "<Key-space>"} <= set(steps[words.STEP_SCHEDULE].bind())
    steps[words.STEP_SCHEDULE].choose()
    screen.root.update()
    steps[words.STEP_SCHEDULE].event_generate("<Button-1>")
    steps[words.STEP_LOGIN].event_generate("<Button-1>")
    screen.root.update()
    assert asked == [words.STEP_SCHEDULE] * 2
    assert takes_focus(steps[words.STEP_SCHEDULE]) and not takes_focus(steps[words.STEP_LOGIN])


def open_session_page(screen: Screen, step: int) -> Any:
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "已与考生平台核对。" in screen.shown() or "设备检测" in screen.shown())
    screen.wait_for(lambda: steps_of(screen).health is not None and steps_of(screen).health.idle)
    screen.wait_for(lambda: screen.app._run.time.is_synchronised)
    screen.app.go(step)
    screen.root.update()
    return screen.app.page


def test_the_schedule_says_what_is_next_and_counts_down(screen: Screen) -> None:
    open_session_page(screen, words.STEP_SCHEDULE)
    assert "距模拟面试结束：11:59:" in screen.shown() or "距模拟面试结束：12:00:00" in screen.shown()
    before = screen.shown()
    screen.wait_for(lambda: screen.shown() != before)


def test_the_mock_session_opens_the_room_once_and_keeps_the_computer_awake(screen: Screen) -> None:
    page = open_session_page(screen, words.STEP_MOCK)
    assert "请先登录手机端“测试手机端”，再从本页进入。" in screen.shown()
    page.button.invoke()
    page.button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    opener = screen.installation.opener
    assert len(opener.browsed) == 1 and opener.awake == [True]
    assert "24:00 结束" in screen.shown()
    page.button.invoke()
    screen.wait_for(lambda: len(opener.browsed) == 2)
    assert opener.awake == [True]
    assert opener.after_logon == [True], "a restart in the session ends at the login page"
    screen.app.log_out()
    assert opener.awake == [True, False]
    assert opener.shutdown_reasons == ["正在进行面试，请勿关机或重启。", None]
    assert opener.after_logon == [True, False]


def test_entered_is_said_only_when_the_browser_has_come(screen: Screen) -> None:
    opener = screen.installation.opener
    opener.fetches = False
    page = open_session_page(screen, words.STEP_MOCK)
    page.button.invoke()
    screen.wait_for(lambda: "正在打开浏览器" in screen.shown())
    assert "已进入" not in screen.shown()
    entry = steps_of(screen).entry
    entry.tick(screen.app._run.time.now() + BROWSER_WITHIN)
    assert "浏览器没有打开" in screen.shown() and "已进入" not in screen.shown()
    [address] = opener.browsed
    page.late.copy.invoke()
    assert screen.root.clipboard_get() == address and "已复制" in screen.shown()
    opener.fails = True
    page.late.retry.invoke()
    assert "OS-128" in screen.shown()
    opener.fails, opener.fetches = False, True
    page.late.retry.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert opener.browsed == [address] * 2 and "浏览器没有打开" not in screen.shown()
    assert "OS-128" not in screen.shown()


def test_a_page_that_has_ended_is_served_anew(screen: Screen) -> None:
    opener = screen.installation.opener
    opener.fetches = False
    page = open_session_page(screen, words.STEP_MOCK)
    page.button.invoke()
    screen.wait_for(lambda: len(opener.browsed) == 1)
    entry = steps_of(screen).entry
    entry._page.close()
    entry.tick(screen.app._run.time.now() + BROWSER_WITHIN)
    opener.fetches = True
    page.late.retry.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert len(set(opener.browsed)) == 2


# ------------------------------------------------------------------------------- this project's own room


@pytest.fixture
def own_room(
    root: Any, online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Screen]:
    """A window whose exam has this project's own room, which is looked at all the time."""
    for name in ("EVERY_S", "CALM_EVERY_S"):
        monkeypatch.setattr(f"oneseat.client.gui.room_ticker.{name}", 0.05)
    authority = online_installation.authority
    token = authority.own_room_token()
    (online_installation.program.folder / "charter.jws").write_text(token)
    authority.charter_token = lambda **_: token  # type: ignore[method-assign]
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


def own_page(screen: Screen) -> Any:
    return open_session_page(screen, words.STEP_MOCK)


def fetch_last(screen: Screen) -> None:
    """As the browser that was started last does."""
    [url] = [flag[6:] for flag in screen.installation.opener.browsers[-1] if flag.startswith("--app=")]
    fetch(url)


def see_window(screen: Screen, step: str, **times: Any) -> None:
    """The room sees the window from now on, in a step of its attempt."""
    room = screen.installation.room
    room.be(step, **times)
    room.window_seen_at = room.now


def test_the_own_room_is_entered_when_it_says_so(own_room: Screen) -> None:
    page, opener, room = own_page(own_room), own_room.installation.opener, own_room.installation.room
    page.button.invoke()
    own_room.wait_for(lambda: "正在打开浏览器" in own_room.shown())
    own_room.wait_for(lambda: len(opener.browsers) == 1)
    assert opener.browsed == []
    fetch_last(own_room)
    own_room.wait_for(lambda: "正在等待考场" in own_room.shown())
    assert "已进入" not in own_room.shown()
    starts = NOW + timedelta(minutes=5)
    see_window(own_room, "waiting", starts_at=starts, ends_at=starts + timedelta(minutes=10))
    own_room.wait_for(lambda: "已进入，本场至" in own_room.shown())
    own_room.wait_for(lambda: "作答时间：12:05 – 12:15" in own_room.shown())
    room.now += timedelta(minutes=1)
    own_room.wait_for(lambda: "考场窗口已关闭，或没有反应。" in own_room.shown())


def test_a_room_that_does_not_see_its_window_is_tried_again_with_a_fresh_proof(own_room: Screen) -> None:
    page, opener = own_page(own_room), own_room.installation.opener
    own_room.installation.room.refusal = RoomSilent(why="OS-049")
    page.button.invoke()
    own_room.wait_for(lambda: len(opener.browsers) == 1)
    fetch_last(own_room)
    own_room.wait_for(lambda: "正在等待考场" in own_room.shown())
    entry = steps_of(own_room).entry
    entry.tick(entry._page_since + ROOM_WITHIN - timedelta(seconds=1))
    assert "请点此重试" not in own_room.shown()
    entry.tick(entry._page_since + ROOM_WITHIN)
    assert "暂时连不上考场（OS-1261）。" in own_room.shown() and "复制地址" in own_room.shown()
    address = entry.state("mock").address
    page.late.retry.invoke()
    assert opener.browsers[-1][-1] == f"--app={address}" and len(opener.browsers) == 2
    assert opener.browsers[0][-1] != opener.browsers[1][-1], "another page, so another proof"
    fetch_last(own_room)
    own_room.installation.room.refusal = None
    see_window(own_room, "consent")
    own_room.wait_for(lambda: "已进入，本场至" in own_room.shown())


def test_hand_in_and_upload_are_shown_until_all_is_received(own_room: Screen) -> None:
    page, opener, room = own_page(own_room), own_room.installation.opener, own_room.installation.room
    page.button.invoke()
    own_room.wait_for(lambda: len(opener.browsers) == 1)
    fetch_last(own_room)
    room.grant, room.left = "grant", 41_000_000
    see_window(own_room, "uploading", handed_in_at=NOW)
    own_room.wait_for(lambda: "作答已收到。" in own_room.shown())
    assert "还剩 41 MB；可以关闭网页，请勿退出考生端、请勿关机。" in own_room.shown()
    room.left = 40_000_000

    def is_timed() -> bool:
        room.left -= 1  # the first look by the grant may be the one that finds 40 MB
        return "还剩 40 MB，约 " in own_room.shown()

    own_room.wait_for(is_timed)
    own_room.app.log_out()
    own_room.wait_for(lambda: "面试录像还没有传完，正在自动上传。" in own_room.shown())
    assert opener.after_logon == [True], "the upload goes on after a restart, as the session did"
    assert opener.shutdown_reasons[-1] == "面试录像正在上传，请勿关机或重启。"
    room.be("complete", handed_in_at=NOW, completed_at=NOW)
    room.grant = ""
    own_room.wait_for(lambda: opener.after_logon == [True, False])
    assert "正在自动上传" not in own_room.shown()


def test_an_upload_that_waits_goes_on_without_a_login(root: Any, own_room: Screen) -> None:
    enrol(own_room.installation)
    jti = own_room.installation.authority.jti(OWNER)
    computer, room = own_room.installation.computer, own_room.installation.room
    RoomProfile(computer, jti).make()
    KeptUploads(computer, "test", jti).keep(KeptUpload("formal", "grant", room.until))
    room.be("uploading", handed_in_at=NOW)
    room.grant = "grant"
    own_room.wait_for(lambda: "正在自动上传" in own_room.shown())
    own_room.wait_for(lambda: len(own_room.installation.opener.browsers) == 1)
    assert "--headless=new" in own_room.installation.opener.browsers[0]
    asked: List[Text] = []
    own_room.app.confirm = lambda question: bool(asked.append(question))  # type: ignore[method-assign,func-returns-value]
    own_room.app._close_asked()
    assert [question.zh for question in asked] == [words.CLOSE_IN_UPLOAD.zh]


def look_again(screen: Screen) -> None:
    """As when seconds have passed in a session."""
    entry = steps_of(screen).entry
    entry._looked_at -= timedelta(minutes=1)
    entry.tick(screen.app._run.time.now())


@pytest.mark.parametrize(
    ("action", "words_shown"),
    [
        ("block", "检测到考试不允许的情况：测试聊天（正在运行：TestChat.exe）"),
        (
            "warn",
            "检测到：测试聊天（正在运行：TestChat.exe）。请退出。已记录，由考务人员考后认定，您可继续作答。",
        ),
    ],
)
def test_programs_and_screens_are_watched_in_a_session(
    root: Any, online_installation: Installation, action: str, words_shown: str
) -> None:
    chat = Software("测试聊天", "chat", action, ("TestChat",), (), ())
    token = online_installation.authority.charter_token(version=2, catalogue=(chat,))
    (online_installation.program.folder / "charter.jws").write_text(token)
    online_installation.opener.fetches = True
    screen = Screen(root, online_installation)
    open_session_page(screen, words.STEP_MOCK).button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    screen.installation.health = Recorded(
        inventory=running(("TestChat.exe", "", 1)), screens=Screens(2, ("A", "B"), True)
    )
    steps_of(screen).entry._watch = None  # the simulated probes were replaced
    look_again(screen)
    screen.wait_for(lambda: words_shown in screen.shown())
    assert "2 个显示器" in screen.shown() and "已进入，本场至" in screen.shown()
    screen.app.shell.toggle_help()
    panel: Any = screen.app.shell._help
    panel.diagnostics.invoke()
    assert f"mock chat: {action}" in screen.root.clipboard_get()
    record = online_installation.computer.own_folder() / "test" / "observations.jsonl"
    look_again(screen)
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    assert [(line["session"], line["check"]) for line in lines] == [("mock", "screens"), ("mock", "chat")]
    screen.wait_for(lambda: not steps_of(screen).entry._looking)
    screen.installation.health = Recorded()
    steps_of(screen).entry._watch = None
    look_again(screen)
    screen.wait_for(lambda: words_shown not in screen.shown())
    screen.app.log_out()
    assert [thread.name for thread in threading.enumerate() if thread.name in ("chat", "screens")] == []
    screen.app.close()


def test_a_warned_program_does_not_keep_out_and_is_recorded(
    root: Any, online_installation: Installation
) -> None:
    chat = Software("测试聊天", "chat", "warn", ("TestChat",), (), ())
    token = online_installation.authority.charter_token(version=2, catalogue=(chat,))
    (online_installation.program.folder / "charter.jws").write_text(token)
    online_installation.opener.fetches = True
    online_installation.health = Recorded(inventory=running(("TestChat.exe", "", 1)))
    screen = Screen(root, online_installation)
    open_session_page(screen, words.STEP_MOCK).button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert [note.split(" ", 1)[1] for note in steps_of(screen).observed] == ["mock chat: warn"]
    screen.app.close()


def test_the_session_page_says_what_the_health_check_found(screen: Screen) -> None:
    screen.installation.health = Recorded(cameras=())
    page = open_session_page(screen, words.STEP_MOCK)
    assert "摄像头：未找到摄像头。" in screen.shown() and "当天的模拟机会即被使用" in screen.shown()
    screen.app.go(words.STEP_FORMAL)
    assert "摄像头：未找到摄像头。" in screen.shown() and "当天的模拟机会" not in screen.shown()
    steps_of(screen).health.findings.clear()
    page = screen.app.page
    assert isinstance(page, SessionPage)
    page.tick(screen.app._run.time.now())
    assert "未找到摄像头" not in screen.shown()


def test_a_closed_formal_session_is_refused_with_the_portals_rule(screen: Screen) -> None:
    page = open_session_page(screen, words.STEP_FORMAL)
    assert "距正式面试开放" in screen.shown() and "11:00 截止登录" in screen.shown()
    page.button.invoke()
    screen.wait_for(lambda: "OS-200" in screen.shown())
    assert "尚未开放" in screen.shown()
    assert screen.installation.opener.browsed == [] and screen.installation.opener.awake == []


def test_a_room_that_does_not_open_is_said_and_tried_again(screen: Screen) -> None:
    page = open_session_page(screen, words.STEP_MOCK)
    screen.installation.opener.fails = True
    page.button.invoke()
    screen.wait_for(lambda: "OS-128" in screen.shown())
    assert screen.installation.opener.awake == []
    screen.installation.opener.fails = False
    page.button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert "OS-128" not in screen.shown()


def test_the_computer_may_sleep_again_when_the_session_is_over(screen: Screen) -> None:
    open_session_page(screen, words.STEP_MOCK).button.invoke()
    screen.wait_for(lambda: screen.installation.opener.awake == [True])
    entry = steps_of(screen).entry
    assert entry is not None
    entry.tick(charters.at(5, 0) - timedelta(seconds=1))
    assert screen.installation.opener.awake == [True]
    entry.tick(charters.at(5, 0))
    assert screen.installation.opener.awake == [True, False]
    assert "已进入，本场至" not in screen.shown()


def test_sleep_in_a_session_is_said_with_its_time_until_the_session_ends(screen: Screen) -> None:
    open_session_page(screen, words.STEP_MOCK).button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    entry, opener = steps_of(screen).entry, screen.installation.opener
    entry.tick(charters.at(4, 14) + timedelta(minutes=59, seconds=59))
    assert "睡眠" not in screen.shown()
    opener.clocks = SleepClocks(elapsed_s=663, awake_s=1, wake_ups=1)
    entry.tick(charters.at(4, 15, 11))
    unbroken = screen.shown().replace("\n", "")
    assert "本机曾进入睡眠：14:59 – 15:11（北京时间）。其间录制已中断，面试时间照常计算。" in unbroken
    assert "接通电源" in unbroken and "重新进入考场" in unbroken and "已进入，本场至" in unbroken
    screen.app._switch_language()
    assert "This computer was asleep: 14:59 – 15:11 (Beijing time)." in screen.shown().replace("\n", " ")
    screen.app._switch_language()
    entry.tick(charters.at(5, 0))
    assert "睡眠" not in screen.shown()


def test_a_fault_in_the_window_is_shown_with_a_place_and_the_window_goes_on(screen: Screen) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    def then(_: object) -> None:
        raise KeyError("anything")

    screen.app.work(fails, then)
    screen.wait_for(lambda: "OS-059" in screen.shown())
    assert "KeyError@test_window:" in screen.shown() and "Traceback" not in screen.shown()
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: screen.app._steps is not None)


def test_the_help_panel_copies_what_support_needs_and_nothing_about_a_person(screen: Screen) -> None:
    page = open_session_page(screen, words.STEP_FORMAL)
    page.button.invoke()
    screen.wait_for(lambda: "OS-200" in screen.shown())
    screen.app.shell.toggle_help()
    panel: Any = screen.app.shell._help
    panel.diagnostics.invoke()
    assert "已复制" in screen.shown()
    copied = screen.root.clipboard_get()
    for wanted in (
        "exam: test, charter 1",
        "build: build-1",
        "enrolment: confirmed",
        "OS-200",
        "checks:",
        ": pass",
    ):
        assert wanted in copied, copied
    authority = screen.installation.authority
    for secret in (
        OWNER.id_number,
        OWNER.admission_number,
        authority.jti(OWNER),
        str(screen.installation.folder),
    ):
        assert secret not in copied


def test_the_service_desk_opens_in_the_browser_and_a_missing_browser_does_no_harm(
    root: Any, online_installation: Installation
) -> None:
    support = replace(online_installation.authority.charter().support, desk_url="https://desk.example/")
    token = online_installation.authority.charter_token(support=support)
    (online_installation.program.folder / "charter.jws").write_text(token)
    screen = Screen(root, online_installation)
    screen.app.shell.toggle_help()
    panel: Any = screen.app.shell._help
    assert "https://desk.example/" in screen.shown()
    online_installation.opener.fails = True
    panel.open_service_desk.invoke()
    online_installation.opener.fails = False
    panel.open_service_desk.invoke()
    assert online_installation.opener.browsed == ["https://desk.example/"]
    screen.app.close()


def test_entering_checks_again_for_what_the_notice_forbids(screen: Screen) -> None:
    page = open_session_page(screen, words.STEP_MOCK)
    screen.installation.health = Recorded(remote_session=RemoteSession(True, None), cameras=())
    page.button.invoke()
    screen.wait_for(lambda: "OS-129" in screen.shown())
    assert "远程" in screen.shown() and "摄像头" not in screen.shown()
    assert screen.installation.opener.browsed == []
    screen.installation.health = Recorded()
    page.button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())


def test_a_clock_that_goes_wrong_is_named_after_login(online_installation: Installation, root: Any) -> None:
    enrol(online_installation)
    online_installation.clock = FixedClock(NOW + timedelta(minutes=42))
    screen = Screen(root, online_installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "本机时间比考生平台快 42 分钟" in screen.shown())
    screen.app.close()


@pytest.mark.parametrize(
    ("minutes", "word"),
    [(-6, "慢 6 分钟"), (6, "快 6 分钟"), (4, None), (150, "快约 2 小时"), (-4320, "慢约 3 天")],
)
def test_only_a_clock_five_minutes_off_is_named(minutes: int, word: Any) -> None:
    from oneseat.client.gui.session_page import clock_warning

    warning = clock_warning(timedelta(minutes=minutes))
    assert (warning is None) if word is None else (warning is not None and word in warning.zh)


def test_without_the_portal_the_session_page_says_which_clock_it_uses(
    online_installation: Installation, root: Any
) -> None:
    enrol(online_installation)
    online_installation.authority.portal_url = "http://127.0.0.1:9"
    token = online_installation.authority.charter_token(version=2)
    (online_installation.program.folder / "charter.jws").write_text(token)
    screen = Screen(root, online_installation)
    screen.log_in(OWNER)
    screen.app.go(words.STEP_MOCK)
    root.update()
    assert "倒计时暂以本机时间为准" in screen.shown()
    page: Any = screen.app.page
    page.button.invoke()
    screen.wait_for(lambda: "OS-1206" in screen.shown())
    screen.app.close()


def test_closing_in_a_session_asks_first(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: List[str] = []
    asked: List[str] = []
    monkeypatch.setattr(screen.root, "destroy", lambda: closed.append("closed"))
    page = open_session_page(screen, words.STEP_MOCK)
    screen.app._close_asked()
    assert closed == ["closed"]
    page.button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())

    def refuse(question: Text) -> bool:
        asked.append(question.zh)
        return False

    monkeypatch.setattr(screen.app, "confirm", refuse)
    screen.app._close_asked()
    assert closed == ["closed"] and "确定要关闭吗" in asked[0]
    monkeypatch.setattr(screen.app, "confirm", lambda _: True)
    screen.app._close_asked()
    assert closed == ["closed", "closed"]
    assert screen.root.protocol("WM_DELETE_WINDOW")


def resize(screen: Screen, width: int, height: int) -> None:
    """Make the window small, as it is on a screen with large fonts."""
    screen.root.minsize(1, 1)
    screen.root.geometry(f"{width}x{height}")
    screen.wait_for(lambda: screen.root.winfo_height() == height)
    screen.app.show()
    screen.root.update()


def in_view(screen: Screen, widget: Any) -> bool:
    """Whether a widget is within the page's visible part."""
    area = screen.app.shell.page.master
    top = widget.winfo_rooty() - area.winfo_rooty()
    return bool(top >= 0 and top + widget.winfo_height() <= area.winfo_height())


def test_in_a_low_window_the_hotline_and_the_whole_help_panel_are_seen(screen: Screen) -> None:
    resize(screen, 683, 324)  # 1366x648 at 200 %
    screen.app.shell.toggle_help()
    screen.root.update()
    panel: Any = screen.app.shell._help
    assert panel.winfo_y() >= 0 and panel.winfo_x() >= 0
    assert panel.end.winfo_rooty() + panel.end.winfo_height() <= screen.root.winfo_rooty() + 324
    assert screen.installation.authority.charter().support.hotline in screen.shown()


def test_in_a_low_window_the_login_button_is_seen(screen: Screen) -> None:
    resize(screen, 683, 324)
    page: Any = screen.app.page
    assert in_view(screen, page.button)


def test_in_a_low_window_the_outcome_of_entering_is_scrolled_to(screen: Screen) -> None:
    open_session_page(screen, words.STEP_MOCK)
    resize(screen, 683, 324)
    page: Any = screen.app.page
    assert not in_view(screen, page.button)
    screen.installation.health = Recorded(remote_session=RemoteSession(True, None))
    page.button.invoke()
    screen.wait_for(lambda: "OS-129" in screen.shown())
    assert in_view(screen, page._outcome)
    screen.installation.health = Recorded()
    page.button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert in_view(screen, page._outcome)


def test_the_rail_and_the_rows_show_first_what_must_be_fixed(screen: Screen) -> None:
    screen.installation.health = Recorded(cameras=(), power=Power(False, True, 80))
    open_session_page(screen, words.STEP_SCHEDULE)
    steps_of(screen).tick()
    mark = screen.app.shell._steps[words.STEP_HEALTH]._mark
    assert mark.cget("text") == "!"
    screen.app.go(words.STEP_HEALTH)
    page = screen.app.page
    assert isinstance(page, HealthPage)
    assert page._order[:2] == ["camera", "power"]
    assert page.next.cget("style") == "Plain.TButton"
    screen.installation.health = Recorded()
    steps_of(screen).health = None
    screen.app.show()
    screen.wait_for(lambda: steps_of(screen).health.idle)
    steps_of(screen).mark()
    assert screen.app.shell._steps[words.STEP_HEALTH]._mark.cget("text") == "✓"
    page = screen.app.page
    assert isinstance(page, HealthPage)
    assert page.next.cget("style") == "Primary.TButton"


def test_the_guards_strip_takes_no_focus_and_goes_by_itself(root: Any, installation: Installation) -> None:
    screen = Screen(root, installation)
    strip = GuardStrip(root, screen.app.theme, screen.app.say)
    focused = root.focus_get()
    strip.show([Present("software", "微信"), Present("screens")])
    root.update()
    seen = "检测到微信，请退出。检测到多个显示器，请只保留一个。"
    assert f"{seen}已记录，由考务人员考后认定，您可继续作答。" in texts(root)
    [window] = [child for child in root.winfo_children() if child.winfo_class() == "Toplevel"]
    assert window.wm_overrideredirect() and window.attributes("-topmost")
    assert root.focus_get() == focused and window.winfo_height() < 60
    screen.app.show()
    strip.show([Present("software", "微信"), Present("screens")])
    assert any("检测到微信" in text for text in texts(root)), "a window that was redrawn has its strip again"
    strip.show([])
    root.update()
    assert not any("检测到微信" in text for text in texts(root))
    screen.app.close()
