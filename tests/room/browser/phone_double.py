"""A small room for the phone's page: its page, its API, and a folder that takes the segments."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from oneseat.room.http.views import Views
from signing.jws import b64url_decode
from tests import charters
from tests.room.browser.browsing import PRIVACY
from tests.room.recording_server import Handler, RecordingRoom, RecordingServer

VIEWS = Views()
HOUR_S = 3600
NEEDS_CODE = ("OS-2186", "这个座位已有另一部手机在拍摄。", "请填写电脑上显示的换手机验证码。")
BUSY = ("OS-2183", "当前登录人数过多，请在 30 秒后重试。", "")
UNKNOWN = ("OS-2180", "姓名、准考证号或证件号码不对。", "请核对后再试。")
SUPERSEDED = ("OS-2010", "已在另一个窗口打开。", "")


class Refusal(Exception):
    """An answer that refuses, with its status."""

    def __init__(self, status: int, words: tuple[str, str, str]) -> None:
        super().__init__(words[0])
        self.status = status
        self.words = words

    def problem(self) -> dict[str, Any]:
        code, cause, remedy = self.words
        return {"code": code, "cause": {"zh": cause, "en": ""}, "remedy": {"zh": remedy, "en": ""}}


def wire(moment: float | None) -> str | None:
    """A time as the API writes it."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


