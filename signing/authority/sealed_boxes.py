"""Encrypts for the owner of an X25519 key with libsodium's sealed boxes, bound to a context.

Who encrypts needs the public key only, and cannot open what it has encrypted.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from nacl.bindings import crypto_box_SEALBYTES
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

KEY_BYTES = 32
_CONTEXT_BYTES = 32
OVERHEAD_BYTES = _CONTEXT_BYTES + crypto_box_SEALBYTES
"""By how much a box is longer than its content."""


def seal_for(public_key: bytes, content: bytes, context: bytes) -> bytes:
    """Encrypt for the owner of a public key. ``context`` is what the content belongs to."""
    digest = hashlib.sha256(context).digest()
    return bytes(SealedBox(PublicKey(public_key)).encrypt(digest + content))


def open_with(private_key: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """Decrypt what :func:`seal_for` encrypted; None for another key, another context, or changed bytes."""
    try:
        opened = bytes(SealedBox(PrivateKey(private_key)).decrypt(sealed))
    except (CryptoError, ValueError, TypeError):
        return None
    if opened[:_CONTEXT_BYTES] != hashlib.sha256(context).digest():
        return None
    return opened[_CONTEXT_BYTES:]


def public_key_of(private_key: bytes) -> bytes:
    """The public half of a private key; 32 bytes each."""
    return bytes(PrivateKey(private_key).public_key)


def key_id(public_key: bytes) -> str:
    """The beginning of a public key's SHA-256 in hexadecimal, by which people compare keys."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def as_pem(public_key: bytes) -> bytes:
    """A public key as a PEM file (RFC 8410)."""
    key = X25519PublicKey.from_public_bytes(public_key)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def from_pem(content: bytes) -> bytes | None:
    """Read a public key from a PEM file; None if it holds no X25519 public key."""
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        return None
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return key.public_bytes(*raw) if isinstance(key, X25519PublicKey) else None
