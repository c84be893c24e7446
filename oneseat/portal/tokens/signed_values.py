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
from oneseat.portal.refusals.login import SessionMissing
from oneseat.web.refusals import FormExpired
from signing.binding import KeyedHash
from signing.errors import OneSeatError
from signing.jws import b64url_bytes, b64url_decode, b64url_encode, canonical_json
from signing.normal_forms import normalise_code

SESSION_LIFE = timedelta(hours=12)
"""Long enough for a download over a slow line and an evening of installing."""
FORM_LIFE = timedelta(hours=12)
NONCE_LIFE = timedelta(minutes=2)
CHALLENGE_LIFE = timedelta(minutes=10)
HELP_LIFE = timedelta(days=3)
"""How long a browser sees a help request that it made without a login."""
KNOWN_BROWSER_LIFE = timedelta(days=90)
"""From the first login to the last interview of an exam; each login renews it."""
SHORT_CODE_SLOT_S = 15 * 60
"""A short code is accepted for this long at least, and for twice as long at most."""
MAX_CHARACTERS = 1024
"""Longer texts are refused before they are parsed."""


_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True)
class Session:
    """A login session: a seat by its pseudonym, in one exam, and the seat's epoch at the login."""

    exam: str
    jti: str
    epoch: int = 0


@dataclass(frozen=True)
class Link:
    """A link to a seat's installer. ``service`` is the token id of the program that made it, or empty.

    ``epoch`` is that of the session that made it, where no program did.
    """

    jti: str
    service: str
    epoch: int = 0


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
            for purpose in ("session", "nonce", "link", "form", "challenge", "browser", "help")
        }

    def session(self, jti: str, now: datetime, epoch: int = 0) -> str:
        """A login session for one seat, which is in ``epoch`` (:mod:`oneseat.state.candidates.sessions`)."""
        return self._make("session", {"jti": jti, "n": epoch}, now + SESSION_LIFE)

    def open_session(self, text: str | None, now: datetime) -> Session:
        """Verify a session that :meth:`session` made.

        Raises:
            SessionMissing: there is none, it does not verify, or it has expired.
        """
        claims = self._open("session", text, now, SessionMissing())
        # Sessions of earlier versions carry no epoch.
        return Session(self._exam, str(claims["jti"]), claims.get("n", 0))

    def nonce(self, now: datetime) -> str:
        """A fresh nonce for a device to sign."""
        return self._make("nonce", {"r": secrets.token_hex(16)}, now + NONCE_LIFE)

    def check_nonce(self, text: str, now: datetime) -> None:
        """Verify a nonce that :meth:`nonce` made.

        Raises:
            NonceInvalid: it does not verify, or has expired.
        """
        self._open("nonce", text, now, NonceInvalid())

    def link(self, jti: str, until: datetime, service: str = "", epoch: int = 0) -> str:
        """A link to one seat's installer, good before ``until``; the others are as in :class:`Link`."""
        return self._make("link", {"jti": jti, "by": service, "n": epoch}, until)

    def open_link(self, text: str, now: datetime) -> Link:
        """Verify a link that :meth:`link` made.

        Raises:
            LinkInvalid: it does not verify, or has expired.
        """
        claims = self._open("link", text, now, LinkInvalid())
        return Link(str(claims["jti"]), str(claims["by"]), claims.get("n", 0))

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
        claims = {"r": secrets.token_hex(16), "a": self._binding("challenge-about", about)}
        return self._make("challenge", claims, now + CHALLENGE_LIFE)

    def challenge_seed(self, text: str, about: bytes, now: datetime) -> bytes:
        """The 32 bytes that a challenge's question is derived from; they take the portal's secret.

        Raises:
            FormExpired: it does not verify, is bound to something else, or has expired.
        """
        claims = self._open("challenge", text, now, FormExpired())
        if not hmac.compare_digest(str(claims["a"]), self._binding("challenge-about", about)):
            raise FormExpired
        return self._derived("challenge-seed", str(claims["r"]).encode())

    def known_browser(self, about: bytes, now: datetime) -> str:
        """A fresh cookie for a browser that an account logged in from, bound to the account ``about``."""
        claims = {"r": secrets.token_hex(16), "a": self._binding("browser-about", about)}
        return self._make("browser", claims, now + KNOWN_BROWSER_LIFE)

    def open_known_browser(self, text: str, about: bytes, now: datetime) -> str | None:
        """The browser's random identifier; None if the cookie does not verify for this account and time."""
        try:
            claims = self._open("browser", text, now, FormExpired())
        except FormExpired:
            return None
        bound = hmac.compare_digest(str(claims["a"]), self._binding("browser-about", about))
        return str(claims["r"]) if bound else None

    def short_code(self, now: datetime) -> str:
        """The exam's short code of this quarter of an hour: eight characters that open its page.

        It is the same for everybody and no credential: it says which exam is meant (ADR 96).
        """
        return self._short_code(int(now.timestamp()) // SHORT_CODE_SLOT_S)

    def is_short_code(self, text: str, now: datetime) -> bool:
        """Whether a typed text is the short code of this quarter of an hour, or of the one before."""
        typed = normalise_code(text).replace("-", "").translate(_READ_AS)
        slot = int(now.timestamp()) // SHORT_CODE_SLOT_S
        return typed in (self._short_code(slot), self._short_code(slot - 1))

    def _short_code(self, slot: int) -> str:
        number = int.from_bytes(self._derived("short-code", str(slot).encode())[:5], "big")
        return "".join(_CODE_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))

    def help_request(self, number: str, now: datetime) -> str:
        """A cookie for the browser that made a help request without a login."""
        return self._make("help", {"r": number}, now + HELP_LIFE)

    def open_help_request(self, text: str | None, now: datetime) -> str | None:
        """The number of the help request; None if the cookie does not verify or has expired."""
        try:
            return str(self._open("help", text, now, FormExpired())["r"])
        except FormExpired:
            return None

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

    def _binding(self, purpose: str, about: bytes) -> str:
        return b64url_encode(self._derived(purpose, about))

    def _derived(self, purpose: str, value: bytes) -> bytes:
        """32 bytes derived from a value by a keyed hash."""
        return self._keyed.digest_parts(
            b"oneseat/signed-values/v1", purpose.encode(), self._exam.encode(), value
        )


def form_cookie() -> str:
    """A fresh value for the cookie that ties forms to a browser."""
    return secrets.token_urlsafe(24)
