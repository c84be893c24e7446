"""The portal as the client sees it: few questions, typed answers, nothing believed unsigned.

Only https, or http to this computer itself; no redirect to another origin; answers have
a size limit and the whole exchange a time limit; refusals are RFC 9457 problem documents.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import (
    IO,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
    Union,
)

from client.device import Device
from client.errors import PortalAnswerUnusable, PortalInsecure, PortalRefused, PortalUnreachable
from client.identity import Identity
from signing.binding import SEAT_KEY_BYTES
from signing.charter import Charter
from signing.errors import OneSeatError, Text
from signing.fields import Fields
from signing.jws import MAX_CHARTER_BYTES, b64url_decode, b64url_encode, parse_object
from signing.tokens import PortalTime, Ticket, activation_message, check_in_message, ticket_message

MAX_ANSWER_BYTES = 64 * 1024
TIMEOUT_S = 15.0
"""For one whole exchange: name, connection, request, answer."""

_Value = TypeVar("_Value")
_MAX_TEXT = 400
_CODE = re.compile(r"OS-([0-9]{3})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Activated:
    """What a portal's yes holds: the activation token and the seat key."""

    activation: str
    seat_key: bytes


@dataclass(frozen=True)
class Admitted:
    """A portal's yes at a door: the ticket, verified, as token and as claims; and what to tell beside it."""

    token: str
    ticket: Ticket
    warning: Optional[Text]


