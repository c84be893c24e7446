"""A room whose answers a test sets: it shows the candidate's page in every state and at any time."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from oneseat.files.resources import templates
from signing.charter import Charter, PersonalData, Privacy
from signing.text import Text
from tests.charters import charter

STATIC = templates("room") / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; "
    "worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NONCE = "5f" * 16
NEWER_WINDOW = {"code": "OS-2010"}
TERMS = {
    "mock_wait_s": 180,
    "mock_answer_s": 600,
    "tail_s": 60,
    "gates_until_s": 600,
    "upload_until_s": 72 * 3600,
}
_COMMON_LIFE = Text("6 months after the results", "成绩公布后 6 个月")
PRIVACY = Privacy(
    controller=Text("Demonstration examination centre", "测试考试中心（演示）"),
    contact=Text("hotline 400-000-0000", "技术服务热线 400-000-0000"),
    otherwise=Text(
        "Who does not agree calls the hotline before the mock interview begins and is told of another way.",
        "不同意的，请在模拟面试开始前拨打技术服务热线，由考试组织方告知其他参加方式；仅不同意人脸核验的，可申请由工作人员人工核验。",
    ),
    mock_watched=False,
    data=(
        PersonalData(
            Text("name, ID number, admission number", "姓名、证件号码、准考证号"),
            Text("to check who you are, and to bind the client to you", "核对身份，将考生端与本人绑定"),
            Text("the exam's staff", "考务工作人员；下载平台只保存无法还原的校验值"),
            _COMMON_LIFE,
        ),
        PersonalData(
            Text("photographs of the ID card and of the face", "证件照片和人脸照片"),
            Text("to compare card and face at the login", "登录时人证核验，防止替考"),
            Text("those who verify identities, and invigilators", "核验人员、监考人员"),
            _COMMON_LIFE,
        ),
        PersonalData(
            Text(
                "recordings of the computer's camera, microphone and screen, and of the phone",
                "电脑摄像头、麦克风、屏幕画面和手机拍摄的录像",
            ),
            Text("for your answers, for invigilation, and to judge breaches", "作答、监考和考后违纪认定"),
            Text("invigilators, examiners, and the exam's committee", "监考人员、阅卷人员、考务工作小组"),
            Text(
                "6 months after the results; where a breach is judged, until that is over",
                "成绩公布后 6 个月；涉及违纪处理的，至处理结束",
            ),
        ),
    ),
)
PAPER = {
    "title": {"zh": "模拟试题", "en": "Mock paper"},
    "pace": "own",
    "questions": [
        {
            "id": "q1",
            "kind": "spoken",
            "text": {
                "zh": "社区计划把一块空地改建为停车场，部分居民希望建成小花园，双方意见不一。"
                "如果由你负责这项工作，你会怎么做？",
                "en": "A community wants to turn a vacant lot into a car park, "
                "while some residents want a garden. What would you do?",
            },
            "prepare_s": 60,
            "answer_s": 120,
        },
        {
            "id": "q2",
            "kind": "spoken",
            "text": {
                "zh": "请谈谈你对“为群众办实事”的理解。",
                "en": "What does serving the people mean to you?",
            },
            "prepare_s": 30,
            "answer_s": 90,
        },
    ],
}
START = datetime(2035, 1, 10, 11, 0, tzinfo=UTC) - timedelta(hours=8)
"""The formal session's start: 11:00 in Beijing."""


