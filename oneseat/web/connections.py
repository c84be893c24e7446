"""Bounds what a connection may cost before its request is read: header size, header time, idle connections.

uvicorn's parser reads headers of any size, waits for them as long as the client likes, and counts idle
connections against the limit of the whole process. Behind nginx that is nginx's business; this is for a
server that is reached directly.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, OrderedDict, deque
from functools import partial
from typing import Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from oneseat.web.problems import MEDIA_TYPE, problem, status_of
from oneseat.web.refusals import HeadTooLarge, HostInvalid, RequestTooSlow, RequestUnreadable
from signing.errors import OneSeatError
from signing.jws import canonical_json

MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers together; browsers behind proxies that add headers send 1 to 4 KiB."""
HEAD_WITHIN_S = 20
"""A head is one or two packets, so this is generous to any line that can carry the download."""
MAX_WAITING = 1000
"""Connections of all addresses that may wait without a request. Past it the longest waiting is closed."""
MAX_WAITING_PER_ADDRESS = 500
"""The same for one address. Thousands of candidates may share one, but few of them wait at any moment."""
CHECK_INTERVAL_S = 1.0
_NOTHING_PIPELINED: deque[Any] = deque(maxlen=0)
"""For all connections: few browsers ever send a request before the last one is answered, and an empty queue
takes 600 bytes."""
_HOST = re.compile(rb"[A-Za-z0-9._~%:\[\]-]{1,255}")


class WaitingConnections:
    """The connections of one server on which no request is under way, longest waiting first.

    An instance belongs to one event loop. One timer serves all of them.
    """

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._since: OrderedDict[BoundedProtocol, float] = OrderedDict()
        self._by_address: Counter[str] = Counter()
        self._timer_running = False

    def add(self, connection: BoundedProtocol) -> None:
        """Count a connection as waiting; close the longest waiting one where there are too many."""
        if connection in self._since:
            return
        self._since[connection] = time.monotonic()
        self._by_address[connection.address] += 1
        if self._by_address[connection.address] > self._most_per_address:
            self._close(next(other for other in self._since if other.address == connection.address))
        elif len(self._since) > self._most:
            self._close(next(iter(self._since)))
        if not self._timer_running:
            self._timer_running = True
            asyncio.get_running_loop().call_later(CHECK_INTERVAL_S, self._refuse_slow)

    def discard(self, connection: BoundedProtocol) -> None:
        """No longer count a connection: its request is complete, or it is closed."""
        if self._since.pop(connection, None) is None:
            return
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def _close(self, connection: BoundedProtocol) -> None:
        self.discard(connection)
        connection.transport.close()

    def _refuse_slow(self) -> None:
        deadline = time.monotonic() - HEAD_WITHIN_S
        while self._since and next(iter(self._since.values())) <= deadline:
            connection = next(iter(self._since))
            self.discard(connection)
            connection.refuse_slow()
        self._timer_running = bool(self._since)
        if self._timer_running:
            asyncio.get_running_loop().call_later(CHECK_INTERVAL_S, self._refuse_slow)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with a bounded head and exactly one Host (RFC 9112, section 3.2)."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        waiting: WaitingConnections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.address = ""
        self._waiting = waiting
        self._in_head = True
        self._head_bytes = 0
        self._refusal: OneSeatError | None = None
        self.pipeline = _NOTHING_PIPELINED

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection as waiting for its first request."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._waiting.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._waiting.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and refuse a head that has grown too long."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HeadTooLarge(limit_bytes=MAX_HEAD_BYTES))

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Check the head, then start the request."""
        self._refusal = self._fault_of_head()
        if self._refusal is not None:
            # httptools stops parsing at an error of a callback; uvicorn then calls send_400_response.
            raise httptools.HttpParserError(self._refusal.code)
        self._in_head = False
        self._head_bytes = 0
        self._waiting.discard(self)
        is_next = self.cycle is not None and not self.cycle.response_complete
        if is_next and self.pipeline is _NOTHING_PIPELINED:
            self.pipeline = deque()  # uvicorn puts this request there
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Count the connection as waiting again, unless a pipelined request follows."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._waiting.add(self)
            if self.timeout_keep_alive >= HEAD_WITHIN_S:  # that registry's timer comes first
                self._unset_keepalive_if_required()
        self._forget_request()

    def on_message_complete(self) -> None:
        """End a request's body, which may be after its answer."""
        super().on_message_complete()
        if self.cycle is not None:
            self.cycle.more_body = False
            self._forget_request()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer what cannot be parsed, or what the head was refused for, as a problem document."""
        self._refuse(self._refusal or RequestUnreadable())

    def refuse_slow(self) -> None:
        """End a connection whose head did not arrive in time; silently where nothing of it did."""
        if self._head_bytes:
            self._refuse(RequestTooSlow(seconds=HEAD_WITHIN_S))
        else:
            self.transport.close()

    def _forget_request(self) -> None:
        """Let go of a request that is read and answered: uvicorn keeps it until the connection's next one.

        A process has thousands of connections that wait for the next call, and each kept four KiB for that.
        """
        if self.cycle.response_complete and not self.cycle.more_body:
            self.cycle = self.scope = self.headers = None  # type: ignore[assignment] # as before the first one
            self.url = b""

    def _fault_of_head(self) -> OneSeatError | None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            return HeadTooLarge(limit_bytes=MAX_HEAD_BYTES)
        hosts = [value for name, value in self.headers if name == b"host"]
        if not hosts and self.parser.get_http_version() == "1.0":
            return None
        return None if len(hosts) == 1 and _HOST.fullmatch(hosts[0]) else HostInvalid()

    def _refuse(self, refusal: OneSeatError) -> None:
        body = canonical_json(problem(refusal))
        head = (
            f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\ncache-control: no-store\r\n"
            "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status_of(refusal)] + head.encode("ascii") + body)
        self.transport.close()


def bounded_http(most: int | None = None, most_per_address: int | None = None) -> type[asyncio.Protocol]:
    """The protocol class for one server, with a registry of its own; for ``uvicorn.Config(http=...)``.

    ``most`` and ``most_per_address`` are in place of :data:`MAX_WAITING` and :data:`MAX_WAITING_PER_ADDRESS`.
    """
    waiting = WaitingConnections(most or MAX_WAITING, most_per_address or MAX_WAITING_PER_ADDRESS)
    return cast(type[asyncio.Protocol], partial(BoundedProtocol, waiting=waiting))
