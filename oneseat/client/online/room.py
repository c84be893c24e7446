"""Client of this project's exam room: a signed look at what became of the window, the attempt and its upload.

A look carries the ticket or, later, the upload grant, and the device's signature over all of it. The room
takes each signature once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, Mapping, Optional, Protocol, TypeVar

from oneseat.client.computer.device import Device
from oneseat.client.errors import (
    PortalAnswerUnusable,
    PortalRefused,
    PortalUnreachable,
    RoomInsecure,
    RoomSilent,
)
from oneseat.client.online.portal import MAX_RESPONSE_BYTES, fresh_nonce, parse_refusal
from signing import urls
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import Fields
from signing.jws import b64url_encode, canonical_json, parse_object
from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong
from signing.room_tokens import RoomTime, admission_message, look_message, upload_message
from signing.text import Text, verbatim

UPLOAD_PATH = "/enter-upload"
"""Where a grant is posted, below the room's origin."""
TIMEOUT_S = 10.0
_Answer = TypeVar("_Answer")
GRANT_ENDED = frozenset((2009, 2021))
"""The room's numbers for a grant that it does not know, and for an upload time that is over."""


@dataclass(frozen=True)
class AttemptFacts:
    """Times of an attempt as the room knows them, and the step of its page.

    ``paused_until`` is when a pause that holds now ends by itself; None without one.
    """

    step: str
    starts_at: Optional[datetime]
    ends_at: Optional[datetime]
    handed_in_at: Optional[datetime]
    completed_at: Optional[datetime]
    paused_until: Optional[datetime] = None


@dataclass(frozen=True)
class UploadGrant:
    """The right to finish an attempt's upload, until a time."""

    grant: str
    until: datetime


@dataclass(frozen=True)
class GuardAnswer:
    """The last guard event of an attempt that the room has, and whether to watch on.

    ``head`` is the event's hash, or what the first event names as the one before it.
    """

    attempt: str
    sequence: int
    head: str
    watch: bool


@dataclass(frozen=True)
class LookAnswer:
    """The room's answer to a look. ``left_bytes`` is what it still misses, as far as it was announced.

    ``guard`` is None before the consent, and from a room of an earlier version.
    """

    now: datetime
    window_seen_at: Optional[datetime]
    attempt: Optional[AttemptFacts]
    left_segments: int
    left_bytes: int
    upload: Optional[UploadGrant]
    guard: Optional[GuardAnswer] = None

    @property
    def window_age(self) -> Optional[timedelta]:
        """For how long the room has not heard of the window; None if it never has."""
        return None if self.window_seen_at is None else self.now - self.window_seen_at

    @property
    def is_handed_in(self) -> bool:
        """Whether the attempt was handed in, by the candidate or by the clock."""
        return self.attempt is not None and self.attempt.handed_in_at is not None

    @property
    def is_complete(self) -> bool:
        """Whether the room has everything: 交卷完成."""
        return self.attempt is not None and self.attempt.completed_at is not None


@dataclass(frozen=True)
class LookRequest:
    """A look before it is signed: ``name`` is ``ticket`` or ``grant``, ``credential`` its text.

    ``body`` is what the guard reports.
    """

    name: str
    credential: str
    sequence: int
    at: int
    body: Mapping[str, Any] = field(default_factory=dict)

    def signed(self, origin: str, device: Device) -> Dict[str, Any]:
        """The members of the request, with the device's signature."""
        body = dict(self.body)
        message = look_message(origin, self.credential, self.sequence, self.at, canonical_json(body))
        return {
            self.name: self.credential,
            "sequence": self.sequence,
            "at": self.at,
            "body": body,
            "proof": b64url_encode(device.sign(message)),
        }


class Room(Protocol):
    """What is asked of an exam room; tests answer with recorded values."""

    origin: str

    def look(self, request: LookRequest, device: Device) -> LookAnswer:
        """Ask what became of an attempt.

        Raises:
            RoomSilent: it cannot be reached, or does not answer in its form.
            PortalRefused: it refuses; the number is the room's.
        """
        ...

    def time(self, nonce: str) -> str:
        """Ask for the room's time, signed over a nonce; returns the token, not yet verified.

        Raises:
            RoomSilent: it cannot be reached, or does not answer in its form.
            PortalRefused: it refuses; the number is the room's.
        """
        ...

    def admit(self, activation: str, kind: str, at: int, device: Device) -> str:
        """Ask to come in without the portal's ticket; returns the room's pass, not yet verified.

        Raises:
            RoomSilent: it cannot be reached, or does not answer in its form.
            PortalRefused: it refuses; the number is the room's.
        """
        ...


