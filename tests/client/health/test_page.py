"""The health check's page, with a real Tk: rows with signs, check again, both languages."""

from __future__ import annotations

from typing import Any, Callable, List

import pytest

from oneseat.client.health.checklist import checks
from tests import charters
from tests.client.health.recorded import Recorded

pytest.importorskip("tkinter")


class Later:
    """Queue of work that runs when the test calls :meth:`do`, in this thread."""

    def __init__(self) -> None:
        self.waiting: List[Any] = []

    def __call__(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.waiting.append((work, then))

    def do(self) -> int:
        now, self.waiting = self.waiting, []
        for work, then in now:
            then(work())
        return len(now)


def shown(widget: Any) -> str:
    texts = [str(widget.cget("text")).replace("\n", "")] if "text" in widget.keys() else []  # noqa: SIM118
    return "\n".join(texts + [shown(child) for child in widget.winfo_children()])


def open_page(root: Any, computer: Recorded, language: str = "zh") -> Any:
    from oneseat.client.gui.health_page import HealthPage, HealthState
    from oneseat.client.gui.shell import PageContext
    from oneseat.client.gui.theme import Theme

    later = Later()
    went: List[int] = []
    state = HealthState(checks(charters.charter(), computer.probes()), later)
    state.run_all()
    context = PageContext(Theme(root), lambda text: str(getattr(text, language)), 700)
    page = HealthPage(root, context, state, lambda: went.append(1))
    return page, state, later, went


def test_rows_fill_as_findings_come_and_the_line_is_measured_last(root: Any) -> None:
    page, state, later, went = open_page(root, Recorded(cameras=(), speeds=OSError()))
    assert "正在检测：0/18" in shown(page) and "… 检测中" in shown(page)
    assert later.do() == 17
    assert "正在检测：17/18" in shown(page)
    assert later.do() == 1
    assert "通过 16 项，提醒 0 项，须处理 1 项，未能检测 1 项" in shown(page)
    assert "✕ 须处理" in shown(page) and "未找到摄像头。" in shown(page)
    page.next.invoke()
    assert went == [1]
    page.destroy()
    state.run_one("disk")
    assert later.do() == 1  # a destroyed page is not called


def test_one_row_is_checked_again_by_itself(root: Any) -> None:
    page, state, later, _ = open_page(root, Recorded(), "en")
    later.do()
    later.do()
    assert "18 passed, 0 to note, 0 to fix, 0 unknown" in shown(page)
    page.rows["disk"].again.invoke()
    page.rows["disk"].again.invoke()
    assert state.status("disk") == "running" and "… Checking" in shown(page)
    assert later.do() == 1
    assert state.status("disk") == "pass"
    page.all.invoke()
    page.all.invoke()
    assert later.do() == 17 and later.do() == 1
    page.destroy()
