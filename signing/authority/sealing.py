"""Encrypts secrets at rest with AES-SIV, bound to their context.

AES-SIV (RFC 5297) is deterministic, so an issue run that is interrupted and resumed writes
the same bytes as an uninterrupted one. It reveals only whether two sealed values of the same
context are equal, which is no secret for a seat.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from signing.authority.errors import SealBroken

KEY_BYTES = 64
"""AES-256-SIV takes two keys of 32 bytes."""


class Sealer:
    """Encrypts and decrypts many secrets under one 64-byte key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, secret: bytes, associated: bytes) -> bytes:
        """Encrypt a secret; the ciphertext is 16 bytes longer.

        ``associated`` is authenticated and not stored: decryption needs the same.
        """
        return self._cipher.encrypt(secret, [associated])

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt what :meth:`seal` encrypted.

        Raises:
            SealBroken: the key or the context is another one, or the bytes were changed.
        """
        try:
            return self._cipher.decrypt(sealed, [associated])
        except (InvalidTag, ValueError):
            raise SealBroken from None


def seal(key: bytes, secret: bytes, associated: bytes) -> bytes:
    """Encrypt one secret under a 64-byte key (see :meth:`Sealer.seal`)."""
    return Sealer(key).seal(secret, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Decrypt what :func:`seal` encrypted.

    Raises:
        SealBroken: the key or the context is another one, or the bytes were changed.
    """
    return _cached_sealer(key).open(sealed, associated)


@lru_cache(maxsize=4)
def _cached_sealer(key: bytes) -> Sealer:
    """Cache the key schedule: setting a key up takes twice as long as one decryption."""
    return Sealer(key)
