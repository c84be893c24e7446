"""Sends one request by WinHTTP's asynchronous functions, and ends it when its time limit is over.

Each function starts an operation; a callback on a thread of WinHTTP reports its end, for which the calling
thread waits. Closing the request ends an operation that is under way. Synchronous requests must not be closed
by another thread (Microsoft's page on WinHttpCloseHandle).
"""

from __future__ import annotations

import atexit
import ctypes
import itertools
import sys
import threading
from ctypes import wintypes
from functools import partial
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from oneseat.client.errors import PortalAnswerUnusable
from oneseat.client.online.errors import PortalTimedOut, ProxyLoginNeeded, ProxyUnreachable
from oneseat.client.online.transport import Request
from oneseat.client.online.winhttp import faults
from signing.errors import OneSeatError
from signing.text import verbatim

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.online.winhttp import library  # noqa: E402
from oneseat.client.online.winhttp.library import winhttp  # noqa: E402

_AGENT = "OneSeat"
_READ_BYTES = 32 * 1024
_MAX_HEADER_BYTES = 64 * 1024
_MAX_LOCATION_CHARACTERS = 2048
_PROXY_LOGIN = 407
_WINDOWS_WITH_TLS1_3 = 20348
"""Build of the first Windows whose TLS 1.3 is finished. Earlier ones take the flag, and then fail."""
_COMPLETIONS = frozenset(
    (
        library.STATUS_SENDREQUEST_COMPLETE,
        library.STATUS_WRITE_COMPLETE,
        library.STATUS_HEADERS_AVAILABLE,
        library.STATUS_READ_COMPLETE,
        library.STATUS_REQUEST_ERROR,
    )
)

_open_exchanges: Dict[int, Exchange] = {}
"""Keeps exchanges and their buffers until WinHTTP reports that it has let go of the request."""
_numbers = itertools.count(1)


