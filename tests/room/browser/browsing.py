"""A candidate's windows on a real room, which listens at the address that its charter names."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect

from oneseat.room.app import create_app
from oneseat.state.room import attempts
from oneseat.web.serving import listen
from signing.charter import PersonalData, Privacy
from signing.clock import Clock, FixedClock, OffsetClock, SystemClock
from signing.text import Text
from tests.patience import PATIENCE_S, wait_until
from tests.room.candidate import Candidate
from tests.room.held_exam import BEFORE, ENDS, EXAM, MOCKING, STARTS, HeldExam, RoomKeys, RunningRoom
from tests.serving import in_thread

LAPTOP: ViewportSize = {"width": 1366, "height": 768}
_LONG = (
    "社区计划把一块空地改建为停车场，部分居民希望建成小花园，双方意见不一。如果由你负责这项工作，你会怎么做？"
)
PAPER = f"""\
title = {{ zh = "测试试卷", en = "Test paper" }}

[[questions]]
id = "q1"
kind = "spoken"
prepare_s = 60
answer_s = 120

[questions.text]
en = "A vacant lot is to become a car park; some residents want a garden. What would you do?"
zh = "{_LONG}"

[[questions]]
id = "q2"
kind = "spoken"
text = {{ zh = "请谈谈你对“为群众办实事”的理解。", en = "What does serving the people mean to you?" }}
prepare_s = 30
answer_s = 90
"""
SHORT_PAPER = """\
title = { zh = "测试试卷", en = "Test paper" }

[[questions]]
id = "q1"
kind = "spoken"
text = { zh = "请介绍一次合作经历。", en = "Tell of a time you worked together." }
prepare_s = 3
answer_s = 1
"""
_LIFE = Text("6 months after the results", "成绩公布后 6 个月；涉及违纪处理的，至处理结束")
PRIVACY = Privacy(
    controller=Text("Demonstration examination centre", "测试考试中心（演示）"),
    contact=Text("hotline 400-000-0000", "技术服务热线 400-000-0000"),
    otherwise=Text(
        "Who does not agree calls the hotline and is told of another way.",
        "不同意的，请在模拟面试开始前拨打技术服务热线，由考试组织方告知其他参加方式；"
        "仅不同意人脸核验的，可申请由工作人员人工核验。",
    ),
    mock_watched=False,
    data=(
        PersonalData(
            Text("photographs of the ID card and of the face", "证件照片和人脸照片"),
            Text("to compare card and face at the login", "登录时人证核验，防止替考"),
            Text("those who verify identities, and invigilators", "核验人员、监考人员"),
            _LIFE,
        ),
        PersonalData(
            Text(
                "recordings of camera, microphone and screen", "电脑摄像头、麦克风、屏幕画面和手机拍摄的录像"
            ),
            Text("for your answers, for invigilation", "作答、监考和考后违纪认定"),
            Text("invigilators, examiners, and the exam's committee", "监考人员、阅卷人员、考务工作小组"),
            _LIFE,
        ),
    ),
)


class MovableClock(FixedClock):
    """A clock that runs, and can be moved."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)
        self.move(moment)

    def move(self, moment: datetime) -> None:
        """Show a moment now, and run on from there."""
        self._running: Clock = OffsetClock.starting_at(moment, SystemClock())

    def stand(self, moment: datetime) -> None:
        """Show this moment until the next move, however long a slow machine takes."""
        self._running = FixedClock(moment)

    def now(self) -> datetime:
        """Return the moved time."""
        return self._running.now()


@contextlib.contextmanager
def browsable_room(
    folder: Path,
    keys: RoomKeys,
    moment: datetime,
    *,
    paper: str = PAPER,
    files: Mapping[str, bytes] | None = None,
    store: str | None = None,
    **terms: Any,
) -> Iterator[RunningRoom]:
    """Run a room with papers in the clear, and with recordings in a folder unless a ``store`` is given."""

    def exam_at(origin: str) -> HeldExam:
        exam = HeldExam(folder, keys, origin=origin, **terms)
        for name in ("mock-0", "formal-0"):
            (exam.papers / f"{name}.toml").write_text(paper, "utf-8")
        for name, content in (files or {}).items():
            (exam.papers / name).write_bytes(content)
        return exam

    with serving(exam_at, moment, **({"store": store} if store else {})) as room:
        yield room


