"""The signed tokens of a seat: licence, activation, ticket, and the portal's time.

All are JWS (:mod:`signing.jws`) with a ``typ`` of their own. Times are whole seconds
since 1970 (RFC 7519 NumericDate).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, ClassVar, Dict, Mapping, Optional, Type, TypeVar

from signing import binding, dates, jws
from signing.charter import Charter
from signing.fields import Fields, decode_exactly, unix_time
from signing.refusals import (
    ActivationForOtherDevice,
    IdentityMismatch,
    LicenceExpired,
    LicenceForOtherBase,
    LicenceForOtherBuild,
    LicenceForOtherExam,
    LicenceNotYetValid,
    TokenMalformed,
)
from signing.session_times import SeatTerms
from signing.text import Text

VERSION = 1
CLOCK_TOLERANCE_S = 300
"""How far a candidate's clock may run behind the authority's before a licence counts as from the future."""

_Token = TypeVar("_Token", bound="SignedClaims")
_JTI = re.compile(r"[0-9a-f]{32}")
_POSITION = re.compile(r"[0-9]{1,4}")
_MOST_EXTRA_S = 24 * 3600
_SHA256 = re.compile(r"[0-9a-f]{64}")


def require_form(matches: bool, name: str) -> None:
    """Require that a claim has its form.

    Raises:
        TokenMalformed: it has not.
    """
    if not matches:
        raise TokenMalformed(reason=Text(f"{name} has the wrong form", f"{name} 的格式不对"))


@dataclass(frozen=True)
class SignedClaims:
    """Base of all tokens: the claims are exactly the fields, each a string or a whole number."""

    TYP: ClassVar[str]

    def claims(self) -> Dict[str, Any]:
        """Return the JSON object that is signed."""
        return dict(vars(self))

    @classmethod
    def parse(cls: Type[_Token], claims: Mapping[str, Any]) -> _Token:
        """Decode verified claims.

        Raises:
            TokenMalformed: a claim is missing, unexpected or has the wrong form.
        """
        token = decode_exactly(cls, Fields(claims))
        cls._check_form(token)
        return token

    @classmethod
    def verify(cls: Type[_Token], token: str, keys: Mapping[str, bytes]) -> _Token:
        """Verify a token against ``keys`` (public keys by kid) and decode it.

        Raises:
            TokenMalformed: it is no token of this form, or a claim is missing or of the wrong type.
            TokenTypeWrong: it is a token of another kind.
            KeyUnknown: none of the keys given signed it.
            SignatureInvalid: the signature does not verify.
        """
        return cls.parse(jws.verify(token, cls.TYP, keys))

    def _check_form(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class SeatLicence(SignedClaims):
    """One seat's right to one build of one artefact, bound to a person by ``seat``.

    ``build`` is the artefact's build id, ``base`` its base's digest in hexadecimal, ``seat`` the seat tag
    in base64url, ``nbf`` the issue time and ``exp`` the exam's outermost date. All licences of a seat have
    the same ``jti`` and the same ``seat``; their ``typ`` says which artefact each is for.
    """

    exam: str
    jti: str
    build: str
    base: str
    seat: str
    iat: int
    nbf: int
    exp: int
    v: int

    def _check_form(self) -> None:
        require_form(bool(_JTI.fullmatch(self.jti)), "jti")
        require_form(bool(_SHA256.fullmatch(self.base)), "base")
        require_form(len(jws.b64url_decode(self.seat)) == 32, "seat")
        require_form(self.v == VERSION, "v")

    def check_exam(self, charter: Charter, build: str) -> None:
        """Check that the licence is for this exam and the running build.

        Raises:
            LicenceForOtherExam: the licence is another exam's.
            LicenceForOtherBuild: the licence is another build's, or the charter does not accept the build.
        """
        if self.exam != charter.exam:
            raise LicenceForOtherExam
        if self.build != build or build not in charter.builds:
            raise LicenceForOtherBuild

    def check_base(self, digest: str) -> None:
        """Check the licence against the digest (hexadecimal) that was computed of the artefact's file.

        Raises:
            LicenceForOtherBase: the digest is another file's.
        """
        if self.base != digest:
            raise LicenceForOtherBase

    def check_time(self, now: datetime, zone: Optional[tzinfo] = dates.BEIJING) -> None:
        """Check that the licence is valid at ``now``; a refusal shows times in ``zone``, the exam's.

        Raises:
            LicenceNotYetValid: ``now`` is more than :data:`CLOCK_TOLERANCE_S` before ``nbf``.
            LicenceExpired: ``now`` is ``exp`` or later.
        """
        seconds = now.timestamp()
        if seconds < self.nbf - CLOCK_TOLERANCE_S:
            raise LicenceNotYetValid(now=dates.instant(now.astimezone(zone)))
        if seconds >= self.exp:
            ended = unix_time(self.exp).astimezone(zone)
            raise LicenceExpired(ended=dates.with_zone(dates.deadline(ended), ended))

    def check_identity(self, seat_key: bytes, id_number: str, admission_number: str) -> None:
        """Check a typed identity against the licence's seat tag.

        Raises:
            IdentityMismatch: the identity or the seat key is another seat's.
        """
        tag = binding.seat_tag(seat_key, id_number, admission_number)
        if not hmac.compare_digest(tag, jws.b64url_decode(self.seat)):
            raise IdentityMismatch


@dataclass(frozen=True)
class Licence(SeatLicence):
    """The licence in a seat's installer: ``base`` is the base installer's Authenticode SHA-256."""

    TYP: ClassVar[str] = "oneseat-licence+jws"


@dataclass(frozen=True)
class PhoneLicence(SeatLicence):
    """The licence in a seat's phone app: ``base`` is the digest of the base APK and its signer."""

    TYP: ClassVar[str] = "oneseat-phone-licence+jws"


