"""A proxy between browser and portal that breaks off the first downloads after so many bytes."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

_RANGE = re.compile(rb"\r\nrange: *(bytes=[^\r]*)", re.IGNORECASE)


class UnreliableProxy:
    """Proxies to ``target``, one request a connection; ``requested_ranges`` has the downloads' ranges."""

    def __init__(self, target: str, break_after: int, breaks: int) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), parts.port or 80)
        self._break_after = break_after
        self._breaks = breaks
        self.requested_ranges: list[str | None] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{1}".format(*self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), socket.create_connection(self._target) as far:
            request = self._request(near)
            if not request:
                return
            far.sendall(re.sub(rb"\r\nConnection: [^\r]*", b"\r\nConnection: close", request, count=1))
            limit = None
            if b"/installers/" in request.partition(b"\r\n")[0]:
                found = _RANGE.search(request)
                self.requested_ranges.append(found and found[1].decode())
                if len(self.requested_ranges) <= self._breaks:
                    limit = self._break_after
            self._answer(far, near, limit)

    @staticmethod
    def _request(near: socket.socket) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = near.recv(65536)
            if not piece:
                return b""
            head += piece
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        wanted = head.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
        while len(head) < wanted:
            head += near.recv(65536)
        return head

    @staticmethod
    def _answer(far: socket.socket, near: socket.socket, limit: int | None) -> None:
        sent = 0
        while piece := far.recv(8192):
            kept = piece if limit is None else piece[: limit - sent]
            near.sendall(kept)
            sent += len(kept)
            if limit is not None and sent >= limit:
                return


@contextlib.contextmanager
def unreliable_proxy(target: str, break_after: int, breaks: int) -> Iterator[UnreliableProxy]:
    """A proxy that is closed at the end."""
    proxy = UnreliableProxy(target, break_after, breaks)
    try:
        yield proxy
    finally:
        proxy.close()
