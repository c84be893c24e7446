"""HTTP client for the portal, over urllib and the system's TLS.

It follows no redirect to another origin. Responses have a size limit, and each request has a time limit.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPMessage
from typing import IO, Callable, Iterable, Iterator, List, Mapping, Optional, Union

from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable
from signing.errors import OneSeatError

_MAX_REFUSAL_BYTES = 64 * 1024

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

    def fetch(self, name: str, body: Optional[bytes], max_bytes: int) -> bytes:
        """Send a request and read the whole response; the time limit is for both together.

        Raises:
            PortalUnreachable: there is no connection, or no complete response within the time limit.
            PortalAnswerUnusable: the response is larger than ``max_bytes``.
            OneSeatError: the status is an error; see ``parse_refusal``.
        """
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- the base is checked
        request.add_header("Accept", "application/json, application/jose, application/problem+json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        return _run_with_timeout(self._timeout_s, lambda: self._read(request, max_bytes))

    @contextlib.contextmanager
    def stream(self, name: str, body: Optional[Iterable[bytes]], length: int) -> Iterator[IO[bytes]]:
        """Send a request; the caller reads the response as it arrives. Each socket operation is timed.

        Raises:
            PortalUnreachable: there is no connection, or a socket operation failed or timed out.
            PortalAnswerUnusable: the body of an error response is too large.
            OneSeatError: the status is an error; see ``parse_refusal``.
        """
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- the base is checked
        if body is not None:
            request.add_header("Content-Type", "application/octet-stream")
            request.add_header("Content-Length", str(length))
        with self._open(request) as response:
            yield response

    def _read(self, request: urllib.request.Request, max_bytes: int) -> bytes:
        with self._open(request) as response:
            return _read_limited(response, max_bytes)

    @contextlib.contextmanager
    def _open(self, request: urllib.request.Request) -> Iterator[IO[bytes]]:
        try:
            opener = _opener(self._base, proxied=self._proxied)
            with opener.open(request, timeout=self._timeout_s) as response:
                yield response
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise self._parse_refusal(refusal.code, _read_limited(refusal, _MAX_REFUSAL_BYTES)) from None
        except urllib.error.URLError as fault:
            raise PortalUnreachable(reason=_describe_fault(fault.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise PortalUnreachable(reason=_describe_fault(fault)) from None


class _SameOriginOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects within one scheme, host and port; any other redirect is an error."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Optional[urllib.request.Request]:
        """Return the next request, or None to stop."""
        if _origin(newurl) != _origin(req.full_url):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _proxies() -> Mapping[str, str]:
    """Read the proxies configured in Windows; the environment is ignored, since others can set it."""
    if sys.platform == "win32":
        registered: Mapping[str, str] = urllib.request.getproxies_registry()  # type: ignore[attr-defined]
        return registered
    return {}


def _opener(url: str, *, proxied: bool) -> urllib.request.OpenerDirector:
    handlers: List[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(dict(_proxies() if proxied else {})),
        _SameOriginOnly(),
    ]
    if url.startswith("https:"):  # only then: loading the system's certificates is slow
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    return urllib.request.build_opener(*handlers)


def _run_with_timeout(seconds: float, work: Callable[[], bytes]) -> bytes:
    """Run ``work`` in a thread, and refuse when it takes longer than ``seconds``.

    A socket timeout covers one operation only. A name that does not resolve, or a response that arrives byte
    by byte, would otherwise block for minutes.
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
        raise PortalUnreachable(reason="timed out")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _read_limited(response: IO[bytes], max_bytes: int) -> bytes:
    data = response.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PortalAnswerUnusable(reason="too long")
    return data


def _describe_fault(fault: object) -> str:
    """Describe a network fault in the system's words, without addresses."""
    if isinstance(fault, ssl.SSLError):
        return f"TLS: {fault.reason or 'error'}"
    if isinstance(fault, (TimeoutError, socket.timeout)):
        return "timed out"
    text = getattr(fault, "strerror", None) or type(fault).__name__
    return str(text)[:120]