@dataclass(frozen=True)
class Activation(SignedClaims):
    """The portal's signed statement that a seat belongs to one device key (Ed25519, base64url)."""

    TYP: ClassVar[str] = "oneseat-activation+jws"

    exam: str
    jti: str
    device: str
    iat: int
    v: int

    def _check_form(self) -> None:
        require_form(bool(_JTI.fullmatch(self.jti)), "jti")
        require_form(len(jws.b64url_decode(self.device)) == 32, "device")
        require_form(self.v == VERSION, "v")

    def check_device(self, licence: Licence, device_public_key: bytes) -> None:
        """Check that the activation is for this licence and this device's key.

        Raises:
            ActivationForOtherDevice: the activation is another seat's or another device's.
        """
        same_seat = (self.exam, self.jti) == (licence.exam, licence.jti)
        if not same_seat or jws.b64url_decode(self.device) != device_public_key:
            raise ActivationForOtherDevice


@dataclass(frozen=True)
class Ticket(SignedClaims):
    """Entry to one session: ``kind`` is mock or formal, ``session`` its position in the charter."""

    TYP: ClassVar[str] = "oneseat-ticket+jws"

    exam: str
    jti: str
    device: str
    kind: str
    session: str
    iat: int
    exp: int
    v: int

    def _check_form(self) -> None:
        require_form(bool(_JTI.fullmatch(self.jti)), "jti")
        require_form(len(jws.b64url_decode(self.device)) == 32, "device")
        require_form(self.kind in ("mock", "formal"), "kind")
        require_form(self.v == VERSION, "v")


@dataclass(frozen=True)
class SeatTimes(SignedClaims):
    """What a seat was given beyond the charter: its formal session, and extra answer time in seconds.

    ``session`` is the session's position in the charter, empty where the seat was given none. It is signed
    with the key of tickets, for the client's doors and countdowns: what counts is each ticket.
    """

    TYP: ClassVar[str] = "oneseat-seat-times+jws"

    exam: str
    jti: str
    session: str
    extra_s: int
    iat: int
    v: int

    def _check_form(self) -> None:
        require_form(bool(_JTI.fullmatch(self.jti)), "jti")
        require_form(self.session == "" or bool(_POSITION.fullmatch(self.session)), "session")
        require_form(0 <= self.extra_s <= _MOST_EXTRA_S, "extra_s")
        require_form(self.v == VERSION, "v")

    def check_seat(self, exam: str, jti: str) -> None:
        """Check that it is about this seat.

        Raises:
            TokenMalformed: it is about another one.
        """
        require_form((self.exam, self.jti) == (exam, jti), "jti")

    @property
    def terms(self) -> SeatTerms:
        """As the session times take it."""
        return SeatTerms(self.jti, self.extra_s, int(self.session) if self.session else None)


@dataclass(frozen=True)
class PortalTime(SignedClaims):
    """The portal's time, signed with the client's nonce so that it cannot be replayed."""

    TYP: ClassVar[str] = "oneseat-time+jws"

    exam: str
    nonce: str
    now: int
    v: int

    def _check_form(self) -> None:
        require_form(0 < len(self.nonce) <= 64, "nonce")
        require_form(self.v == VERSION, "v")


def activation_message(
    nonce: str, licence: str, device_public_key: bytes, traits: Optional[Mapping[str, bytes]] = None
) -> bytes:
    """Build what a device signs to activate: portal nonce, licence token, its own public key, trait hashes.

    Without trait hashes it is version 1, which clients of earlier builds sign. With them it is version 2, so
    that they can be neither removed nor replaced on the way.
    """
    parts = (nonce.encode(), licence.encode(), device_public_key)
    if not traits:
        return binding.length_prefixed(b"oneseat/activate/v1", *parts)
    listed = (part for name in sorted(traits) for part in (name.encode(), traits[name]))
    return binding.length_prefixed(b"oneseat/activate/v2", *parts, *listed)


def ticket_message(nonce: str, activation: str, kind: str) -> bytes:
    """Build what a device signs to enter a session: portal nonce, activation token, mock or formal."""
    return binding.length_prefixed(b"oneseat/ticket/v1", nonce.encode(), activation.encode(), kind.encode())


def check_in_message(nonce: str, activation: str, client_nonce: str, build: str) -> bytes:
    """Build what a device signs to check in: portal nonce, activation token, own nonce, build id."""
    parts = (nonce.encode(), activation.encode(), client_nonce.encode(), build.encode())
    return binding.length_prefixed(b"oneseat/check-in/v1", *parts)


def help_message(nonce: str, activation: str, act: str, content: str) -> bytes:
    """Build what a device signs to ask for help: portal nonce, activation token, act, the request's text."""
    parts = (nonce.encode(), activation.encode(), act.encode(), content.encode())
    return binding.length_prefixed(b"oneseat/help/v1", *parts)


def room_message(ticket: str, url: str, at: int) -> bytes:
    """Build what a device signs for an exam room: ticket, the room's address, time (seconds since 1970).

    Address and time are signed, so that the signature cannot be used at another room or later.
    """
    return binding.length_prefixed(b"oneseat/room/v1", ticket.encode(), url.encode(), b"%d" % at)