class RoomOnline:
    """Implements :class:`Room` over the network.

    Raises:
        RoomInsecure: its address is neither https nor this computer.
    """

    def __init__(self, origin: str, timeout_s: float = TIMEOUT_S) -> None:
        address = urls.parse(origin)
        if address is None or not address.is_secure:
            raise RoomInsecure
        self.origin, self._timeout_s, self._is_proxied = origin, timeout_s, not address.is_local

    def look(self, request: LookRequest, device: Device) -> LookAnswer:
        """See :meth:`Room.look`."""
        return self._ask("look", request.signed(self.origin, device), parse_answer)

    def time(self, nonce: str) -> str:
        """See :meth:`Room.time`."""
        return self._ask("time", {"client_nonce": nonce}, _parse_time)

    def admit(self, activation: str, kind: str, at: int, device: Device) -> str:
        """See :meth:`Room.admit`."""
        proof = device.sign(admission_message(self.origin, activation, kind, at))
        body = {"activation": activation, "kind": kind, "at": at, "proof": b64url_encode(proof)}
        return self._ask("admission", body, _parse_pass)

    def _ask(self, name: str, body: Mapping[str, Any], parse: Callable[[bytes], _Answer]) -> _Answer:
        from oneseat.client.online.http import HttpClient  # imported late, as for the portal

        base = f"{self.origin}/client/v1/"
        client = HttpClient(base, self._timeout_s, parse_refusal, proxied=self._is_proxied)
        try:
            return parse(client.fetch(name, json.dumps(body).encode("ascii"), MAX_RESPONSE_BYTES))
        except PortalRefused:
            raise
        except (PortalUnreachable, PortalAnswerUnusable) as fault:
            raise RoomSilent(why=fault.code) from None


def signed_time(room: Room, charter: Charter) -> int:
    """Fetch the signed time of the charter's own room: whole seconds since 1970, rounded down.

    Raises:
        RoomSilent, PortalRefused: see :meth:`Room.time`.
        PortalAnswerUnusable: the time is not of this exam's room, or not over this nonce.
    """
    keys, own = charter.room.receipt_keys_by_kid if charter.room is not None else {}, fresh_nonce()
    try:
        given = RoomTime.verify(room.time(own), keys)
    except (TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid):
        raise PortalAnswerUnusable(reason=_TIME) from None
    if (given.exam, given.nonce) != (charter.exam, own):
        raise PortalAnswerUnusable(reason=_TIME)
    return given.now


def _parse_time(data: bytes) -> str:
    try:
        return Fields(parse_object(data)).text("time")
    except OneSeatError:
        raise PortalAnswerUnusable(reason=_TIME) from None


def _parse_pass(data: bytes) -> str:
    try:
        return Fields(parse_object(data)).text("ticket")
    except OneSeatError:
        raise PortalAnswerUnusable(reason=verbatim("admission")) from None


def parse_answer(data: bytes) -> LookAnswer:
    """Parse the answer to a look.

    Raises:
        PortalAnswerUnusable: it is not in the room's form.
    """
    try:
        return _parse(Fields(parse_object(data)))
    except OneSeatError:
        raise PortalAnswerUnusable(reason=_LOOK) from None


_LOOK = verbatim("look")
_TIME = Text("time", "时间有误")
_ATTEMPT, _HEAD = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")


def _parse(answer: Fields) -> LookAnswer:
    now = _time(answer, "now")
    if now is None:
        raise TokenMalformed(reason=_LOOK)
    left = answer.child("backlog") if answer.has("backlog") else None
    return LookAnswer(
        now,
        _time(answer, "window_seen_at"),
        _attempt(answer.child("attempt")) if answer.has("attempt") else None,
        left.integer("segments") if left is not None else 0,
        left.integer("bytes") if left is not None else 0,
        _upload(answer.child("upload")) if answer.has("upload") else None,
        _guard(answer.child("guard")) if answer.has("guard") else None,
    )


def _attempt(fields: Fields) -> AttemptFacts:
    names = ("starts_at", "ends_at", "handed_in_at", "completed_at", "paused_until")
    return AttemptFacts(fields.text("step"), *(_time(fields, name) for name in names))


def _upload(fields: Fields) -> Optional[UploadGrant]:
    until = _time(fields, "until")  # a mock that has not begun has no end yet
    return None if until is None else UploadGrant(fields.text("grant"), until)


def _guard(fields: Fields) -> GuardAnswer:
    attempt, head = fields.text("attempt"), fields.text("head")
    if not (_ATTEMPT.fullmatch(attempt) and _HEAD.fullmatch(head)):  # one names a file here
        raise TokenMalformed(reason=_LOOK)
    return GuardAnswer(attempt, fields.integer("sequence"), head, fields.flag("watch"))


def _time(fields: Fields, name: str) -> Optional[datetime]:
    """A time in UTC; Python 3.8 does not read its Z."""
    if not fields.has(name):
        return None
    text = fields.text(name)
    return Fields({name: text[:-1] + "+00:00" if text.endswith("Z") else text}).instant(name)


def upload_fields(grant: str, origin: str, device: Device, at: int) -> Dict[str, str]:
    """Fields of the form that opens the upload page, signed now."""
    message = upload_message(grant, origin + UPLOAD_PATH, at)
    return {"grant": grant, "at": str(at), "proof": b64url_encode(device.sign(message))}
