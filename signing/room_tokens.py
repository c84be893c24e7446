"""What the exam room and its clients sign: hand-in receipts, the time, a client's looks, entries to upload.

The room signs receipts with a key of its own that the charter lists. A client signs with its device key.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import ClassVar, Mapping, Tuple

from signing import binding
from signing.session_times import FORMAL, MOCK
from signing.tokens import VERSION, PortalTime, SignedClaims, Ticket, require_form

HAND_IN_BY = ("candidate", "clock", "chief", "repeat")
_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Receipt(SignedClaims):
    """The room's statement that an attempt was handed in, which its candidate keeps.

    ``attempt`` is the attempt's random identifier, ``kind`` and ``session`` are the ticket's, ``at`` is the
    time in seconds since 1970, ``by`` one of :data:`HAND_IN_BY`. ``answers`` is the SHA-256 of the last
    answer's chain value, ``takes`` that of the promised takes (:func:`takes_digest`), both hexadecimal.
    """

    TYP: ClassVar[str] = "oneseat-receipt+jws"

    exam: str
    jti: str
    attempt: str
    kind: str
    session: str
    at: int
    by: str
    answers: str
    takes: str
    v: int

    def _check_form(self) -> None:
        require_form(bool(_ID.fullmatch(self.jti)), "jti")
        require_form(bool(_ID.fullmatch(self.attempt)), "attempt")
        require_form(self.kind in (MOCK, FORMAL), "kind")
        require_form(self.by in HAND_IN_BY, "by")
        require_form(bool(_SHA256.fullmatch(self.answers)), "answers")
        require_form(bool(_SHA256.fullmatch(self.takes)), "takes")
        require_form(self.v == VERSION, "v")

    @property
    def number(self) -> str:
        """A short number for pages and calls: three groups of four hexadecimal digits of the attempt."""
        return "-".join(self.attempt[start : start + 4].upper() for start in (0, 4, 8))


@dataclass(frozen=True)
class Pass(Ticket):
    """The room's own ticket, for an activated device while the portal gives none; signed as receipts are.

    The room alone takes it. Its claims are a ticket's, so all that follows an entry is the same.
    """

    TYP: ClassVar[str] = "oneseat-pass+jws"


@dataclass(frozen=True)
class RoomTime(PortalTime):
    """The room's time over a client's nonce, while the portal gives it none; signed as receipts are."""

    TYP: ClassVar[str] = "oneseat-room-time+jws"


def admission_message(room: str, activation: str, kind: str, at: int) -> bytes:
    """Build what a device signs to be admitted without a ticket: room's origin, activation, kind, time."""
    parts = (room.encode(), activation.encode(), kind.encode(), b"%d" % at)
    return binding.length_prefixed(b"oneseat/admission/v1", *parts)


def takes_digest(promised: Mapping[str, Tuple[str, int]]) -> str:
    """Return the SHA-256 (hexadecimal) of the takes that an attempt promised (:func:`takes_text`)."""
    return hashlib.sha256(takes_text(promised).encode()).hexdigest()


def takes_text(promised: Mapping[str, Tuple[str, int]]) -> str:
    """Return the takes that an attempt promised as JSON: take, stream and count of each, sorted."""
    lines = [[take, stream, count] for take, (stream, count) in sorted(promised.items())]
    return json.dumps(lines, separators=(",", ":"))


def look_message(room: str, credential: str, sequence: int, at: int, body: bytes) -> bytes:
    """Build what a device signs when its client looks at the room.

    ``room`` is the room's origin, ``credential`` the ticket or upload grant, ``sequence`` a number that grows
    with each look, ``at`` the portal's time in seconds since 1970, ``body`` what goes with it.
    """
    parts = (room.encode(), credential.encode(), b"%d" % sequence, b"%d" % at, hashlib.sha256(body).digest())
    return binding.length_prefixed(b"oneseat/guard/v1", *parts)


def upload_message(grant: str, url: str, at: int) -> bytes:
    """Build what a device signs to open the upload page after the ticket's end: grant, address, time."""
    return binding.length_prefixed(b"oneseat/upload/v1", grant.encode(), url.encode(), b"%d" % at)
