"""HTTP client for the portal: one base address, limits on size and time, redirects within the portal only.

WinHTTP carries the requests on Windows, Python's sockets elsewhere.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import urllib.parse
from typing import Callable, Iterable, Iterator, List, Mapping, Optional, Union

from oneseat.client.errors import PortalAnswerUnusable
from oneseat.client.online.errors import PortalTimedOut
from oneseat.client.online.transport import Request, Response, TimeLimit, Transport
from signing.errors import OneSeatError
from signing.text import Text, verbatim

_ACCEPTED = "application/json, application/jose, application/problem+json"
_MAX_REFUSAL_BYTES = 64 * 1024
_CHUNK_BYTES = 64 * 1024
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))

ParseRefusal = Callable[[int, bytes], OneSeatError]
"""Turns an HTTP error status and its body into a refusal."""


class HttpClient:
    """Sends requests below one base address, which the caller has checked to be secure.

    ``parse_refusal`` turns error responses into refusals. ``proxied`` uses the proxies configured in Windows.
    """

    def __init__(self, base: str, timeout_s: float, parse_refusal: ParseRefusal, *, proxied: bool) -> None:
        self._base = base
        self._timeout_s = timeout_s
        self._parse_refusal = parse_refusal
        self._proxied = proxied
        self._transport = _system_transport()

    def fetch(self, name: str, body: Optional[bytes], max_bytes: int) -> bytes:
        """Send a request and read the whole response; the time limit is for both together.

        Raises:
            PortalUnreachable: there is no connection, or no complete response within the time limit. The
                class names the fault; see :mod:`oneseat.client.online.errors`.
            PortalAnswerUnusable: the response is not HTTP, or larger than ``max_bytes``.
            OneSeatError: the status is an error; see ``parse_refusal``.
        """
        headers = {"Accept": _ACCEPTED}
        if body is not None:
            headers["Content-Type"] = "application/json"
        limit = TimeLimit(self._timeout_s, self._timeout_s)
        request = Request(self._base + name, headers, body, len(body or b""), limit, self._proxied)
        return _run_with_timeout(self._timeout_s, lambda: self._read(request, max_bytes))

    def upload(self, name: str, headers: Mapping[str, str], body: bytes, whole_s: float) -> bytes:
        """Send a file in chunks, each within the time limit and all within ``whole_s``; read the response.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, OneSeatError: see :meth:`fetch`.
        """
        chunks = [body[start : start + _CHUNK_BYTES] for start in range(0, len(body), _CHUNK_BYTES)]
        limit = TimeLimit(self._timeout_s, whole_s)
        headers = {"Accept": _ACCEPTED, "Content-Type": "application/octet-stream", **headers}
        request = Request(self._base + name, headers, chunks, len(body), limit, self._proxied)
        return _run_with_timeout(whole_s, lambda: self._read(request, _MAX_REFUSAL_BYTES))

    def delete(self, name: str, headers: Mapping[str, str]) -> bytes:
        """Send a DELETE without a body, and read the response.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, OneSeatError: see :meth:`fetch`.
        """
        limit, headers = TimeLimit(self._timeout_s, self._timeout_s), {"Accept": _ACCEPTED, **headers}
        request = Request(self._base + name, headers, None, 0, limit, self._proxied, "DELETE")
        return _run_with_timeout(self._timeout_s, lambda: self._read(request, _MAX_REFUSAL_BYTES))

    @contextlib.contextmanager
    def stream(self, name: str, body: Optional[Iterable[bytes]], length: int) -> Iterator[Response]:
        """Send a request; the caller reads the response as it arrives. Each operation has the time limit.

        Raises:
            PortalUnreachable: there is no connection, or an operation failed or timed out.
            PortalAnswerUnusable: the response is not HTTP, or the body of an error response is too large.
            OneSeatError: the status is an error; see ``parse_refusal``.
        """
        headers = {} if body is None else {"Content-Type": "application/octet-stream"}
        limit = TimeLimit(self._timeout_s)
        request = Request(self._base + name, headers, body, length, limit, self._proxied)
        with self._open(request) as response:
            yield response

    def _read(self, request: Request, max_bytes: int) -> bytes:
        with self._open(request) as response:
            return _read_limited(response, max_bytes)

    @contextlib.contextmanager
    def _open(self, request: Request) -> Iterator[Response]:
        for _ in range(_MAX_REDIRECTS):
            with self._transport(request) as response:
                target = _redirect_target(request, response)
                if target is None:
                    self._refuse_errors(response)
                    yield response
                    return
            request = Request(target, request.headers, None, 0, request.limit, request.may_use_proxy)
        raise PortalAnswerUnusable(reason=verbatim("HTTP 302"))

    def _refuse_errors(self, response: Response) -> None:
        if not 200 <= response.status < 300:
            raise self._parse_refusal(response.status, _read_limited(response, _MAX_REFUSAL_BYTES))


def _system_transport() -> Transport:
    if sys.platform == "win32":
        from oneseat.client.online.winhttp.transport import exchange

        return exchange
    from oneseat.client.online.sockets import exchange as exchange_by_sockets

    return exchange_by_sockets


def _redirect_target(request: Request, response: Response) -> Optional[str]:
    """Return where a redirect leads; None unless it redirects a GET within scheme, host and port."""
    if response.status not in _REDIRECTS or request.method != "GET":
        return None
    try:
        target = urllib.parse.urljoin(request.url, response.location)
        return target if _origin(target) == _origin(request.url) else None
    except ValueError:
        return None


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _run_with_timeout(seconds: float, work: Callable[[], bytes]) -> bytes:
    """Run ``work`` in a thread, and refuse when it takes longer than ``seconds``.

    The transport ends its exchange by itself. A few calls of the system have no time limit, such as looking
    up a name through sockets or a proxy by a script; the candidate does not wait for those.
    """
    outcome: List[Union[bytes, BaseException]] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as fault:  # noqa: BLE001 -- raised again in the calling thread
            outcome.append(fault)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if not outcome:
        raise PortalTimedOut
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _read_limited(response: Response, max_bytes: int) -> bytes:
    data = response.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PortalAnswerUnusable(reason=Text("too long", "应答过长"))
    return data