class Exchange:
    """One request through one proxy, or directly if ``proxy`` is empty, and its response."""

    def __init__(self, request: Request, proxy: str) -> None:
        self._request, self._proxy = request, proxy
        self._number = next(_numbers)
        self._done = threading.Event()
        self._error = self._tls_flags = self._length = 0
        self._buffer = ctypes.create_string_buffer(_READ_BYTES)
        self._sending: Optional[bytes] = None
        self._handles: List[int] = []
        self._reached = self._body_began = False
        self.status, self.location = 0, ""

    @property
    def may_be_repeated(self) -> bool:
        """Whether another route may help: nothing has reached the portal, and the body can be sent again."""
        return not self._reached and not self._body_began

    def send(self, connect_s: float) -> None:
        """Connect within ``connect_s`` seconds, send the request, and receive status and headers.

        Raises:
            PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.transport`.
        """
        request = self._request
        handle = self._open()
        body, chunks = _split(request)
        self._sending = body
        self._run(
            lambda: winhttp.WinHttpSendRequest(
                handle, None, 0, body, len(body or b""), request.length, self._number
            ),
            connect_s,
        )
        self._reached = True
        self._send_chunks(handle, chunks)
        self._run(lambda: winhttp.WinHttpReceiveResponse(handle, None))
        self.status, self.location = _status(handle), _location(handle)
        self._refuse_answer_of_proxy(handle)

    def read(self, count: int) -> bytes:
        """Read at most ``count`` bytes, and fewer only at the body's end.

        Raises:
            PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.transport`.
        """
        pieces: List[bytes] = []
        while count > 0:
            piece = self._read_some(min(count, _READ_BYTES))
            if not piece:
                break
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close all handles, which ends an operation under way."""
        handles, self._handles = self._handles, []
        for handle in reversed(handles):
            winhttp.WinHttpCloseHandle(handle)

    def abandon(self) -> None:
        """Close all handles without a further report: the interpreter that would take it is about to end."""
        for handle in self._handles[-1:]:
            winhttp.WinHttpSetStatusCallback(handle, library.StatusCallback(), 0, 0)
        self.close()

    def notify(self, status: int, information: Optional[int], length: int) -> None:
        """Take a report of WinHTTP; runs on its thread."""
        if status == library.STATUS_SECURE_FAILURE and information:
            self._tls_flags = wintypes.DWORD.from_address(information).value
        if status == library.STATUS_REQUEST_ERROR:
            self._error = library.AsyncResult.from_address(information).error if information else -1
        if status == library.STATUS_READ_COMPLETE:
            self._length = length
        if status in _COMPLETIONS:
            self._done.set()

    def _open(self) -> int:
        """Open session, connection and request, and return the request's handle."""
        request = self._request
        access = library.ACCESS_TYPE_NAMED_PROXY if self._proxy else library.ACCESS_TYPE_NO_PROXY
        session = self._keep(
            winhttp.WinHttpOpen(_AGENT, access, self._proxy or None, None, library.FLAG_ASYNC)
        )
        _ask_for_protocols(session)
        connection = self._keep(winhttp.WinHttpConnect(session, request.parts.hostname, request.port, 0))
        flags = library.FLAG_SECURE if request.parts.scheme == "https" else 0
        handle = self._keep(
            winhttp.WinHttpOpenRequest(connection, request.method, request.path, None, None, None, flags)
        )
        self._configure(handle)
        return handle

    def _keep(self, handle: Optional[int]) -> int:
        if not handle:
            raise self._refusal(ctypes.get_last_error())
        self._handles.append(handle)
        return handle

    def _configure(self, handle: int) -> None:
        # Redirects and logins are never followed by themselves: they would send the request elsewhere.
        disabled = library.DISABLE_COOKIES | library.DISABLE_REDIRECTS | library.DISABLE_AUTHENTICATION
        if not library.set_number(handle, library.OPTION_DISABLE_FEATURE, disabled):
            raise self._refusal(ctypes.get_last_error())
        for name, value in self._request.headers.items():
            winhttp.WinHttpAddRequestHeaders(handle, f"{name}: {value}", 0xFFFFFFFF, library.ADD_HEADER)
        library.set_number(handle, library.OPTION_MAX_RESPONSE_HEADER_SIZE, _MAX_HEADER_BYTES)
        each_ms = max(1, int(self._request.limit.left_s() * 1000))
        winhttp.WinHttpSetTimeouts(handle, each_ms, each_ms, each_ms, each_ms)
        number = ctypes.c_size_t(self._number)
        winhttp.WinHttpSetOption(
            handle, library.OPTION_CONTEXT_VALUE, ctypes.byref(number), ctypes.sizeof(number)
        )
        _open_exchanges[self._number] = self
        winhttp.WinHttpSetStatusCallback(handle, _notify, library.CALLBACK_FLAG_ALL, 0)

    def _run(self, start: Callable[[], int], limit_s: Optional[float] = None) -> None:
        """Start an operation, and wait for its end.

        Raises:
            PortalUnreachable, PortalAnswerUnusable: it failed, or took longer than the time limit.
        """
        self._done.clear()
        if not start():
            raise self._refusal(ctypes.get_last_error())
        left_s = self._request.limit.left_s()
        if not self._done.wait(left_s if limit_s is None else min(left_s, limit_s)):
            self.close()
            raise self._refusal(faults.TIMEOUT)
        if self._error:
            raise self._refusal(self._error)

    def _refusal(self, error: int) -> OneSeatError:
        # Once the request was sent through its tunnel, the proxy has done its part.
        return faults.refusal_of(error, self._tls_flags, "" if self._reached else self._proxy)

    def _send_chunks(self, handle: int, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._body_began = True
            self._sending = chunk
            self._run(partial(winhttp.WinHttpWriteData, handle, chunk, len(chunk), None))

    def _refuse_answer_of_proxy(self, handle: int) -> None:
        """Refuse a response that the proxy gave in the portal's place.

        Over https, a proxy may answer CONNECT with an error of its own, which anybody on the way can forge.
        """
        if not self._proxy:
            return
        if self.status == _PROXY_LOGIN:
            self._reached = False
            raise ProxyLoginNeeded(proxy=self._proxy)
        if self._request.parts.scheme == "https" and not library.has_certificate(handle):
            self._reached = False
            raise ProxyUnreachable(proxy=self._proxy)

    def _read_some(self, count: int) -> bytes:
        if not self._handles:
            raise PortalTimedOut
        handle = self._handles[-1]
        self._run(lambda: winhttp.WinHttpReadData(handle, self._buffer, count, None))
        return self._buffer.raw[: self._length]


def _take_report(_handle: int, number: int, status: int, information: Optional[int], length: int) -> None:
    exchange = _open_exchanges.get(number)
    if exchange is None:
        return
    exchange.notify(status, information, length)
    if status == library.STATUS_HANDLE_CLOSING:
        _open_exchanges.pop(number, None)


_notify = library.StatusCallback(_take_report)


def _abandon_all() -> None:
    for exchange in list(_open_exchanges.values()):
        exchange.abandon()


atexit.register(_abandon_all)


def _ask_for_protocols(session: int) -> None:
    """Ask for TLS 1.2, and 1.3 where Windows has it; a Windows that refuses both keeps its own choice."""
    version = sys.getwindowsversion()
    if max(version.build, version.platform_version[2]) >= _WINDOWS_WITH_TLS1_3 and library.set_number(
        session, library.OPTION_SECURE_PROTOCOLS, library.PROTOCOL_TLS1_2 | library.PROTOCOL_TLS1_3
    ):
        return
    library.set_number(session, library.OPTION_SECURE_PROTOCOLS, library.PROTOCOL_TLS1_2)


def _split(request: Request) -> Tuple[Optional[bytes], Iterable[bytes]]:
    """Split a body into what is sent with the headers, and what follows in chunks."""
    if request.body is None or isinstance(request.body, bytes):
        return request.body, ()
    return None, request.body


def _status(handle: int) -> int:
    status, size = wintypes.DWORD(), wintypes.DWORD(ctypes.sizeof(wintypes.DWORD))
    query = library.QUERY_STATUS_CODE | library.QUERY_FLAG_NUMBER
    known = winhttp.WinHttpQueryHeaders(handle, query, None, ctypes.byref(status), ctypes.byref(size), None)
    if not known:
        raise PortalAnswerUnusable(reason=verbatim("HTTP"))
    return status.value


def _location(handle: int) -> str:
    text = ctypes.create_unicode_buffer(_MAX_LOCATION_CHARACTERS)
    size = wintypes.DWORD(ctypes.sizeof(text))
    known = winhttp.WinHttpQueryHeaders(
        handle, library.QUERY_LOCATION, None, ctypes.byref(text), ctypes.byref(size), None
    )
    return text.value if known else ""