@contextlib.contextmanager
def serving(exam_at: Callable[[str], HeldExam], moment: datetime, **settings: Any) -> Iterator[RunningRoom]:
    """Run a room whose charter names its real address: browsers send that as the origin of their calls."""
    with listen("127.0.0.1", 0) as listener:
        origin = "http://127.0.0.1:{1}".format(*listener.getsockname())
        exam, clock = exam_at(origin), MovableClock(moment)
        exam.publish(version=exam.charter.version + 1, privacy=PRIVACY)
        app = create_app(exam.settings(**settings), clock)
        with in_thread(app, listener, app.state.streams.close):
            yield RunningRoom(exam, origin, clock, app)
        exam.database.close()


def move(room: RunningRoom, moment: datetime) -> None:
    """Move a running room's clock, which runs on."""
    assert isinstance(room.clock, MovableClock)
    room.clock.move(moment)


def jump(page: Page, room: RunningRoom, moment: datetime) -> None:
    """Move the room's clock; the page asks for the time at once, as when the network comes back."""
    move(room, moment)
    page.evaluate("dispatchEvent(new Event('online'))")


def hand_in(page: Page, seat: Candidate) -> None:
    """Press the hand-in once the room's clock has come to the end: a page's may be ahead by a late answer."""
    with seat.room.exam.database.reading() as connection:
        ends = attempts.list_of_seat(connection, EXAM, seat.jti)[0].ends_at
    assert ends is not None
    button = page.get_by_role("button", name="交卷")
    expect(button).to_be_visible()
    wait_until(lambda: seat.room.clock.now() >= ends)
    button.click()


def stand(room: RunningRoom, moment: datetime) -> None:
    """Move a running room's clock, which stands there."""
    assert isinstance(room.clock, MovableClock)
    room.clock.stand(moment)


