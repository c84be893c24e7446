"""What the portal hands out and recognises again without remembering it: sessions, nonces, form tokens.

Each is a payload with an expiry under HMAC-SHA256 with the portal's session secret, so
any process of the portal accepts what another one made. A purpose of its own goes into
every MAC: a nonce never passes for a session.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oneseat.portal.errors import FormExpired, LinkInvalid, NonceInvalid, SessionMissing
from signing.binding import KeyedHash, keyed_hash
from signing.errors import OneSeatError
from signing.jws import b64url_decode, b64url_encode, canonical_json

SESSION_LIFE = timedelta(hours=12)
"""Long enough for a download over a slow line and an evening of installing."""
FORM_LIFE = timedelta(hours=12)
NONCE_LIFE = timedelta(minutes=2)
CHALLENGE_LIFE = timedelta(minutes=10)
MAX_STAMP_CHARACTERS = 1024

_MAC_BYTES = 32


@dataclass(frozen=True)
class Session:
    """Who is logged in: a seat by its pseudonym, in one exam."""

    exam: str
    jti: str


@dataclass(frozen=True)
class Link:
    """A seat's installer for whoever has it; ``service`` is its maker's token's id, none for a candidate."""

    jti: str
    service: str


class StampInvalid(Exception):
    """A stamp was not made here, was changed, is for another purpose, or is too old."""


class Stamps:
    """Makes and checks the stamps of one exam.

    ``secret`` is the portal ring's session secret.
    """

    def __init__(self, secret: bytes, exam: str) -> None:
        self._secret = KeyedHash(secret)
        self._exam = exam

    def session(self, jti: str, now: datetime) -> str:
        """A login session for one seat."""
        return self._make("session", {"jti": jti}, now + SESSION_LIFE)

    def open_session(self, text: str | None, now: datetime) -> Session:
        """The session that :meth:`session` made.

        Raises:
            SessionMissing: there is none, or it has ended.
        """
        claims = self._open("session", text, now, SessionMissing())
        return Session(self._exam, str(claims["jti"]))

    def nonce(self, now: datetime) -> str:
        """A fresh challenge for a device to sign."""
        return self._make("nonce", {"r": secrets.token_hex(16)}, now + NONCE_LIFE)

    def check_nonce(self, text: str, now: datetime) -> None:
        """Hold a returned challenge against what :meth:`nonce` makes.

        Raises:
            NonceInvalid: it was not made here, or is too old.
        """
        self._open("nonce", text, now, NonceInvalid())

    def link(self, jti: str, until: datetime, service: str = "") -> str:
        """A link to one seat's installer, good before ``until``; ``service`` is as in :class:`Link`."""
        return self._make("link", {"jti": jti, "by": service}, until)

    def open_link(self, text: str, now: datetime) -> Link:
        """What :meth:`link` made.

        Raises:
            LinkInvalid: it was not made here, or has run out.
        """
        claims = self._open("link", text, now, LinkInvalid())
        return Link(str(claims["jti"]), str(claims["by"]))

    def form_token(self, form_cookie: str, now: datetime) -> str:
        """The token that a form carries, bound to the browser's form cookie (CSRF)."""
        return self._make("form", {"c": form_cookie}, now + FORM_LIFE)

    def check_form(self, token: str | None, form_cookie: str | None, now: datetime) -> None:
        """Hold a form's token against the browser's cookie.

        Raises:
            FormExpired: one is missing, they do not belong together, or it is too late.
        """
        claims = self._open("form", token, now, FormExpired())
        if not form_cookie or not hmac.compare_digest(str(claims["c"]).encode(), form_cookie.encode()):
            raise FormExpired

    def challenge(self, about: bytes, now: datetime) -> str:
        """A fresh stamp that a question follows from, good only for what it is ``about``."""
        said = {"r": secrets.token_hex(16), "a": b64url_encode(self._mac("challenge-about", about))}
        return self._make("challenge", said, now + CHALLENGE_LIFE)

    def challenge_seed(self, text: str, about: bytes, now: datetime) -> bytes:
        """What the question of a stamp follows from (32 bytes); nobody else can work it out.

        Raises:
            FormExpired: it was not made here, is about something else, or is too old.
        """
        claims = self._open("challenge", text, now, FormExpired())
        if not hmac.compare_digest(str(claims["a"]), b64url_encode(self._mac("challenge-about", about))):
            raise FormExpired
        return self._mac("challenge-seed", str(claims["r"]).encode())

    def _make(self, purpose: str, claims: dict[str, Any], expires: datetime) -> str:
        payload = canonical_json({**claims, "exp": int(expires.timestamp())})
        return f"{b64url_encode(payload)}.{b64url_encode(self._mac(purpose, payload))}"

    def _open(self, purpose: str, text: str | None, now: datetime, refusal: OneSeatError) -> dict[str, Any]:
        try:
            return self._checked(purpose, text or "", now)
        except (StampInvalid, OneSeatError):
            raise refusal from None

    def _checked(self, purpose: str, text: str, now: datetime) -> dict[str, Any]:
        encoded, dot, mac = text.partition(".")
        if not dot or len(text) > MAX_STAMP_CHARACTERS:
            raise StampInvalid
        payload = b64url_decode(encoded)
        if not hmac.compare_digest(b64url_decode(mac), self._mac(purpose, payload)):
            raise StampInvalid
        claims: dict[str, Any] = json.loads(payload)
        if now.timestamp() >= claims["exp"]:
            raise StampInvalid
        return claims

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return keyed_hash(self._secret, b"oneseat/stamp/v1", purpose.encode(), self._exam.encode(), payload)


def form_cookie() -> str:
    """A fresh value for the cookie that ties forms to a browser."""
    return secrets.token_urlsafe(24)
