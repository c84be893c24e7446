"""Running checks: none ends the run, none holds it up, and what blocks can be asked for."""

from __future__ import annotations

import threading
import time
from typing import ClassVar, List, Optional

from oneseat.client.health import check as c
from oneseat.client.health import probes as p
from oneseat.client.health.check import Blocked, Check, Finding, blocking, tally
from oneseat.client.health.checklist import checks
from oneseat.client.health.examination import examine, examine_all
from oneseat.client.health.report import unfit
from signing.text import Text
from tests import charters
from tests.client.health import recorded
from tests.client.health.recorded import Recorded
from tests.patience import PATIENCE_S, wait_until

SEEN = Text("seen", "所见")


class Prepared(Check):
    """A check that does what it is told."""

    key: ClassVar[str] = "prepared"
    name: ClassVar[Text] = Text("Prepared", "已备")

    def __init__(
        self, key: str = "prepared", wait: Optional[threading.Event] = None, alone: bool = False
    ) -> None:
        self.key, self.alone = key, alone  # type: ignore[misc]
        self._wait = wait

    def run(self) -> Finding:
        if self._wait is not None:
            self._wait.wait(PATIENCE_S)
        return self.passed(SEEN)


def test_a_check_that_hangs_is_unknown_when_its_time_is_over() -> None:
    never = threading.Event()
    hanging = Prepared(wait=never)
    hanging.limit_s = 0.1  # type: ignore[misc]
    started = time.monotonic()
    finding = examine(hanging)
    assert time.monotonic() - started < PATIENCE_S / 2, "it was not waited for"
    never.set()
    assert finding.status == c.UNKNOWN
    assert "没有结果" in finding.evidence.zh and finding.remedy.zh


def test_a_check_that_still_runs_is_not_started_again() -> None:
    """A camera that a late check holds would only be found busy."""
    starts: List[int] = []
    held = threading.Event()

    class Camera(Prepared):
        def run(self) -> Finding:
            starts.append(1)
            return super().run()

    slow = Camera("slow camera", wait=held)
    slow.limit_s = 0.1  # type: ignore[misc]
    assert "没有结果" in examine(slow).evidence.zh
    again = examine(slow)
    assert again.status == c.UNKNOWN
    assert "还没有结束" in again.evidence.zh
    assert len(starts) == 1
    held.set()
    wait_until(lambda: examine(slow).status == c.PASS)
    assert len(starts) == 2


def test_checks_run_side_by_side_and_come_back_in_order() -> None:
    gate = threading.Event()

    class Opening(Prepared):
        def run(self) -> Finding:
            gate.set()
            return self.passed(SEEN)

    heard: List[str] = []
    found = examine_all([Prepared("first", gate), Opening("second")], lambda one: heard.append(one.check))
    assert [one.check for one in found] == ["first", "second"]
    assert [one.status for one in found] == [c.PASS] * 2
    assert sorted(heard) == ["first", "second"]


def test_a_check_that_needs_the_line_for_itself_runs_last() -> None:
    heard: List[str] = []
    examine_all([Prepared("alone", alone=True), Prepared("other")], lambda one: heard.append(one.check))
    assert heard == ["other", "alone"]


def test_a_whole_computer_is_checked_and_every_row_has_a_status() -> None:
    found = examine_all(checks(charters.charter(), Recorded().probes()))
    assert [one.status for one in found] == [c.PASS] * 18
    assert tally(found) == {"pass": 18, "warn": 0, "block": 0, "unknown": 0}
    assert blocking(found) == ()
    without = checks(charters.charter(), Recorded().probes(), bandwidth=False)
    assert "bandwidth" not in {check.key for check in without}


def test_a_computer_that_answers_nothing_is_wholly_unknown_and_blocks_nothing() -> None:
    silent = Recorded(**{name: OSError(5, "recorded") for name in recorded.USUAL})
    found = examine_all(checks(charters.charter(), silent.probes()))
    named = {"chat", "remote-tools"}  # this exam names none, so nothing is asked
    assert {one.status for one in found if one.check not in named} == {c.UNKNOWN}
    assert blocking(found) == ()


def test_what_blocks_is_said_with_why_and_what_to_do() -> None:
    computer = Recorded(screens=p.Screens(2, (), True), remote_session=p.RemoteSession(True, 2))
    found = examine_all(checks(charters.charter(), computer.probes()))
    first, second = blocking(found)
    assert isinstance(first, Blocked)
    assert (first.check, second.check) == ("screens", "remote-session")
    assert "2 个显示器" in first.evidence.zh and "只能使用一个显示器" in first.remedy.zh


def test_what_is_missing_blocks_on_the_page_and_holds_no_door() -> None:
    computer = Recorded(free_on_c=recorded.GIB, cameras=())
    found = examine_all(checks(charters.charter(), computer.probes()))
    assert [one.check for one in found if one.status == c.BLOCK] == ["disk", "camera"]
    assert blocking(found) == ()
    refusal = unfit(found)
    assert refusal is not None and refusal.cause_text.zh == "本机不符合考试要求：C 盘空间；摄像头。"