def check_secure(url: str) -> None:
    """Hold an address against the rule: https, or http to this computer.

    Raises:
        PortalInsecure: it is neither.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise PortalInsecure


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


def _proxies(url: str) -> Mapping[str, str]:
    """The proxies that Windows is set to use; never those of the environment, never for this computer."""
    if sys.platform == "win32" and not _is_loopback(urllib.parse.urlsplit(url).hostname or ""):
        registered: Mapping[str, str] = urllib.request.getproxies_registry()  # type: ignore[attr-defined]
        return registered
    return {}


def _opener(url: str) -> urllib.request.OpenerDirector:
    handlers: List[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(dict(_proxies(url))),
        _SameOriginOnly(),
    ]
    if url.startswith("https:"):  # loading the system's certificates takes a while
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    return urllib.request.build_opener(*handlers)


@dataclass(frozen=True)
class CheckedIn:
    """What the portal says to a device that holds its seat: its time (seconds since 1970) and charter."""

    now: int
    charter_version: int


class Portal:
    """One exam's portal.

    Raises:
        PortalInsecure: the charter's address is neither https nor this computer.
    """

    def __init__(self, charter: Charter, timeout_s: float = TIMEOUT_S) -> None:
        check_secure(charter.portal_url)
        self._charter = charter
        self._timeout_s = timeout_s
        exam = urllib.parse.quote(charter.exam, safe="")
        self._base = f"{charter.portal_url.rstrip('/')}/api/v1/exams/{exam}/"

    def charter_token(self) -> str:
        """The newest charter that the portal publishes, unverified.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        try:
            return self._exchange("charter", None, MAX_CHARTER_BYTES).decode("ascii").strip()
        except UnicodeDecodeError:
            raise PortalAnswerUnusable(reason="charter") from None

    def activate(self, licence: str, identity: Identity, device: Device) -> Activated:
        """Ask that this device be the seat's, with a fresh proof that it holds its key.

        The same device asking again gets the same activation.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        nonce = self._nonce()
        public_key = device.public_key
        signature = device.sign(activation_message(nonce, licence, public_key))
        answer = self._ask(
            "activations",
            {
                "licence": licence,
                "id_number": identity.id_number,
                "admission_number": identity.admission_number,
                "device_key": b64url_encode(public_key),
                "nonce": nonce,
                "signature": b64url_encode(signature),
            },
        )
        return _reading("activation", lambda: _activated(answer))

    def ticket(self, activation: Optional[str], kind: str, device: Device) -> Admitted:
        """Ask to enter the session of one kind (mock or formal) that is open now.

        Whoever comes back gets the ticket of the first time, so asking again is safe.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        nonce = self._nonce()
        signature = device.sign(ticket_message(nonce, activation or "", kind))
        answer = self._ask(
            "tickets",
            {"activation": activation, "kind": kind, "nonce": nonce, "signature": b64url_encode(signature)},
        )
        keys = self._charter.keys_for("ticket")
        return _reading("ticket", lambda: _admitted(answer, keys))

    def check_in(self, activation: str, build: str, device: Device) -> CheckedIn:
        """Say that this device is there; refused where the seat is its own no more.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        own, nonce = _fresh_nonce(), self._nonce()
        signature = device.sign(check_in_message(nonce, activation, own, build))
        answer = self._ask(
            "check-ins",
            {
                "activation": activation,
                "nonce": nonce,
                "client_nonce": own,
                "build": build,
                "signature": b64url_encode(signature),
            },
        )
        version = _reading("charter_version", lambda: answer.integer("charter_version"))
        return CheckedIn(self._time_in(answer, own).now, version)

    def signed_time(self) -> int:
        """The portal's time as it signed it just now: seconds since 1970, fractions cut off.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        return self._challenge()[1].now

    @contextlib.contextmanager
    def stream(
        self, name: str, body: Optional[Iterable[bytes]] = None, length: int = 0
    ) -> Iterator[IO[bytes]]:
        """One exchange, read by the caller as it arrives; ``length`` is that of the body, where there is one.

        The time limit holds for each step, not for the whole.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
        """
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- checked in __init__
        if body is not None:
            request.add_header("Content-Type", "application/octet-stream")
            request.add_header("Content-Length", str(length))
        with self._opened(request) as answer:
            yield answer

    def _nonce(self) -> str:
        """A nonce of the portal's, which proves with its signed time that it is the exam's portal."""
        answer, _ = self._challenge()
        return _reading("nonce", lambda: answer.text("nonce"))

    def _challenge(self) -> Tuple[Fields, PortalTime]:
        own = _fresh_nonce()
        answer = self._ask("nonces", {"client_nonce": own})
        return answer, self._time_in(answer, own)

    def _time_in(self, answer: Fields, own: str) -> PortalTime:
        """The time that an answer carries, signed by this exam's portal over our ``own`` nonce."""
        keys = self._charter.keys_for("activation")
        time = _reading("time", lambda: PortalTime.verified(answer.text("time"), keys))
        if (time.exam, time.nonce) != (self._charter.exam, own):
            raise PortalAnswerUnusable(reason="time")
        return time

    def _ask(self, name: str, body: Mapping[str, Optional[str]]) -> Fields:
        data = self._exchange(name, json.dumps(body).encode("ascii"), MAX_ANSWER_BYTES)
        return _reading(name, lambda: Fields(parse_object(data)))

    def _exchange(self, name: str, body: Optional[bytes], max_bytes: int) -> bytes:
        request = urllib.request.Request(self._base + name, data=body)  # noqa: S310 -- checked in __init__
        request.add_header("Accept", "application/json, application/jose, application/problem+json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        return _within(self._timeout_s, lambda: self._fetch(request, max_bytes))

    def _fetch(self, request: urllib.request.Request, max_bytes: int) -> bytes:
        with self._opened(request) as answer:
            return _limited(answer, max_bytes)

    @contextlib.contextmanager
    def _opened(self, request: urllib.request.Request) -> Iterator[IO[bytes]]:
        try:
            with _opener(self._base).open(request, timeout=self._timeout_s) as answer:
                yield answer
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _refusal(refusal.code, _limited(refusal, MAX_ANSWER_BYTES)) from None
        except urllib.error.URLError as fault:
            raise PortalUnreachable(reason=_short(fault.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise PortalUnreachable(reason=_short(fault)) from None


def _fresh_nonce() -> str:
    return b64url_encode(os.urandom(16))


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


def _reading(what: str, read: Callable[[], _Value]) -> _Value:
    """Turns every way in which an answer can be wrong into one refusal."""
    try:
        return read()
    except OneSeatError:
        raise PortalAnswerUnusable(reason=what) from None


def _activated(answer: Fields) -> Activated:
    seat_key = b64url_decode(answer.text("seat_key"))
    if len(seat_key) != SEAT_KEY_BYTES:
        raise PortalAnswerUnusable(reason="seat_key")
    return Activated(answer.text("activation"), seat_key)


def _admitted(answer: Fields, keys: Mapping[str, bytes]) -> Admitted:
    token = answer.text("ticket")
    warning = _text(answer.child("warning")) if answer.has("warning") else None
    return Admitted(token, Ticket.verified(token, keys), warning)


def _refusal(status: int, body: bytes) -> OneSeatError:
    """What an HTTP status and its body (RFC 9457, with our members) mean."""
    try:
        return parse_problem(status, parse_object(body))
    except OneSeatError:
        if status >= 500 or status == 429:
            return PortalUnreachable(reason=f"HTTP {status}")
        return PortalAnswerUnusable(reason=f"HTTP {status}")


def parse_problem(status: int, problem: Dict[str, Any]) -> PortalRefused:
    """The refusal in a problem document.

    Raises:
        TokenMalformed: it has not the portal's members.
    """
    fields = Fields(problem)
    code = _CODE.fullmatch(fields.text("code"))
    number = int(code.group(1)) if code else PortalRefused.number
    return PortalRefused.of(number, status, _text(fields.child("cause")), _text(fields.child("remedy")))


def _text(fields: Fields) -> Text:
    return Text(*(_CONTROL.sub(" ", fields.text(language))[:_MAX_TEXT] for language in ("en", "zh")))
