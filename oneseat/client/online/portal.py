"""The portal as the client sees it: few questions, typed answers, nothing believed unsigned.

Only https, or http to this computer itself; answers have a size limit; refusals are RFC 9457
problem documents. How bytes come and go is :mod:`oneseat.client.online.http`'s.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import urllib.parse
from dataclasses import dataclass
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
)

from oneseat.client.computer.device import Device
from oneseat.client.errors import PortalAnswerUnusable, PortalInsecure, PortalRefused, PortalUnreachable
from oneseat.client.identity import Identity
from signing import urls
from signing.binding import SEAT_KEY_BYTES
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import Fields
from signing.jws import MAX_CHARTER_BYTES, b64url_decode, b64url_encode, parse_object
from signing.refusals import TokenMalformed
from signing.text import Text
from signing.tokens import PortalTime, Ticket, activation_message, check_in_message, ticket_message

if TYPE_CHECKING:
    from oneseat.client.online.http import Exchange

MAX_ANSWER_BYTES = 64 * 1024
TIMEOUT_S = 15.0
"""For one whole exchange: name, connection, request, answer."""

_Value = TypeVar("_Value")
_MAX_TEXT = 400
_CODE = re.compile(r"OS-(?!0+$)([0-9]{3,4})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


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
        address = urls.parse(charter.portal_url)
        if address is None or not address.is_secure:
            raise PortalInsecure
        self._charter = charter
        self._timeout_s = timeout_s
        exam = urllib.parse.quote(charter.exam, safe="")
        self._is_proxied = not address.is_local
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
        with self._wire().stream(name, body, length) as answer:
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
        return self._wire().fetch(name, body, max_bytes)

    def _wire(self) -> Exchange:
        from oneseat.client.online.http import Exchange  # here: the network's modules would slow every start

        return Exchange(self._base, self._timeout_s, _refusal, proxied=self._is_proxied)


def _fresh_nonce() -> str:
    return b64url_encode(os.urandom(16))


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
        TokenMalformed: it lacks one of the portal's members, or one of its texts is empty.
    """
    fields = Fields(problem)
    code = _CODE.fullmatch(fields.text("code"))
    number = int(code.group(1)) if code else PortalRefused.number
    return PortalRefused.of(number, status, _text(fields.child("cause")), _text(fields.child("remedy")))


def _text(fields: Fields) -> Text:
    """A text in both languages, cut to a length that can be shown.

    Raises:
        TokenMalformed: one of them says nothing: it is empty or blank.
    """
    en, zh = (_CONTROL.sub(" ", fields.text(language))[:_MAX_TEXT] for language in ("en", "zh"))
    if not en.strip() or not zh.strip():
        raise TokenMalformed(reason="an empty text")
    return Text(en, zh)
