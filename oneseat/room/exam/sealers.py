"""Derives from the ring's secret the keys that encrypt what a room keeps, one for each purpose."""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signing.authority.sealing import KEY_BYTES, Sealer


def derived(secret: bytes, context: bytes, length: int) -> bytes:
    """Bytes that only the ring's owner can make, the same in each process (HKDF, RFC 5869)."""
    return HKDF(hashes.SHA512(), length, salt=None, info=context).derive(secret)


@functools.lru_cache(maxsize=16)
def sealer_of(secret: bytes, purpose: str) -> Sealer:
    """What encrypts at rest for one purpose, such as ``identity``."""
    return Sealer(derived(secret, f"oneseat/room/{purpose}/v1".encode(), KEY_BYTES))
