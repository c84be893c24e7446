"""How the client and its portal exchange bytes, over http.client and the system's own TLS.

No redirect to another origin; answers have a size limit, and a whole exchange a time limit.
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

Refusal = Callable[[int, bytes], OneSeatError]
"""What an HTTP status that refuses, and the body with it, mean."""


class Exchange:
    """Exchanges below one address, which must have been found secure; ``refusal`` reads what refuses.

    ``proxied`` lets it go by the proxies that Windows is set to use.
    """

    def __init__(self, base: str, timeout_s: float, refusal: Refusal, *, proxied: bool) -> None:
        self._base = base
        self._timeout_s = timeout_s
        self._refusal = refusal
        self._proxied = proxied

    def fetch(self, name: str, body: Optional[bytes], max_bytes: int) -> bytes:
        """The whole answer; the time limit holds for the whole exchange.

        Raises:
            PortalUnreachable, PortalAnswerUnusable: as their names say.
            OneSeatError: what ``refusal`` makes of a status that refuses.
        """
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- found secure before
        request.add_header("Accept", "application/json, application/jose, application/problem+json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        return _within(self._timeout_s, lambda: self._read(request, max_bytes))

    @contextlib.contextmanager
    def stream(self, name: str, body: Optional[Iterable[bytes]], length: int) -> Iterator[IO[bytes]]:
        """The answer, read by the caller as it arrives; the time limit holds for each step.

        Raises:
            PortalUnreachable, PortalAnswerUnusable: as their names say.
            OneSeatError: what ``refusal`` makes of a status that refuses.
        """
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- found secure before
        if body is not None:
            request.add_header("Content-Type", "application/octet-stream")
            request.add_header("Content-Length", str(length))
        with self._opened(request) as answer:
            yield answer

    def _read(self, request: urllib.request.Request, max_bytes: int) -> bytes:
        with self._opened(request) as answer:
            return _limited(answer, max_bytes)

    @contextlib.contextmanager
    def _opened(self, request: urllib.request.Request) -> Iterator[IO[bytes]]:
        try:
            opener = _opener(self._base, proxied=self._proxied)
            with opener.open(request, timeout=self._timeout_s) as answer:
                yield answer
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise self._refusal(refusal.code, _limited(refusal, _MAX_REFUSAL_BYTES)) from None
        except urllib.error.URLError as fault:
            raise PortalUnreachable(reason=_short(fault.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise PortalUnreachable(reason=_short(fault)) from None


class _SameOriginOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects within one scheme, host and port; any other is left as an error."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Optional[urllib.request.Request]:
        """The next request, or None to stop."""
        if _origin(newurl) != _origin(req.full_url):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _proxies() -> Mapping[str, str]:
    """The proxies that Windows is set to use; never those of the environment."""
    if sys.platform == "win32":
        registered: Mapping[str, str] = urllib.request.getproxies_registry()  # type: ignore[attr-defined]
        return registered
    return {}


def _opener(url: str, *, proxied: bool) -> urllib.request.OpenerDirector:
    handlers: List[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(dict(_proxies() if proxied else {})),
        _SameOriginOnly(),
    ]
    if url.startswith("https:"):  # loading the system's certificates takes a while
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    return urllib.request.build_opener(*handlers)


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """The work's result, or a refusal once ``seconds`` are over, whatever it hangs on.

    A socket's own time limit covers one step only; a name that does not resolve, or an
    answer that drips in byte by byte, would hold the candidate for minutes.
    """
    outcome: List[Union[bytes, BaseException]] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as fault:  # noqa: BLE001 -- handed to the asking thread whole
            outcome.append(fault)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if not outcome:
        raise PortalUnreachable(reason="timed out")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _limited(answer: IO[bytes], max_bytes: int) -> bytes:
    data = answer.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PortalAnswerUnusable(reason="too long")
    return data


def _short(fault: object) -> str:
    """A network fault in a few words: the system's own, without addresses."""
    if isinstance(fault, ssl.SSLError):
        return f"TLS: {fault.reason or 'error'}"
    if isinstance(fault, (TimeoutError, socket.timeout)):
        return "timed out"
    text = getattr(fault, "strerror", None) or type(fault).__name__
    return str(text)[:120]