class Visitor:
    """One seat and its windows, and what went wrong in them."""

    def __init__(self, context: BrowserContext, room: RunningRoom) -> None:
        self.context = context
        self.room = room
        self.seat = Candidate(room)
        self.seats = [self.seat]
        self._seen: list[str] = []
        self._forgiven: tuple[str, ...] = ()
        self.strangers: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.page = self.window()
        context.on("request", self._note)

    def window(self) -> Page:
        """Open a window, which is watched for faults."""
        page = self.context.new_page()
        page.on("console", lambda line: self._seen.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self._seen.append(str(error)))
        return page

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.room.url, "blob:")):
            self.strangers.append(request.url)
        if "/room/api/" in request.url and request.headers.get("content-type") == "application/json":
            self.calls.append((request.url.rpartition("/")[2], json.loads(request.post_data or "{}")))

    def made(self, name: str) -> list[dict[str, Any]]:
        """The bodies of the windows' calls of one name."""
        return [body for called, body in self.calls if called == name]

    def at(self, moment: datetime) -> None:
        """Move the room's clock."""
        move(self.room, moment)

    def jump(self, moment: datetime) -> None:
        """Move the room's clock, and have the page ask for it.

        A page that was opened a minute before, and is led to some seconds before the moment that a test is
        about, is there in time on the slowest machine.
        """
        jump(self.page, self.room, moment)

    def reach(self, step: str, kind: str = "formal") -> None:
        """Bring the seat to a step, by HTTP, at a time when it may be reached."""
        self.seat = Candidate(self.room, kind)
        self.seats.append(self.seat)
        self.at(MOCKING if kind == "mock" else BEFORE)
        self.seat.enter().join()
        if step == "refused":
            return
        order = [
            "consent",
            "devices",
            "room",
            "begin",
            "waiting",
            "questions",
            "hand-in",
            "uploading",
            "complete",
        ]
        passed = order.index(step)
        if passed > 0:
            self.seat.agree()
        if passed > 1:
            self.seat.call("step", step="devices", facts={"ready": True})
        if passed > 2:
            self.seat.call("step", step="room", facts={})
        if step in ("uploading", "complete"):
            self._hand_in(whole=step == "complete")

    def _hand_in(self, *, whole: bool) -> None:
        segments = self.seat.record(1)
        self.at(ENDS + timedelta(seconds=4))
        takes = [{"take": segments[0].take, "promised": 1 if whole else 2}]
        if whole:
            self.seat.stored(*segments)
        self.seat.call("hand-in", by="candidate", takes=takes)
        self.seat.beat()

    def open(
        self, step: str, moment: datetime | None = None, kind: str = "formal", path: str = "/room/"
    ) -> Page:
        """Open the page at a step and a time."""
        self.reach(step, kind)
        if moment is not None:
            self.at(moment)
        cookies = [
            {"name": one.name, "value": one.value, "url": self.room.url} for one in self.seat.http.cookies.jar
        ]
        self.context.add_cookies(cookies)  # type: ignore[arg-type]
        self.page.goto(self.room.url + path)
        self.page.locator("main:not([data-step=joining])").wait_for()
        return self.page

    def takes(self, count: int) -> list[dict[str, Any]]:
        """The takes that the windows have announced, once there are so many."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            takes = {take["take"]: take for beat in self.made("beat") for take in beat["takes"]}
            if len(takes) >= count:
                return list(takes.values())
            assert time.monotonic() < deadline, f"{len(takes)} takes were announced"
            self.page.wait_for_timeout(100)

    def close(self) -> None:
        """Close connections; windows are the context's."""
        self.context.remove_listener("request", self._note)
        for seat in self.seats:
            seat.http.close()

    def press(self, name: str) -> None:
        """Press a visible button."""
        self.page.get_by_role("button", name=name).locator("visible=true").first.click()

    def saved_answers(self) -> list[dict[str, Any]]:
        """The answers that the room has; a window that is open is the older one from then on, and told so."""
        self.forgive("409")
        answers: list[dict[str, Any]] = self.seat.join()["answers"]
        return answers

    def forgive(self, *parts: str) -> None:
        """Pass over the browser's lines about answers and networks that failed on purpose, now and later."""
        self._forgiven += parts

    @property
    def faults(self) -> list[str]:
        """What the pages' console and scripts complained of, unless it is forgiven."""
        return [line for line in self._seen if not any(part in line for part in self._forgiven)]


def next_beat(page: Page) -> None:
    """Wait for a control call that begins from now on, and is answered; one under way knows less."""
    with page.expect_request("**/room/api/beat") as asked:
        pass
    assert asked.value.response() is not None


class Laptop:
    """A browser for one person after the other: the next finds what may be cached for ever, and nothing else.

    With an empty cache each would load the page's sixty scripts anew, which takes 0.3 s of CPU.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(locale="zh-CN", viewport=LAPTOP)
        self._kept = self.context.new_page()
        self._devtools = self.context.new_cdp_session(self._kept)

    def close(self) -> None:
        """Close it with all windows."""
        self.context.close()

    def clear(self) -> None:
        """Close the windows, and forget what their pages have stored."""
        origins = set[str]()
        for page in self.context.pages:
            if page != self._kept:
                origins.add("/".join(page.url.split("/")[:3]))
                page.close()
        self.context.set_offline(False)
        self.context.clear_cookies()
        for origin in origins:
            self._devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


def visiting(laptop: Laptop, room: RunningRoom) -> Iterator[Visitor]:
    """A candidate at a laptop, whose pages must neither fail nor ask anybody else."""
    one = Visitor(laptop.context, room)
    yield one
    one.close()
    laptop.clear()
    assert one.faults == []
    assert one.strangers == []


__all__ = [
    "BEFORE",
    "ENDS",
    "LAPTOP",
    "MOCKING",
    "PAPER",
    "SHORT_PAPER",
    "STARTS",
    "Visitor",
    "browsable_room",
    "jump",
    "move",
    "next_beat",
    "serving",
    "visiting",
]
