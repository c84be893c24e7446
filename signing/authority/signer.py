"""Signs tokens with Ed25519 keys: from a file, a PKCS#11 token or a key service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl import bindings

from signing import jws


class Signer(Protocol):
    """An Ed25519 key that can sign; its private half is not accessible."""

    @property
    def public_key(self) -> bytes:
        """The public key: 32 bytes."""
        ...

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``: 64 bytes (RFC 8032)."""
        ...


@dataclass(frozen=True)
class ExternalKey:
    """A key outside the ring: its address, its public half, and its credential (such as a PIN)."""

    where: str
    public_key: bytes
    credential: bytes | None = field(default=None, repr=False)

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint of its public half."""
        return jws.thumbprint(self.public_key)


class PrivateKeySigner:
    """A signer whose private key is in this process's memory.

    libsodium signs: it takes six tenths of the time of cryptography's OpenSSL, and a signature is most of
    what a candidate costs. Ed25519 signatures are deterministic, so both make the same bytes.
    """

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self.public_key = private_key.public_key().public_bytes_raw()
        self.kid = jws.thumbprint(self.public_key)
        self._secret_key = private_key.private_bytes_raw() + self.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``: 64 bytes (RFC 8032)."""
        return bindings.crypto_sign(message, self._secret_key)[: bindings.crypto_sign_BYTES]


def sign_token(signer: Signer, typ: str, claims: Mapping[str, object]) -> str:
    """Sign claims as canonical JSON, in JWS compact serialisation."""
    message = jws.signing_input(signer.kid, typ, claims)
    return f"{message.decode('ascii')}.{jws.b64url_encode(signer.sign(message))}"


class TokenSeries:
    """Signs many tokens whose claims differ in a few texts, such as the licences of an issue run.

    The tokens are those of :func:`sign_token`. Header and shared claims are encoded once.
    ``varying`` names the claims that differ; their values must be base64url or hexadecimal,
    which JSON never escapes.
    """

    def __init__(
        self, signer: Signer, typ: str, shared: Mapping[str, object], varying: Sequence[str]
    ) -> None:
        # Encode the payload once with placeholders, where the values go.
        marks = {name: f"<{name}>" for name in sorted(varying)}
        payload = jws.canonical_json({**shared, **marks})
        form = payload.replace(b"%", b"%%")
        for mark in marks.values():
            form = form.replace(mark.encode(), b"%b", 1)
        self._form = form
        self._names = list(marks)
        self._header = jws.encoded_header(signer.kid, typ).encode("ascii") + b"."
        self._sign = signer.sign

    def sign(self, varying: Mapping[str, str]) -> str:
        """Sign the shared claims together with these."""
        values = tuple([varying[name].encode() for name in self._names])
        message = self._header + jws.b64url_bytes(self._form % values)
        return (message + b"." + jws.b64url_bytes(self._sign(message))).decode("ascii")
