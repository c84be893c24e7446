"""Operators' credentials: argon2id password hashes and optional time-based codes (TOTP).

Passwords are hashed by argon2id with RFC 9106's second recommended parameters (64 MiB, three
passes). Codes follow RFC 6238 (SHA-1, six digits, 30 s), which all authenticator apps support.
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
from argon2.low_level import ARGON2_VERSION
from pyotp.exceptions import OTPVerificationError

from signing.authority import sealing
from signing.binding import keyed_hash
from signing.text import Text

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 128
TOTP_SECRET_BYTES = 20
_DRIFT_STEPS = 1
"""A code is valid one step before and after its own: clocks differ, and people type slowly."""

_hasher = PasswordHasher()
_hashing_slots = threading.BoundedSemaphore(2)
"""Limits concurrent hashes, since each takes 64 MiB of memory."""
_reserved_slots = threading.BoundedSemaphore(1)
"""For operators that a cookie vouches for: they do not queue behind strangers' guesses."""


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash in PHC string format that no password has. It is not computed: that would slow each start."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode("ascii").rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


_DUMMY_HASH = _hash_of_nothing(_hasher)
"""Verified when the operator does not exist, so that both cases take the same time."""


def hash_password(password: str) -> str:
    """Hash a password with argon2id and a new salt; the result is in PHC string format."""
    return _hasher.hash(_normalise(password))


def verify_password(stored: str | None, typed: str, *, reserved: bool = False) -> bool:
    """Verify a typed password against a stored hash. Takes the same time if nothing is stored.

    ``reserved`` takes a slot that only known browsers wait for.
    """
    with _reserved_slots if reserved else _hashing_slots:
        try:
            matches = _hasher.verify(stored or _DUMMY_HASH, _normalise(typed))
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None


def password_weakness(name: str, password: str) -> Text | None:
    """Describe why a new password is too weak, or return None.

    Following NIST SP 800-63B, section 5.1.1.2, length counts and character classes do not.
    """
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return Text(
            f"it has fewer than {MIN_PASSWORD_CHARACTERS} characters",
            f"不足 {MIN_PASSWORD_CHARACTERS} 个字符",
        )
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return Text(
            f"it has more than {MAX_PASSWORD_CHARACTERS} characters", f"超过 {MAX_PASSWORD_CHARACTERS} 个字符"
        )
    if name.lower() in password.lower():
        return Text("it contains the operator's name", "其中含有操作员名称")
    if len(set(password)) < MIN_PASSWORD_CHARACTERS // 2:
        return Text("it repeats too few characters", "重复使用的字符过多")
    return None


def _normalise(password: str) -> str:
    # RFC 8265, section 4.2: keyboards compose accents differently, the bytes must be the same.
    return unicodedata.normalize("NFC", password)


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """Return the time step of a typed code, or None if no current step has that code.

    The caller refuses a step that is not later than the last one used (RFC 6238, section 5.2), so
    that a code works only once.
    """
    code = unicodedata.normalize("NFKC", typed).replace(" ", "")
    codes = pyotp.TOTP(_base32(secret))
    try:
        return codes.verify_and_get_timecode(code, for_time=now, valid_window=_DRIFT_STEPS)
    except OTPVerificationError:
        return None


def new_totp_secret() -> bytes:
    """Generate a TOTP secret (RFC 4226 asks for at least 16 bytes)."""
    return secrets.token_bytes(TOTP_SECRET_BYTES)


def totp_address(secret: bytes, exam: str, name: str) -> str:
    """The ``otpauth:`` URI for authenticator apps."""
    label = quote(f"OneSeat {exam}:{name}")
    return f"otpauth://totp/{label}?secret={_base32(secret)}&issuer=OneSeat"


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode("ascii")


def seal_totp(pepper: bytes, exam: str, name: str, secret: bytes) -> bytes:
    """Encrypt a secret for the database, so that a copy of the database cannot generate codes."""
    return sealing.seal(_totp_key(pepper), secret, _associated_data(exam, name))


def unseal_totp(pepper: bytes, exam: str, name: str, sealed: bytes) -> bytes:
    """Decrypt a secret from :func:`seal_totp`.

    Raises:
        SealBroken: the secret was changed, or sealed for another operator.
    """
    return sealing.unseal(_totp_key(pepper), sealed, _associated_data(exam, name))


def _totp_key(pepper: bytes) -> bytes:
    return b"".join(keyed_hash(pepper, b"oneseat/operator-totp/v1", half) for half in (b"mac", b"cipher"))


def _associated_data(exam: str, name: str) -> bytes:
    return f"{exam}/{name}".encode()
