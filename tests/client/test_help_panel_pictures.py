"""Pictures of the help request in the window: chosen, listed, removed, kept while offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List

import pytest

from oneseat.client.online import help_pictures
from tests.client.simulated import Installation, Portal, help_answer, problem
from tests.client.test_help_panel import ask, box, look_now, open_panel
from tests.client.test_help_pictures import JPEG
from tests.client.test_window import Screen, resize, steps_of, texts

pytest.importorskip("tkinter")


@pytest.fixture
def screen(root: Any, online_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setattr(help_pictures, "RETRY_AFTER_S", 0.0)
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """What the file chooser gives; it is Windows' own."""
    from tkinter import filedialog

    names: List[str] = []
    monkeypatch.setattr(filedialog, "askopenfilename", lambda **_: names.pop(0) if names else "")
    return names


def choose(
    screen: Screen, chosen: List[str], name: str = "张三的 QQ 截图.jpg", content: bytes = JPEG
) -> None:
    path: Path = screen.installation.computer.folder / name
    path.write_bytes(content)
    chosen.append(str(path))
    box(screen).pictures.add.invoke()


def buttons(widget: Any, text: str) -> List[Any]:
    """The buttons with a text."""
    own = [widget] if widget.winfo_class() == "TButton" and widget.cget("text") == text else []
    return own + [button for child in widget.winfo_children() for button in buttons(child, text)]


def open_request(screen: Screen) -> None:
    open_panel(screen)
    ask(screen)
    screen.wait_for(lambda: "添加图片" in screen.shown())


def test_pictures_are_added_and_removed_without_their_file_names(
    screen: Screen, portal: Portal, chosen: List[str]
) -> None:
    open_request(screen)
    for number in range(1, 4):
        choose(screen, chosen, content=JPEG + bytes([number]))
        screen.wait_for(lambda number=number: f"图片 {number} 已添加" in screen.shown())  # type: ignore[misc]
    assert "张三" not in screen.shown() and len(portal.pictures) == 3
    assert "已有 3 张图片，不能再添加。" in screen.shown() and box(screen).pictures.add is None
    buttons(box(screen).pictures, "移除")[1].invoke()
    screen.wait_for(lambda: "图片 3 已添加" not in screen.shown())
    assert list(portal.pictures) == [1, 3] and box(screen).pictures.add is not None


def test_a_chooser_that_is_closed_changes_nothing(screen: Screen, chosen: List[str]) -> None:
    open_request(screen)
    box(screen).pictures.add.invoke()
    assert "图片 1" not in screen.shown() and not steps_of(screen).desk.is_busy


def test_the_form_offers_no_pictures_and_neither_does_an_earlier_portal(
    screen: Screen, portal: Portal
) -> None:
    open_panel(screen)
    assert "添加图片" not in screen.shown()
    portal.help_request = help_answer(pictures=None)
    look_now(screen)
    screen.wait_for(lambda: "已提交" in screen.shown())
    assert "添加图片" not in screen.shown()


def test_what_is_no_picture_is_refused_below_and_the_request_stays(
    screen: Screen, portal: Portal, chosen: List[str]
) -> None:
    open_request(screen)
    choose(screen, chosen, "a.gif", b"GIF89a")
    screen.wait_for(lambda: "OS-1256" in screen.shown())
    assert "该文件不能添加：不是 JPEG" in screen.shown() and portal.pictures == {}
    assert "求助单号 1234 5678" in screen.shown()


def test_a_refusal_of_the_portal_is_a_row_until_it_is_dismissed(
    screen: Screen, portal: Portal, chosen: List[str]
) -> None:
    open_request(screen)
    portal.picture_refusal = problem(413, 946, "too many pixels", "图片过大。")
    choose(screen, chosen)
    screen.wait_for(lambda: "图片未能发送。考生平台答复：图片过大。" in screen.shown())
    assert "OS-946" in screen.shown()
    buttons(box(screen).pictures, "知道了")[0].invoke()
    screen.wait_for(lambda: "OS-946" not in screen.shown())


def test_offline_a_picture_waits_with_the_request_and_is_sent_with_it(
    screen: Screen, portal: Portal, chosen: List[str]
) -> None:
    open_panel(screen)
    portal.broken = lambda _: (503, "text/plain", b"")
    ask(screen)
    screen.wait_for(lambda: "求助待发送" in screen.shown())
    choose(screen, chosen)
    screen.wait_for(lambda: "图片 1 待发送" in screen.shown())
    choose(screen, chosen, content=JPEG + b"2")
    screen.wait_for(lambda: "图片 2 待发送" in screen.shown())
    buttons(box(screen).pictures, "移除")[0].invoke()
    screen.wait_for(lambda: "图片 2 待发送" not in screen.shown())
    portal.broken = None
    look_now(screen)
    screen.wait_for(lambda: "图片 1 已添加" in screen.shown())
    assert list(portal.pictures.values()) == [JPEG + b"2"] and "待发送" not in screen.shown()


def test_pictures_stay_once_an_operator_has_the_request(screen: Screen, portal: Portal) -> None:
    portal.pictures[1] = JPEG
    portal.help_request = help_answer(pictures=portal.picture_list(may_take_away=False))
    open_panel(screen)
    screen.wait_for(lambda: "图片 1 已添加" in screen.shown())
    assert "工作人员已受理，图片不能移除。" in screen.shown()
    assert buttons(box(screen).pictures, "移除") == [] and box(screen).pictures.add is not None


def test_in_an_answer_time_no_picture_can_be_added_and_the_panel_says_until_when(
    screen: Screen, portal: Portal
) -> None:
    listed = portal.picture_list(may_add=False, not_before="2035-01-10T11:10:00+08:00")
    portal.help_request = help_answer(pictures=listed)
    open_panel(screen)
    screen.wait_for(lambda: "正式面试作答期间不能添加图片" in screen.shown())
    assert "11:10 后可以添加。" in screen.shown() and box(screen).pictures.add is None


def test_a_keyboard_is_not_led_from_adding_to_withdrawing(
    screen: Screen, portal: Portal, chosen: List[str]
) -> None:
    open_request(screen)
    screen.root.focus_force()
    box(screen).pictures.add.focus_set()
    screen.root.update()
    if str(screen.root.tk.call("focus")) != str(box(screen).pictures.add):
        pytest.skip("the window got no focus")
    choose(screen, chosen)
    screen.wait_for(lambda: "图片 1 已添加" in screen.shown())
    assert str(screen.root.tk.call("focus")) == str(box(screen).pictures.add)


@pytest.mark.parametrize(("width", "height"), [(1024, 708), (880, 560)], ids=["large", "small"])
def test_rows_and_buttons_are_within_the_panel(
    screen: Screen, portal: Portal, width: int, height: int
) -> None:
    portal.pictures.update({1: JPEG, 2: JPEG + b"2"})
    portal.help_request = help_answer(pictures=portal.picture_list())
    open_panel(screen)
    screen.wait_for(lambda: "图片 2 已添加" in screen.shown())
    screen.app.shell.close_help()
    resize(screen, width, height)
    screen.app.shell.toggle_help()
    screen.root.update()
    pictures = box(screen).pictures
    panel: Any = screen.app.shell._help
    edge = panel.winfo_rootx() + panel.winfo_width()
    for button in [*buttons(pictures, "移除"), pictures.add]:
        assert button.winfo_rootx() + button.winfo_width() <= edge
    assert texts(pictures).count("移除") == 2