@dataclass
class PhoneRoom(RecordingRoom):
    """One seat with one phone; tests set what the room decides."""

    exam: str = "test"
    sweep_s: int = 1
    terms_order: str = "gate"
    kind: str = "page"
    id_number: str = "11010519491231002X"
    needs_move: str = ""
    """The code without which a login is refused."""
    pair_code: str = ""
    phone: dict[str, Any] = field(default_factory=dict)
    attempt: dict[str, Any] | None = None
    permission: dict[str, Any] | None = None
    pc_silent: bool = False
    incident: dict[str, str] | None = None
    busy: bool = False
    """Whether too many log in."""
    films: bool = False
    """Whether a phone that logs in has passed all steps before."""
    forgotten: bool = False
    """The cookie is gone."""
    every_s: float = 1
    logins: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    """The live pictures that came."""
    promises: dict[str, int] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    key: bytes = b""

    def begin_attempt(self, ends_in_s: float = HOUR_S, kind: str = "mock") -> None:
        """The computer has entered the room."""
        now = time.time()
        title = {"zh": "测试面试", "en": "Test interview"}
        times = {
            "starts_at": wire(now),
            "ends_at": wire(now + ends_in_s),
            "record_until": wire(now + ends_in_s),
        }
        ends = {"handed_in_at": None, "completed_at": None, "upload_until": wire(now + 72 * HOUR_S)}
        self.attempt = {
            "nonce": "a1",
            "kind": kind,
            "session": 0,
            "title": title,
            "step": "questions",
            "picture_s": HOUR_S,
            **times,
            **ends,
        }

    def hand_in(self) -> None:
        """The computer has handed in."""
        assert self.attempt is not None
        self.attempt["handed_in_at"] = wire(time.time())

    def end(self, reopens_in_s: float) -> None:
        """Two persons have ended the attempt, whose own end is still to come."""
        self.hand_in()
        assert self.attempt is not None
        self.attempt["reopens_until"] = wire(time.time() + reopens_in_s)

    def reopen(self) -> None:
        """Somebody has opened it again."""
        assert self.attempt is not None
        self.attempt.update(handed_in_at=None, reopens_until=None)

    def outstanding(self) -> int:
        """How many segments are promised and not stored."""
        return sum(count - len(self.files(take)) for take, count in self.promises.items())

    def view(self) -> dict[str, Any]:
        return {
            "now": wire(time.time()),
            "phone": dict(self.phone),
            "attempt": self.attempt,
            "terms": {"order": self.terms_order, "sweep_s": self.sweep_s},
            "consent": {"version": self.phone["consent_version"]},
            "permission": self.permission,
            "pc_silent": self.pc_silent,
            "every_s": self.every_s,
            "incident": self.incident,
            "outstanding": self.outstanding(),
        }

    def answer(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call of the API."""
        if name == "challenge":
            self.nonces.add(nonce := secrets.token_hex(16))
            return {"nonce": nonce}
        if name in ("login", "return"):
            return self.login(body) if name == "login" else self.come_back(body)
        if self.forgotten or not self.phone:
            raise Refusal(401, UNKNOWN)
        if body["epoch"] != self.phone["epoch"] and self.phone["live"]:
            raise Refusal(409, SUPERSEDED)
        if name == "beat":
            return self.take_beat(body)
        self.take(name, body)
        return self.view()

    def login(self, body: dict[str, Any]) -> dict[str, Any]:
        self.verify("login", body, body["key"], "-")
        self.logins.append(body)
        if self.busy:
            raise Refusal(429, BUSY)
        if self.needs_move and body.get("move") != self.needs_move:
            raise Refusal(409, NEEDS_CODE)
        known = (
            body["pair"] == self.pair_code
            if "pair" in body
            else body["identity"]["id_number"] == self.id_number
        )
        if not known:
            raise Refusal(403, UNKNOWN)
        self.key = b64url_decode(body["key"])
        passed = wire(time.time()) if self.films else None
        times = dict.fromkeys(("consent_version", "checked_at", "swept_at", "placed_at"), passed)
        self.phone = {"id": "p1", "epoch": 1, "kind": body["kind"], "live": True, **times}
        self.epoch = 1
        return self.view()

    def come_back(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.phone or body["phone"] != self.phone["id"]:
            raise Refusal(404, UNKNOWN)
        self.verify("return", body, "", body["phone"])
        self.forgotten = False
        self.epoch += 1
        self.phone["epoch"] = self.epoch
        return self.view()

    def verify(self, purpose: str, body: dict[str, Any], key: str, phone: str) -> None:
        """Check a proof of the device key, over a nonce that is good once."""
        self.nonces.remove(body["nonce"])
        licence = hashlib.sha256(body["licence"].encode()).hexdigest() if body.get("licence") else "-"
        lines = ["oneseat/phone/v1", purpose, self.exam, body["nonce"], licence, phone]
        public = serialization.load_der_public_key(b64url_decode(key) if key else self.key)
        assert isinstance(public, ec.EllipticCurvePublicKey)
        proof = b64url_decode(body["proof"])
        signature = encode_dss_signature(int.from_bytes(proof[:32]), int.from_bytes(proof[32:]))
        try:
            public.verify(signature, "\n".join(lines).encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Refusal(403, UNKNOWN) from None

    def take(self, name: str, body: dict[str, Any]) -> None:
        if name == "consent":
            self.phone["consent_version"] = body["version"] if body["agreed"] else None
        elif name == "step":
            self.steps.append(body)
            key = {"check": "checked_at", "sweep": "swept_at", "placed": "placed_at"}[body["step"]]
            self.phone[key] = wire(time.time())
        else:
            assert name == "promise"
            self.promises |= {take["take"]: take["promised"] for take in body["takes"]}

    def take_beat(self, body: dict[str, Any]) -> dict[str, Any]:
        self.refuses_older_windows = False
        _, answer = self.beat(body)
        assert set(body["facts"]) == {"battery", "charging", "free_mib", "backlog_mib", "hidden"}
        return {**answer, **self.view()}


class PhoneServer(RecordingServer):
    """Serves a `PhoneRoom`, and the same files as the room does."""

    room: PhoneRoom

    @property
    def handler(self) -> type[BaseHTTPRequestHandler]:
        """What answers a connection."""
        return PhoneHandler


class PhoneHandler(Handler):
    """The phone's page and its API."""

    @property
    def room(self) -> PhoneRoom:
        room = self.server.serving.room
        assert isinstance(room, PhoneRoom)
        return room

    def do_GET(self) -> None:  # noqa: N802 -- the base class's name
        path = urlsplit(self.path).path
        if path == "/phone/":
            charter = replace(charters.charter(exam=self.room.exam), privacy=PRIVACY)
            help_url = f"{charter.portal_url}/e/test/help"
            page = VIEWS.page("phone/page.html.j2", charter=charter, kind=self.room.kind, help_url=help_url)
            self._send(200, bytes(page.body), "text/html; charset=utf-8")
        elif path.endswith(".svg"):
            self._send(204, b"", "text/plain")
        else:
            super().do_GET()

    def do_POST(self) -> None:  # noqa: N802 -- the base class's name
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if urlsplit(self.path).path == "/phone/api/picture":
            self.room.pictures.append(content)
            self._send(204, b"", "text/plain")
            return
        body = json.loads(content)
        try:
            status, answer = 200, self.room.answer(self.path.rpartition("/")[2], body)
        except Refusal as refusal:
            status, answer = refusal.status, refusal.problem()
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer(status, body, content_type)
