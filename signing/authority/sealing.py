"""Secrets at rest: sealed under a key, bound to the context they belong to.

AES-SIV (RFC 5297) is deterministic, so that a batch that was interrupted and runs again
writes the very bytes that an undisturbed one would have written. What it reveals, that
two sealed values are the same in the same context, is nothing new for a seat.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from signing.authority.errors import SealBroken

KEY_BYTES = 64
"""AES-256-SIV takes two keys of 32 bytes."""


class Sealer:
    """Seals many secrets under one 64-byte key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, secret: bytes, associated: bytes) -> bytes:
        """The ciphertext of ``secret``, 16 bytes longer.

        ``associated`` is authenticated and not stored: opening needs the same.
        """
        return self._cipher.encrypt(secret, [associated])

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """What :meth:`seal` sealed.

        Raises:
            SealBroken: another key, another context, or changed bytes.
        """
        try:
            return self._cipher.decrypt(sealed, [associated])
        except (InvalidTag, ValueError):
            raise SealBroken from None


def seal(key: bytes, secret: bytes, associated: bytes) -> bytes:
    """The ciphertext of one secret under a 64-byte key (see :meth:`Sealer.seal`)."""
    return Sealer(key).seal(secret, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """What :func:`seal` sealed.

    Raises:
        SealBroken: another key, another context, or changed bytes.
    """
    return _cached_sealer(key).open(sealed, associated)


@lru_cache(maxsize=4)
def _cached_sealer(key: bytes) -> Sealer:
    """Setting a key up takes twice as long as opening one seal with it."""
    return Sealer(key)
