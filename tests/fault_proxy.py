"""A fault-injecting HTTP proxy: simulates network failures and a busy server for a store.

It records each request and forwards it unchanged, including the Host header, so that signatures
stay valid. A function of the test decides which fault each request gets.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ProxiedRequest:
    """A recorded request: its number (from 1), method, path with query, body size and headers."""

    number: int
    method: str
    path: str
    body_bytes: int
    headers: Message = field(repr=False, compare=False)

    @property
    def kind(self) -> str:
        """The request's S3 operation."""
        query = self.path.partition("?")[2]
        if "uploads" in query:
            return "CreateMultipartUpload" if self.method == "POST" else "ListMultipartUploads"
        if "uploadId" in query:
            return {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}.get(
                self.method, "UploadPart"
            )
        if "delete" in query.split("&"):
            return "DeleteObjects"
        if "list-type" in query:
            return "ListObjects"
        return {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject"}.get(self.method, self.method)


@dataclass(frozen=True)
class Refuse:
    """Respond with an S3 error instead of forwarding."""

    status: int
    code: str


@dataclass(frozen=True)
class Reset:
    """Reset the connection: before the request is forwarded, or instead of its response."""

    after_the_server: bool = False


@dataclass(frozen=True)
class Truncate:
    """Forward the first bytes of the response's body, then close the connection normally."""

    after_bytes: int


@dataclass(frozen=True)
class Slow:
    """Delay the response."""

    seconds: float


@dataclass(frozen=True)
class CorruptBody:
    """Change a byte of the request's body."""


@dataclass(frozen=True)
class WithoutEntityTag:
    """Remove the entity tag from the response, in its headers and in its body."""


@dataclass(frozen=True)
class OtherDate:
    """Change the response's date by some seconds."""

    seconds: float


@dataclass(frozen=True)
class WithoutHeader:
    """Remove a header from the response."""

    name: str


Fault = Refuse | Reset | Truncate | Slow | CorruptBody | WithoutEntityTag | WithoutHeader | OtherDate | None


@dataclass
class FaultProxy:
    """A running proxy. ``fault`` returns the fault of each request."""

    url: str
    fault: Callable[[ProxiedRequest], Fault] = lambda _: None
    requests: list[ProxiedRequest] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _hold_at: int = sys.maxsize
    _held: threading.Event = field(default_factory=threading.Event)
    _holding: threading.Event = field(default_factory=threading.Event)

    def record(self, method: str, path: str, body_bytes: int, headers: Message) -> ProxiedRequest:
        """Record a request."""
        with self._lock:
            request = ProxiedRequest(len(self.requests) + 1, method, path, body_bytes, headers)
            self.requests.append(request)
        return request

    @property
    def kinds(self) -> list[str]:
        """The operations of the requests so far."""
        return [request.kind for request in self.requests]

    def set_fault(self, *kinds: str, fault: Fault) -> None:
        """Apply a fault to all requests of these kinds, or of all kinds if none is given."""
        self.fault = lambda request: fault if not kinds or request.kind in kinds else None

    def fail_first_of_each(self, fault: Fault) -> None:
        """Apply a fault to the first request of each kind to each path."""
        faulted: set[tuple[str, str]] = set()

        def fault_once(request: ProxiedRequest) -> Fault:
            with self._lock:
                request_key = request.kind, request.path.partition("?")[0]
                if request_key in faulted:
                    return None
                faulted.add(request_key)
            return fault

        self.fault = fault_once

    def go_away(self, seconds: float) -> None:
        """Reset every connection for some seconds from now on."""
        until = time.monotonic() + seconds
        self.fault = lambda _: Reset() if time.monotonic() < until else None

    def clear_fault(self) -> None:
        """Forward all requests again."""
        self.fault = lambda _: None

    def hold_at(self, number: int) -> None:
        """Hold request ``number`` and all later ones back before they are forwarded."""
        self._holding.clear()
        self._held.clear()
        self._hold_at = number

    def wait_for_hold(self, ended: Callable[[], bool]) -> bool:
        """Wait until a request is held back; False if the client has ended without one."""
        while not self._held.wait(0.02):
            if ended():
                return self._held.is_set()
        return True

    def release(self) -> None:
        """Drop the requests held back, and forward later ones."""
        self._hold_at = sys.maxsize
        self._holding.set()

    def wait_while_held(self, request: ProxiedRequest) -> bool:
        """Block while the request is held back; return whether it was."""
        if request.number < self._hold_at:
            return False
        self._held.set()
        self._holding.wait(60)
        return True


@contextlib.contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Run a proxy for the server at ``upstream``."""
    parts = urlsplit(upstream)

    class Handler(_Handler):
        target = (parts.hostname or "", parts.port or 80)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64
        proxy: FaultProxy

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignore clients that disconnect: tests do so on purpose."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.proxy = FaultProxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.proxy
        finally:
            server.shutdown()
            thread.join(timeout=20)


def _removed(fault: Fault) -> str:
    """The header that a fault removes."""
    if isinstance(fault, WithoutHeader):
        return fault.name.lower()
    return "etag" if fault == WithoutEntityTag() else ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: tuple[str, int]

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        proxy: FaultProxy = self.server.proxy  # type: ignore[attr-defined]
        request = proxy.record(self.command, self.path, length, self.headers)
        if proxy.wait_while_held(request):
            self._reset()
            return
        fault = proxy.fault(request)
        if isinstance(fault, Refuse):
            self._refuse(fault)
            return
        if fault == Reset():
            self._reset()
            return
        if fault == CorruptBody() and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        connection = http.client.HTTPConnection(*self.target, timeout=60)
        try:
            self._exchange(connection, body, fault)
        finally:
            connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815 -- as the base class wants it

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes, fault: Fault) -> None:
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "expect":  # handled by the base class
                connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        if fault == Reset(after_the_server=True):
            response.read()
            self._reset()
            return
        if isinstance(fault, Slow):
            time.sleep(fault.seconds)
        content = response.read()
        if fault == WithoutEntityTag():
            content = re.sub(rb"<ETag>.*?</ETag>", b"", content)
        self._relay_head(response, fault, len(content))
        if isinstance(fault, Truncate) and len(content) > fault.after_bytes:
            self.wfile.write(content[: fault.after_bytes])
            self.close_connection = True
            return
        self.wfile.write(content)

    def _relay_head(self, response: http.client.HTTPResponse, fault: Fault, size: int) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if isinstance(fault, OtherDate) and name.lower() == "date":
                moment = parsedate_to_datetime(value) + timedelta(seconds=fault.seconds)
                self.send_header(name, format_datetime(moment, usegmt=True))
            elif name.lower() == _removed(fault):
                continue
            elif name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        announced = response.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", announced or str(size))
        self.end_headers()

    def _refuse(self, fault: Refuse) -> None:
        content = b""
        if self.command != "HEAD":
            error = f"<Error><Code>{fault.code}</Code><Message>secret detail</Message></Error>"
            content = b'<?xml version="1.0" encoding="UTF-8"?>' + error.encode()
        self.send_response_only(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Log nothing."""
