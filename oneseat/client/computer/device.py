"""A seat's device: an Ed25519 key, and the fingerprint of the computer on which it was generated.

The key shows the portal that requests come from the same installation. The fingerprint detects a state folder
that was copied to another computer. Neither identifies a person.
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
from signing.text import Text

_SALT_BYTES = 16
_MOST_NEEDED = 3


@dataclass(frozen=True)
class Fingerprint:
    """Salted hashes of a computer's traits; the salt is per installation, so that no two can be linked.

    Three of the recorded traits must match, so that replacing a part, or a disk with its volume, does not
    lock a candidate out. If fewer than three were recorded, all must match. A trait that is missing now, or
    is a placeholder, never matches.
    """

    salt: bytes
    parts: Mapping[str, bytes]

    @classmethod
    def of(cls, traits: Mapping[str, bytes]) -> Fingerprint:
        """Hash the traits with a fresh salt.

        Raises:
            ComputerUnknown: there are no traits.
        """
        if not traits:
            raise ComputerUnknown(reason=Text("MachineGuid, SMBIOS, disk", "MachineGuid、SMBIOS、硬盘"))
        salt = os.urandom(_SALT_BYTES)
        return cls(salt, {name: keyed_hash(salt, name.encode(), value) for name, value in traits.items()})

    def check(self, traits: Mapping[str, bytes]) -> None:
        """Compare the fingerprint with the traits of this computer.

        Raises:
            StateFromOtherComputer: too few traits match.
        """
        matches = sum(self._has(name, traits) for name in self.parts)
        if matches < min(_MOST_NEEDED, max(1, len(self.parts))):
            raise StateFromOtherComputer

    def _has(self, name: str, traits: Mapping[str, bytes]) -> bool:
        value = traits.get(name)
        return value is not None and keyed_hash(self.salt, name.encode(), value) == self.parts[name]

    def plain(self) -> Dict[str, Any]:
        """Convert to JSON-compatible values."""
        parts = {name: b64url_encode(part) for name, part in self.parts.items()}
        return {"salt": b64url_encode(self.salt), "parts": parts}

    @classmethod
    def parse(cls, stored: Fields) -> Fingerprint:
        """Parse what :meth:`plain` returned.

        Raises:
            TokenMalformed: a member is missing or malformed.
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
        """Generate a key, and fingerprint the computer by its traits.

        Raises:
            ComputerUnknown: there are no traits.
        """
        return cls(SigningKey.generate(), Fingerprint.of(traits))

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which the portal knows this device."""
        return bytes(self.key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature (RFC 8032) over ``message``."""
        return self.key.sign(message).signature
