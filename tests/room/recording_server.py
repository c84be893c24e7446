"""A small room for the recorder's tests: pages, the beat, and PUTs of segments into a folder."""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STATIC = Path(__file__).parents[2] / "templates" / "room" / "static"
PAGES = Path(__file__).parent / "browser"
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".html": "text/html; charset=utf-8", ".css": "text/css"}
BLOCK = 65536


@dataclass(frozen=True)
class Answer:
    """What the next PUT is answered with instead of being stored, after a delay."""

    status: int = 0
    delay_s: float = 0


@dataclass(frozen=True)
class Grant:
    """What one address may be used for."""

    path: Path
    size: int
    sha256: str
    until: float


@dataclass
class RecordingRoom:
    """What the room knows and stores of one attempt; ``url_life_s`` is how long an address is good."""

    folder: Path
    url_life_s: float = 60
    epoch: int = 0
    refuses_older_windows: bool = True
    takes: dict[str, dict[str, Any]] = field(default_factory=dict)
    announced: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    beats: list[dict[str, Any]] = field(default_factory=list)
    puts: list[tuple[str, int]] = field(default_factory=list)
    """Every PUT's file name and the status that it was answered with."""
    most_at_once: int = 0
    answers: list[Answer] = field(default_factory=list)
    _grants: dict[str, Grant] = field(default_factory=dict)
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def join(self) -> dict[str, Any]:
        """A window that is newer takes over."""
        with self._lock:
            self.epoch += 1
            return {"epoch": self.epoch, "now": time.time() * 1000}

    def beat(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take in what a page says, and give addresses for the segments that it names."""
        with self._lock:
            if body["epoch"] != self.epoch and self.refuses_older_windows:
                return 409, {"code": "OS-2010"}
            self.beats.append(body)
            self.events += body["events"]
            for take in body["takes"]:
                before = self.takes.get(take["take"], {}).get("promised")
                assert before is None or take["promised"] >= before
                self.takes[take["take"]] = take
            assert len(body["segments"]) <= 20
            puts = [self._grant(segment) for segment in body["segments"]]
            received = [{"take": take, "n": n} for take, n in self.announced if self._path(take, n).is_file()]
            return 200, {"now": time.time() * 1000, "puts": puts, "received": received, "every_s": 1}

    def _grant(self, segment: dict[str, Any]) -> dict[str, Any]:
        key = (segment["take"], segment["n"])
        assert self.announced.setdefault(key, segment)["sha256"] == segment["sha256"]
        token = secrets.token_hex(16)
        until = time.monotonic() + self.url_life_s
        self._grants[token] = Grant(self._path(*key), segment["size"], segment["sha256"], until)
        headers = {"Content-Type": "video/webm"}
        return {
            "take": key[0],
            "n": key[1],
            "method": "PUT",
            "url": f"/room/segments/{token}",
            "headers": headers,
        }

    def _path(self, take: str, n: int) -> Path:
        return self.folder / take / f"{n:06d}-{self.announced[take, n]['sha256']}.webm"

    def put(self, token: str, length: int, stream: Any) -> int:
        """Store a segment; returns the status."""
        with self._lock:
            answer = self.answers.pop(0) if self.answers else Answer()
            grant = self._grants.get(token)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            # Read in any case: a browser that is still sending sees a broken connection, and no status.
            body = stream.read(length)
            time.sleep(answer.delay_s)
            return answer.status or (self._store(grant, body) if grant else 403)
        finally:
            with self._lock:
                self._at_once -= 1

    def _store(self, grant: Grant, body: bytes) -> int:
        if grant.until < time.monotonic():
            return 403
        if len(body) != grant.size:
            return 413
        if hashlib.sha256(body).hexdigest() != grant.sha256:
            return 400
        if grant.path.exists():
            return 200
        grant.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = grant.path.with_suffix(".tmp")
        temporary.write_bytes(body)
        temporary.rename(grant.path)
        return 201

    def note_put(self, token: str, status: int) -> None:
        """Keep what a PUT was answered with."""
        with self._lock:
            grant = self._grants.get(token)
            self.puts.append((grant.path.name if grant else "", status))

    def codes(self) -> list[str]:
        """Return the codes of all events, in order."""
        with self._lock:
            return [event["code"] for event in self.events]

    def event(self, code: str) -> dict[str, Any]:
        """Return the newest event of a code."""
        with self._lock:
            return next(event for event in reversed(self.events) if event["code"] == code)

    def files(self, take: str) -> list[Path]:
        """Return a take's stored segments, in order."""
        return sorted((self.folder / take).glob("*.webm"))

    def is_complete(self) -> bool:
        """Whether every take has promised a number of segments, and just these are stored."""
        with self._lock:
            takes = dict(self.takes)
        return bool(takes) and all(
            take["promised"] is not None
            and [int(path.name[:6]) for path in self.files(name)] == list(range(take["promised"]))
            for name, take in takes.items()
        )


class RecordingServer:
    """Serves a `RecordingRoom`; it can go away and come back under the same address."""

    def __init__(self) -> None:
        self.room: RecordingRoom
        self._server: _Server | None = None
        self._port = 0

    @property
    def handler(self) -> type[BaseHTTPRequestHandler]:
        """What answers a connection."""
        return Handler

    @property
    def url(self) -> str:
        """The origin. ``localhost`` is a secure context, as https is."""
        return f"http://localhost:{self._port}"

    def start(self) -> None:
        """Begin to serve, under the same port each time."""
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and break those that are open."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._server.break_connections()
        self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], serving: RecordingServer) -> None:
        self.serving = serving
        self._connections: set[socket.socket] = set()
        super().__init__(address, serving.handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that was killed, or a connection that was broken on purpose, is no fault."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def room(self) -> RecordingRoom:
        return self.server.serving.room

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        folder = STATIC if path.startswith("/room/static/") else PAGES
        file = folder / Path(path if path != "/room/" else "/room/recording_page.html").name
        if file.suffix in TYPES and file.is_file():
            self._answer(200, file.read_bytes(), TYPES[file.suffix])
        else:
            self._answer(204, b"", "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/room/api/join":
            status, answer = 200, self.room.join()
        else:
            status, answer = self.room.beat(body)
        self._answer(status, json.dumps(answer).encode(), "application/json")

    def do_PUT(self) -> None:
        token = self.path.rsplit("/", 1)[-1]
        status = self.room.put(token, int(self.headers["Content-Length"]), self.rfile)
        self.room.note_put(token, status)
        self._answer(status, b"", "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""
