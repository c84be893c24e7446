"""Making tokens: whatever can sign with Ed25519, be it a file, a smart card or a cloud key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing import jws


class Signer(Protocol):
    """An Ed25519 key that signs and does not show itself."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that verify."""
        ...

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature (RFC 8032) over ``message``."""
        ...


class PrivateKeySigner:
    """A signer whose private key is in this process's memory."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key().public_bytes_raw()
        self.kid = jws.thumbprint(self.public_key)
        self.sign = private_key.sign


def sign_token(signer: Signer, typ: str, claims: Mapping[str, object]) -> str:
    """A JWS in compact serialisation over canonical JSON."""
    message = jws.signing_input(signer.kid, typ, claims)
    return f"{message.decode('ascii')}.{jws.b64url_encode(signer.sign(message))}"
