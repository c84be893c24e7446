"""Hashes of the computer's traits: by them the portal recognises a computer that lost its device key.

Each is an HMAC keyed with the seat's identifier (jti). So no serial number leaves the computer, and the
hashes of two seats on one computer differ. They prove nothing secret: who reads the traits can compute them.
"""

from __future__ import annotations

from typing import Dict, Mapping

from signing.binding import KeyedHash, keyed_hash

_LABEL = b"oneseat/activation-trait/v1"


def hash_traits(jti: str, traits: Mapping[str, bytes]) -> Dict[str, bytes]:
    """Hash each trait for one seat: 32 bytes by name. Placeholders are not among ``traits`` already."""
    key = KeyedHash(jti.encode("ascii"))
    return {name: keyed_hash(key, _LABEL, name.encode("ascii"), value) for name, value in traits.items()}
