"""The device: an Ed25519 key of its own, and a fingerprint of the computer it was made on.

The key proves to the portal that the same installation asks again; the fingerprint
notices a state folder that was copied elsewhere. Neither says anything about a person.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Mapping

from nacl.signing import SigningKey

from oneseat.client.errors import ComputerUnknown, StateFromOtherComputer
from signing.binding import keyed_hash
from signing.fields import Fields
from signing.jws import b64url_decode, b64url_encode

_SALT_BYTES = 16
_MOST_NEEDED = 3


@dataclass(frozen=True)
class Fingerprint:
    """Traits of a computer, each hashed with a salt of this installation (no two can be linked).

    Three of the recorded traits must be found again, so that replacing a part, or a disk with
    its volume, does not lock a candidate out. Of a computer that had fewer than three to
    record, each must be. What is missing or a placeholder now is never taken as found.
    """

    salt: bytes
    parts: Mapping[str, bytes]

    @classmethod
    def of(cls, traits: Mapping[str, bytes]) -> Fingerprint:
        """The fingerprint of a computer with these traits.

        Raises:
            ComputerUnknown: there is no trait at all.
        """
        if not traits:
            raise ComputerUnknown(reason="MachineGuid, SMBIOS, disk")
        salt = os.urandom(_SALT_BYTES)
        return cls(salt, {name: keyed_hash(salt, name.encode(), value) for name, value in traits.items()})

    def check(self, traits: Mapping[str, bytes]) -> None:
        """Hold the fingerprint against the traits of the computer that runs now.

        Raises:
            StateFromOtherComputer: too few of them are the same.
        """
        same = sum(self._has(name, traits) for name in self.parts)
        if same < min(_MOST_NEEDED, max(1, len(self.parts))):
            raise StateFromOtherComputer

    def _has(self, name: str, traits: Mapping[str, bytes]) -> bool:
        value = traits.get(name)
        return value is not None and keyed_hash(self.salt, name.encode(), value) == self.parts[name]

    def plain(self) -> Dict[str, Any]:
        """The fingerprint as JSON holds it."""
        parts = {name: b64url_encode(part) for name, part in self.parts.items()}
        return {"salt": b64url_encode(self.salt), "parts": parts}

    @classmethod
    def parse(cls, stored: Fields) -> Fingerprint:
        """What :meth:`plain` made.

        Raises:
            TokenMalformed: it did not make this.
        """
        parts = stored.child("parts")
        return cls(
            b64url_decode(stored.text("salt")),
            {name: b64url_decode(parts.text(name)) for name in parts.plain()},
        )


@dataclass(frozen=True)
class Device:
    """One seat's device key on one computer."""

    key: SigningKey
    fingerprint: Fingerprint

    @classmethod
    def new(cls, traits: Mapping[str, bytes]) -> Device:
        """A fresh key on the computer with these traits.

        Raises:
            ComputerUnknown: there is no trait at all.
        """
        return cls(SigningKey.generate(), Fingerprint.of(traits))

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which the portal knows this device."""
        return bytes(self.key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature (RFC 8032) over ``message``."""
        return self.key.sign(message).signature