def page_charter() -> Charter:
    """The charter of the page's exam."""
    titles = Text("Demonstration exam: online interview", "测试考试（演示）网络面试")
    return replace(charter(), title=titles, privacy=PRIVACY)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class PageRoom:
    """The facts that the room answers with. ``at`` is its time now; from then on its clock runs."""

    url: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    """Steps that follow when the page has done something; empty: the step stays."""
    paper: dict[str, Any] | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    epoch: int = 0
    clocked: bool = False
    """Whether the room's clock leads from waiting to the questions and from there to the hand-in."""
    terms: dict[str, int] = field(default_factory=lambda: dict(TERMS))
    away: bool = False
    expired: bool = False
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Problems that calls are refused with, by name."""
    refuses_puts: bool = False
    segments: dict[tuple[str, int], str] = field(default_factory=dict)
    others: dict[str, dict[str, object]] = field(default_factory=dict)
    """Facts of the templates that have no attempt, by name."""
    _zero: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def at(self, moment: datetime) -> None:
        """Set the room's clock."""
        self._zero = moment.timestamp() - time.monotonic()

    def now(self) -> datetime:
        """The room's time."""
        return datetime.fromtimestamp(self._zero + time.monotonic(), UTC)

    def show(self, step: str, moment: datetime = START, **facts: object) -> None:
        """Name the step, the room's time, and other facts of the attempt."""
        self.at(moment)
        self.facts = {
            "nonce": NONCE,
            "kind": "formal",
            "session": 0,
            "title": {"zh": "正式面试", "en": "Formal interview"},
            "consent": {"version": "1", "agreed_at": None},
            "last_start": None,
            "starts_at": stamp(START),
            "ends_at": stamp(START + timedelta(minutes=10)),
            "handed_in_at": None,
            "handed_in_by": None,
            "receipt": None,
            "completed_at": None,
            "upload_until": stamp(START + timedelta(hours=72, minutes=10)),
            **facts,
            "step": step,
        }

    def go_on(self) -> None:
        """The page has done something: the next step."""
        if self.steps:
            self.facts["step"] = self.steps.pop(0)

    def made(self, name: str) -> list[dict[str, Any]]:
        """The bodies of all calls of one name."""
        return [body for called, body in self.calls if called == name]

    def answer(self, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer a call of the API."""
        with self._lock:
            self.calls.append((name, body))
            if self.expired:
                return 401, {"code": "OS-2011"}
            if name != "join" and body.get("epoch") != self.epoch:
                return 409, NEWER_WINDOW
            if name in self.refusals:
                return 409, self.refusals[name]
            answer = _CALLS[name](self, body)
            return 200, {"now": stamp(self.now()), **answer, "attempt": {**self.facts, "step": self.step()}}

    def step(self) -> str:
        """The step that is named."""
        step = str(self.facts["step"])
        if not self.clocked or step not in ("waiting", "questions"):
            return step
        if self.now() >= START + timedelta(minutes=10):
            return "hand-in"
        return "questions" if self.now() >= START else "waiting"

    def join(self, _body: dict[str, Any]) -> dict[str, Any]:
        """A window opens: it is the live one from now on."""
        self.epoch += 1
        return {"epoch": self.epoch, "terms": self.terms, "paper": self.paper, "answers": self.answers}

    def beat(self, body: dict[str, Any]) -> dict[str, Any]:
        """Give addresses for what is announced; name what is there."""
        puts = [
            {"take": one["take"], "n": one["n"], "method": "PUT", "headers": {}}
            | {"url": f"{self.url}/room/segments/{one['take']}/{one['n']}"}
            for one in body["segments"]
        ]
        received = [{"take": take, "n": n} for take, n in self.segments]
        return {"puts": puts, "received": received, "paper": self.paper, "every_s": 1}

    def keep_answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep an answer of the chain."""
        saved_at = stamp(self.now())
        self.answers.append({**body, "received_at": saved_at, "late": False})
        return {"saved_at": saved_at, "late": False}

    def acted(self, _body: dict[str, Any]) -> dict[str, Any]:
        """Note a step that was passed."""
        self.go_on()
        return {}

    def hand_in(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take the paper in."""
        self.facts |= {
            "handed_in_at": stamp(self.now()),
            "handed_in_by": body["by"],
            "receipt": {"number": "7K3M-92QF", "at": stamp(self.now()), "token": "x"},
        }
        return self.acted(body)


_CALLS: dict[str, Callable[[PageRoom, dict[str, Any]], dict[str, Any]]] = {
    "join": PageRoom.join,
    "beat": PageRoom.beat,
    "answer": PageRoom.keep_answer,
    "hand-in": PageRoom.hand_in,
    "consent": PageRoom.acted,
    "step": PageRoom.acted,
    "begin": PageRoom.acted,
}


def environment() -> Environment:
    """The page's templates, as the room compiles them."""
    compiled = Environment(
        loader=FileSystemLoader(templates("room")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    compiled.globals["static"] = lambda name: f"/room/static/0/{name}"
    return compiled


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    room: PageRoom
    pages: Environment

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if self.path in ("/room/", "/room/upload"):
            facts = {"charter": page_charter(), "mode": name or "attempt", "help_url": "/help"}
            self._page("room.html.j2", facts)
        elif name in self.room.others:
            self._page(name, self.room.others[name])
        elif self.path.startswith("/room/static/"):
            file = STATIC / name
            self._send(200, file.read_bytes(), TYPES[file.suffix])
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.room.away:
            self.close_connection = True
            return
        status, answer = self.room.answer(self.path.rpartition("/")[2], json.loads(body))
        self._send(status, json.dumps(answer).encode(), "application/json")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.room.refuses_puts or self.room.away:
            self._send(503, b"", "text/plain")
            return
        take, n = self.path.split("/")[-2:]
        self.room.segments[take, int(n)] = hashlib.sha256(body).hexdigest()
        self._send(201, b"", "text/plain")

    def _page(self, template: str, facts: dict[str, object]) -> None:
        words = self.pages.get_template(template).render(facts)
        self._send(200, words.encode(), "text/html; charset=utf-8")

    def _send(self, status: int, content: bytes, media_type: str) -> None:
        self.send_response(HTTPStatus(status))
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(content)))
        self.send_header("content-security-policy", POLICY)
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Nothing is logged."""


class Serving:
    """A served room; ``close`` ends it."""

    def __init__(self) -> None:
        self.room = PageRoom()
        handler = type("Handler", (_Handler,), {"room": self.room, "pages": environment()})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.room.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
