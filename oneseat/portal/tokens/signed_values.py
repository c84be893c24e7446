"""Signed values that need no storage: sessions, nonces, links, form tokens, challenges.

Each is a payload with an expiry, signed by itsdangerous (HMAC-SHA256) under the portal's
session secret, so any process of the portal accepts what another one made. The purpose and
the exam are the signature's salt: a nonce never passes for a session.

The expiry is in the payload, and the time is passed in. itsdangerous' own timed values
record when they were made by the system's clock, and would refuse what a server made
whose clock is a second ahead. Its serialisers compress, which doubles the time of a login's
signature.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, Signer

from oneseat.portal.refusals.devices import NonceInvalid
from oneseat.portal.refusals.downloads import LinkInvalid
from oneseat.portal.refusals.http import FormExpired
from oneseat.portal.refusals.login import SessionMissing
from signing.binding import KeyedHash
from signing.errors import OneSeatError
from signing.jws import b64url_bytes, b64url_decode, b64url_encode, canonical_json

SESSION_LIFE = timedelta(hours=12)
"""Long enough for a download over a slow line and an evening of installing."""
FORM_LIFE = timedelta(hours=12)
NONCE_LIFE = timedelta(minutes=2)
CHALLENGE_LIFE = timedelta(minutes=10)
MAX_CHARACTERS = 1024
"""Longer texts are refused before they are parsed."""


@dataclass(frozen=True)
class Session:
    """A login session: a seat by its pseudonym, in one exam."""

    exam: str
    jti: str


@dataclass(frozen=True)
class Link:
    """A link to a seat's installer. ``service`` is the token id of the program that made it, or empty."""

    jti: str
    service: str


class _TextSigner(Signer):
    """Compares signatures as texts, since several texts decode to the same bytes: only one is accepted."""

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Whether ``sig`` is the text that :meth:`sign` appends to ``value``."""
        return hmac.compare_digest(self.get_signature(value), sig.encode() if isinstance(sig, str) else sig)


class SignedValues:
    """Makes and checks the signed values of one exam.

    ``secret`` is the portal ring's session secret.
    """

    def __init__(self, secret: bytes, exam: str) -> None:
        self._exam = exam
        self._keyed = KeyedHash(secret)
        self._signers = {
            purpose: _TextSigner(
                secret, salt=f"{exam}/{purpose}", key_derivation="hmac", digest_method=sha256
            )
            for purpose in ("session", "nonce", "link", "form", "challenge")
        }

    def session(self, jti: str, now: datetime) -> str:
        """A login session for one seat."""
        return self._make("session", {"jti": jti}, now + SESSION_LIFE)

    def open_session(self, text: str | None, now: datetime) -> Session:
        """Verify a session that :meth:`session` made.

        Raises:
            SessionMissing: there is none, it does not verify, or it has expired.
        """
        claims = self._open("session", text, now, SessionMissing())
        return Session(self._exam, str(claims["jti"]))

    def nonce(self, now: datetime) -> str:
        """A fresh nonce for a device to sign."""
        return self._make("nonce", {"r": secrets.token_hex(16)}, now + NONCE_LIFE)

    def check_nonce(self, text: str, now: datetime) -> None:
        """Verify a nonce that :meth:`nonce` made.

        Raises:
            NonceInvalid: it does not verify, or has expired.
        """
        self._open("nonce", text, now, NonceInvalid())

    def link(self, jti: str, until: datetime, service: str = "") -> str:
        """A link to one seat's installer, good before ``until``; ``service`` is as in :class:`Link`."""
        return self._make("link", {"jti": jti, "by": service}, until)

    def open_link(self, text: str, now: datetime) -> Link:
        """Verify a link that :meth:`link` made.

        Raises:
            LinkInvalid: it does not verify, or has expired.
        """
        claims = self._open("link", text, now, LinkInvalid())
        return Link(str(claims["jti"]), str(claims["by"]))

    def form_token(self, form_cookie: str, now: datetime) -> str:
        """The token that a form carries, bound to the browser's form cookie (CSRF)."""
        return self._make("form", {"c": form_cookie}, now + FORM_LIFE)

    def check_form(self, token: str | None, form_cookie: str | None, now: datetime) -> None:
        """Check that a form's token belongs to the browser's cookie.

        Raises:
            FormExpired: one is missing, they do not belong together, or the token has expired.
        """
        claims = self._open("form", token, now, FormExpired())
        if not form_cookie or not hmac.compare_digest(str(claims["c"]).encode(), form_cookie.encode()):
            raise FormExpired

    def challenge(self, about: bytes, now: datetime) -> str:
        """A fresh token that a question is derived from, bound to ``about``."""
        claims = {"r": secrets.token_hex(16), "a": b64url_encode(self._derived("challenge-about", about))}
        return self._make("challenge", claims, now + CHALLENGE_LIFE)

    def challenge_seed(self, text: str, about: bytes, now: datetime) -> bytes:
        """The 32 bytes that a challenge's question is derived from; they take the portal's secret.

        Raises:
            FormExpired: it does not verify, is bound to something else, or has expired.
        """
        claims = self._open("challenge", text, now, FormExpired())
        if not hmac.compare_digest(str(claims["a"]), b64url_encode(self._derived("challenge-about", about))):
            raise FormExpired
        return self._derived("challenge-seed", str(claims["r"]).encode())

    def _make(self, purpose: str, claims: Mapping[str, Any], expires: datetime) -> str:
        payload = b64url_bytes(canonical_json({**claims, "exp": int(expires.timestamp())}))
        return self._signers[purpose].sign(payload).decode("ascii")

    def _open(self, purpose: str, text: str | None, now: datetime, refusal: OneSeatError) -> dict[str, Any]:
        if not text or len(text) > MAX_CHARACTERS:
            raise refusal
        try:
            payload = self._signers[purpose].unsign(text)
        except (BadSignature, UnicodeEncodeError):  # the latter for lone surrogates
            raise refusal from None
        claims: dict[str, Any] = json.loads(b64url_decode(payload.decode("ascii")))
        if now.timestamp() >= claims["exp"]:
            raise refusal
        return claims

    def _derived(self, purpose: str, value: bytes) -> bytes:
        """32 bytes derived from a value by a keyed hash."""
        return self._keyed.digest_parts(
            b"oneseat/signed-values/v1", purpose.encode(), self._exam.encode(), value
        )


def form_cookie() -> str:
    """A fresh value for the cookie that ties forms to a browser."""
    return secrets.token_urlsafe(24)
