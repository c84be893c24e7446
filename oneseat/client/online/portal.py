"""Client of the portal's API: typed requests and responses, all signatures verified.

Addresses are https, or http to a loopback address. Responses have a size limit; refusals are problem
documents (RFC 9457). :mod:`oneseat.client.online.http` transfers the bytes.

Methods that raise PortalUnreachable, PortalAnswerUnusable and PortalRefused raise them when no response
arrives in time, when the response is malformed or wrongly signed, and when it is a problem document.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import urllib.parse
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)

from oneseat.client.computer.device import Device
from oneseat.client.errors import PortalAnswerUnusable, PortalInsecure, PortalRefused, PortalUnreachable
from oneseat.client.identity import Identity
from oneseat.client.online.help_answer import HelpAnswer, PictureList, parse_help_answer, parse_pictures
from signing import urls
from signing.binding import SEAT_KEY_BYTES, seat_key_proof
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import Fields
from signing.jws import MAX_CHARTER_BYTES, b64url_decode, b64url_encode, parse_object
from signing.refusals import TokenMalformed
from signing.text import Text, verbatim
from signing.tokens import (
    PortalTime,
    Ticket,
    activation_message,
    check_in_message,
    help_message,
    ticket_message,
)

if TYPE_CHECKING:
    from oneseat.client.online.http import HttpClient
    from oneseat.client.online.transport import Response

MAX_RESPONSE_BYTES = 64 * 1024
_MAX_ORDERS_BYTES = 1024 * 1024
TIMEOUT_S = 15.0
"""For one request: name resolution, connection, request and response."""
PICTURE_TIMEOUT_S = 120.0
"""For one picture, as long as the portal waits for it."""

_Value = TypeVar("_Value")
_PICTURES = "device-help/pictures"
_MAX_TEXT = 400
_SEAT_THROTTLED = 171
"""The portal's number for an activation that has to wait for the delay of failed ones."""
_REQUEST_INVALID = 184
"""The portal's number for a request that is not well formed."""
_CODE = re.compile(r"OS-(?!0+$)([0-9]{3,4})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class ActivationResponse:
    """Response to an activation: the activation token and the seat key."""

    activation: str
    seat_key: bytes


@dataclass(frozen=True)
class TicketResponse:
    """Response to a ticket request: the verified ticket as token and claims, and a warning to show."""

    token: str
    ticket: Ticket
    warning: Optional[Text]


@dataclass(frozen=True)
class CheckInResponse:
    """Response to a check-in: the portal's time (seconds since 1970) and its charter's version.

    ``mock`` is how far the candidate came in the mock interviews, ``terms`` a token of the seat's own times;
    empty if the portal does not say. ``orders`` is the number of the newest order that changes sessions.
    """

    now: int
    charter_version: int
    mock: str
    terms: str = ""
    orders: int = 0


class Portal:
    """API client for one exam's portal.

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
        """Fetch the newest charter token, not yet verified.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        try:
            return self._fetch("charter", None, MAX_CHARTER_BYTES).decode("ascii").strip()
        except UnicodeDecodeError:
            raise PortalAnswerUnusable(reason=Text("charter", "考试规程有误")) from None

    def activate(
        self,
        licence: str,
        identity: Identity,
        device: Device,
        traits: Optional[Mapping[str, bytes]] = None,
        seat_key: bytes = b"",
    ) -> ActivationResponse:
        """Activate a seat for this device, with a signature over a fresh nonce.

        Idempotent: the same device gets the same activation again. ``traits`` are the hashes by which the
        portal may recognise this computer under a new device key. Where failed activations of others delay
        it, ``seat_key`` proves that this device's is the owner's; empty if it is not known here yet.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        try:
            response = self._ask_activation(licence, identity, device, traits or {})
        except PortalRefused as refusal:
            response = self._ask_again(refusal, licence, identity, device, traits or {}, seat_key)
        return _parse_or_refuse("activation", lambda: _parse_activation_response(response))

    def _ask_again(
        self,
        refusal: PortalRefused,
        licence: str,
        identity: Identity,
        device: Device,
        traits: Mapping[str, bytes],
        seat_key: bytes,
    ) -> Fields:
        """Ask in the way that the refusal leaves open, or raise it.

        A portal of an earlier version knows neither traits nor proofs, and refuses what it does not know
        before it checks anything.
        """
        if traits and refusal.portal_number == _REQUEST_INVALID:
            return self._ask_activation(licence, identity, device, {})
        if not seat_key or refusal.portal_number != _SEAT_THROTTLED:
            raise refusal
        try:
            return self._ask_activation(licence, identity, device, traits, seat_key)
        except PortalRefused as again:
            raise refusal if again.portal_number == _REQUEST_INVALID else again from None

    def _ask_activation(
        self,
        licence: str,
        identity: Identity,
        device: Device,
        traits: Mapping[str, bytes],
        seat_key: bytes = b"",
    ) -> Fields:
        nonce = self._nonce()
        public_key = device.public_key
        signature = device.sign(activation_message(nonce, licence, public_key, traits))
        body: Dict[str, object] = {
            "licence": licence,
            "id_number": identity.id_number,
            "admission_number": identity.admission_number,
            "device_key": b64url_encode(public_key),
            "nonce": nonce,
            "signature": b64url_encode(signature),
        }
        if traits:
            body["traits"] = {name: b64url_encode(value) for name, value in traits.items()}
        if seat_key:
            body["seat_key_proof"] = b64url_encode(seat_key_proof(seat_key, nonce, public_key))
        return self._ask("activations", body)

    def ticket(self, activation: Optional[str], kind: str, device: Device) -> TicketResponse:
        """Request a ticket for the open session of a kind (mock or formal).

        Idempotent: within one session the portal returns the same ticket again.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        nonce = self._nonce()
        signature = device.sign(ticket_message(nonce, activation or "", kind))
        response = self._ask(
            "tickets",
            {"activation": activation, "kind": kind, "nonce": nonce, "signature": b64url_encode(signature)},
        )
        keys = self._charter.keys_for("ticket")
        return _parse_or_refuse("ticket", lambda: _parse_ticket_response(response, keys))

    def check_in(
        self, activation: str, build: str, device: Device, codes: Sequence[str] = ()
    ) -> CheckInResponse:
        """Report this device; refused if the seat belongs to another device by now.

        ``codes`` are for the desk: codes of refusals, and names of checks, as
        :func:`oneseat.client.diagnostics.check_in_codes` gives them. A portal that does not know them is
        asked again without.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        try:
            return self._check_in(activation, build, device, codes)
        except PortalRefused as refusal:
            if not codes or refusal.portal_number != _REQUEST_INVALID:
                raise
            return self._check_in(activation, build, device, ())

    def _check_in(self, activation: str, build: str, device: Device, codes: Sequence[str]) -> CheckInResponse:
        own, nonce = fresh_nonce(), self._nonce()
        body: Dict[str, object] = {
            "activation": activation,
            "nonce": nonce,
            "client_nonce": own,
            "build": build,
            "signature": b64url_encode(device.sign(check_in_message(nonce, activation, own, build))),
        }
        if codes:
            body["codes"] = list(codes)
        response = self._ask("check-ins", body)
        version = _parse_or_refuse("charter_version", lambda: response.integer("charter_version"))
        mock = _parse_or_refuse("mock", lambda: response.text("mock") if response.has("mock") else "")
        terms = _parse_or_refuse("terms", lambda: response.text("terms") if response.has("terms") else "")
        orders = _parse_or_refuse(
            "orders", lambda: response.integer("orders") if response.has("orders") else 0
        )
        return CheckInResponse(self._verify_time(response, own).now, version, mock, terms, orders)

    def orders(self, after: int) -> Tuple[str, ...]:
        """Fetch the signed orders with numbers above ``after``, not yet verified.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        data = self._fetch(f"room/orders?after={after}", None, _MAX_ORDERS_BYTES)
        return _parse_or_refuse("orders", lambda: Fields(parse_object(data)).texts("orders"))

    def help(self, activation: str, act: str, content: str, device: Device) -> Optional[HelpAnswer]:
        """Ask for help (``submit``), look at the request (``read``) or ``withdraw`` it, signed by the device.

        ``content`` is the request as JSON text; empty for the other acts. A seat has one open request:
        submitting again returns that one. None: the seat has made no request.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        nonce = self._nonce()
        body: Dict[str, object] = {
            "activation": activation,
            "nonce": nonce,
            "act": act,
            "content": content,
            "signature": b64url_encode(device.sign(help_message(nonce, activation, act, content))),
        }
        # Portals of an earlier version pass the query over, and refuse with OS-962.
        response = self._ask("device-help?empty_ok=true", body)
        return _parse_or_refuse("help_request", lambda: parse_help_answer(response))

    def add_picture(self, activation: str, picture: bytes, device: Device) -> PictureList:
        """Attach a picture to the seat's open help request; the device signs its SHA-256.

        Idempotent: the same picture sent again is one.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        digest = hashlib.sha256(picture).hexdigest()
        headers = {**self._signed_headers(activation, "picture", digest, device), "OneSeat-SHA256": digest}
        data = self._http_client().upload(_PICTURES, headers, picture, PICTURE_TIMEOUT_S)
        return _parse_picture_list(data)

    def remove_picture(self, activation: str, picture_id: int, device: Device) -> PictureList:
        """Take a picture of the seat's open help request away; safe to repeat.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        headers = self._signed_headers(activation, "remove-picture", str(picture_id), device)
        return _parse_picture_list(self._http_client().delete(f"{_PICTURES}/{picture_id}", headers))

    def _signed_headers(self, activation: str, act: str, content: str, device: Device) -> Dict[str, str]:
        """Sign a request whose body is no JSON."""
        nonce = self._nonce()
        signature = device.sign(help_message(nonce, activation, act, content))
        return {
            "OneSeat-Activation": activation,
            "OneSeat-Nonce": nonce,
            "OneSeat-Signature": b64url_encode(signature),
        }

    def signed_time(self) -> int:
        """Fetch the portal's signed time: whole seconds since 1970, rounded down.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        return self._challenge()[1].now

    @contextlib.contextmanager
    def stream(
        self, name: str, body: Optional[Iterable[bytes]] = None, length: int = 0
    ) -> Iterator[Response]:
        """Send a request whose response the caller reads as it arrives; ``length`` is the body's, if any.

        The time limit is for each operation.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see the module.
        """
        with self._http_client().stream(name, body, length) as response:
            yield response

    def _nonce(self) -> str:
        """Fetch a nonce; the signed time beside it proves that this is the exam's portal."""
        response, _ = self._challenge()
        return _parse_or_refuse("nonce", lambda: response.text("nonce"))

    def _challenge(self) -> Tuple[Fields, PortalTime]:
        own = fresh_nonce()
        response = self._ask("nonces", {"client_nonce": own})
        return response, self._verify_time(response, own)

    def _verify_time(self, response: Fields, own: str) -> PortalTime:
        """Verify the time in a response, which this exam's portal signed over our ``own`` nonce."""
        keys = self._charter.keys_for("activation")
        time = _parse_or_refuse("time", lambda: PortalTime.verify(response.text("time"), keys))
        if (time.exam, time.nonce) != (self._charter.exam, own):
            raise PortalAnswerUnusable(reason=Text("time", "时间有误"))
        return time

    def _ask(self, name: str, body: Mapping[str, object]) -> Fields:
        data = self._fetch(name, json.dumps(body).encode("ascii"), MAX_RESPONSE_BYTES)
        return _parse_or_refuse(name, lambda: Fields(parse_object(data)))

    def _fetch(self, name: str, body: Optional[bytes], max_bytes: int) -> bytes:
        return self._http_client().fetch(name, body, max_bytes)

    def _http_client(self) -> HttpClient:
        from oneseat.client.online.http import HttpClient  # imported late: its imports would slow every start

        return HttpClient(self._base, self._timeout_s, parse_refusal, proxied=self._is_proxied)


def fresh_nonce() -> str:
    """A nonce of this client, over which a server signs, so that no earlier answer fits."""
    return b64url_encode(os.urandom(16))


def _parse_or_refuse(what: str, read: Callable[[], _Value]) -> _Value:
    """Convert every error of ``read`` into one refusal."""
    try:
        return read()
    except OneSeatError:
        raise PortalAnswerUnusable(reason=verbatim(what)) from None


def _parse_picture_list(data: bytes) -> PictureList:
    return _parse_or_refuse("pictures", lambda: parse_pictures(Fields(parse_object(data))))


def _parse_activation_response(response: Fields) -> ActivationResponse:
    seat_key = b64url_decode(response.text("seat_key"))
    if len(seat_key) != SEAT_KEY_BYTES:
        raise PortalAnswerUnusable(reason=verbatim("seat_key"))
    return ActivationResponse(response.text("activation"), seat_key)


def _parse_ticket_response(response: Fields, keys: Mapping[str, bytes]) -> TicketResponse:
    token = response.text("ticket")
    warning = _text(response.child("warning")) if response.has("warning") else None
    return TicketResponse(token, Ticket.verify(token, keys), warning)


def parse_refusal(status: int, body: bytes) -> OneSeatError:
    """Convert an HTTP error status and its body (RFC 9457 with our members) into a refusal."""
    try:
        return parse_problem(status, parse_object(body))
    except OneSeatError:
        if status >= 500 or status == 429:
            return PortalUnreachable(reason=Text(f"HTTP status {status}", f"状态码 {status}"))
        return PortalAnswerUnusable(reason=verbatim(f"HTTP {status}"))


def parse_problem(status: int, problem: Dict[str, Any]) -> PortalRefused:
    """Parse a problem document.

    Raises:
        TokenMalformed: a member is missing, or a text is empty.
    """
    fields = Fields(problem)
    code = _CODE.fullmatch(fields.text("code"))
    number = int(code.group(1)) if code else PortalRefused.number
    return PortalRefused.of(number, status, _text(fields.child("cause")), _text(fields.child("remedy")))


def _text(fields: Fields) -> Text:
    """Parse a text in both languages, and truncate it to a length that can be shown.

    Raises:
        TokenMalformed: one of them is empty or blank.
    """
    en, zh = (_CONTROL.sub(" ", fields.text(language))[:_MAX_TEXT] for language in ("en", "zh"))
    if not en.strip() or not zh.strip():
        raise TokenMalformed(reason=Text("an empty text", "文字为空"))
    return Text(en, zh)
