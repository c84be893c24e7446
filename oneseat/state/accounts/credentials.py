"""How an operator proves who they are: a password under argon2id, and optionally a time-based code.

Passwords are hashed by argon2id with RFC 9106's second recommended parameters (64 MiB,
three passes); codes are those of RFC 6238 (SHA-1, six digits, 30 s), which every
authenticator app makes.
"""

from __future__ import annotations

import base64
import secrets
import threading
import unicodedata
from datetime import datetime
from urllib.parse import quote

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp.exceptions import OTPVerificationError

from signing.authority import sealing
from signing.binding import keyed_hash

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 128
TOTP_SECRET_BYTES = 20
_DRIFT_STEPS = 1
"""A code counts for one step before and after its own: clocks differ, and people type slowly."""

_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(2)
"""Each proof takes 64 MiB: a crowd at the door must queue, not fill the memory."""

_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Verified against where there is no such operator, so that both ways take the same time."""


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its own salt, in PHC string format."""
    return _hasher.hash(_normal(password))


def password_holds(stored: str | None, typed: str) -> bool:
    """Whether the typed password is the stored one. Takes as long where nothing is stored."""
    with _at_once:
        try:
            held = _hasher.verify(stored or _NOBODY, _normal(typed))
        except (VerificationError, InvalidHashError):
            return False
    return held and stored is not None


def weakness(name: str, password: str) -> str | None:
    """Why a new password will not do, in plain English, or None where it will.

    Length is what counts (NIST SP 800-63B, section 5.1.1.2): no rules about kinds of characters.
    """
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return f"it has fewer than {MIN_PASSWORD_CHARACTERS} characters"
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return f"it has more than {MAX_PASSWORD_CHARACTERS} characters"
    if name.lower() in password.lower():
        return "it contains the operator's name"
    if len(set(password)) < MIN_PASSWORD_CHARACTERS // 2:
        return "it repeats too few characters"
    return None


def _normal(password: str) -> str:
    # RFC 8265, section 4.2: the same password must be the same bytes from every keyboard.
    return unicodedata.normalize("NFC", password)


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """The time step whose code was typed, if it is a present one.

    The caller refuses a step that is not later than the last one used (RFC 6238,
    section 5.2): a code that was looked over a shoulder is worth nothing.
    """
    code = unicodedata.normalize("NFKC", typed).replace(" ", "")
    codes = pyotp.TOTP(_base32(secret))
    try:
        return codes.verify_and_get_timecode(code, for_time=now, valid_window=_DRIFT_STEPS)
    except OTPVerificationError:
        return None


def new_totp_secret() -> bytes:
    """A fresh secret (RFC 4226 asks for at least 16 bytes)."""
    return secrets.token_bytes(TOTP_SECRET_BYTES)


def totp_address(secret: bytes, exam: str, name: str) -> str:
    """The ``otpauth:`` address that an authenticator app reads."""
    label = quote(f"OneSeat {exam}:{name}")
    return f"otpauth://totp/{label}?secret={_base32(secret)}&issuer=OneSeat"


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode("ascii")


def seal_totp(pepper: bytes, exam: str, name: str, secret: bytes) -> bytes:
    """The secret as the database keeps it: no copy of the database makes codes."""
    return sealing.seal(_totp_key(pepper), secret, _whose(exam, name))


def unseal_totp(pepper: bytes, exam: str, name: str, sealed: bytes) -> bytes:
    """What :func:`seal_totp` sealed.

    Raises:
        SealBroken: it is another operator's, or changed.
    """
    return sealing.unseal(_totp_key(pepper), sealed, _whose(exam, name))


def _totp_key(pepper: bytes) -> bytes:
    return b"".join(keyed_hash(pepper, b"oneseat/operator-totp/v1", half) for half in (b"mac", b"cipher"))


def _whose(exam: str, name: str) -> bytes:
    return f"{exam}/{name}".encode()
