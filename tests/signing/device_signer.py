"""A signer made of PyNaCl alone, so that tests of what ships run where only that ships."""

from __future__ import annotations

from typing import Mapping

from nacl.signing import SigningKey

from signing import jws


class NaClSigner:
    """An Ed25519 key of the tests' own."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)
        self.kid = jws.thumbprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message).signature


def sign_token(signer: NaClSigner, typ: str, claims: Mapping[str, object]) -> str:
    """A token as the authority makes it; ``test_signer`` holds the two together."""
    message = jws.signing_input(signer.kid, typ, claims)
    return f"{message.decode()}.{jws.b64url_encode(signer.sign(message))}"
