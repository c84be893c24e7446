"""Keys that were derived from passphrases, each once for the test process and the processes forked for it.

scrypt is slow on purpose: a key takes a tenth of a second.
"""

from __future__ import annotations

from signing.authority.keys import KeyRing

DERIVED: dict[tuple[bytes, bytes], bytes] = {}
"""The wrapping keys that are known, by salt and passphrase."""

_derive = KeyRing._wrapping_key


def derive_once(ring: KeyRing, salt: bytes) -> bytes:
    """What ``KeyRing`` derives, for its place."""
    asked = (salt, ring._passphrase)
    if asked not in DERIVED:
        DERIVED[asked] = _derive(ring, salt)
    return DERIVED[asked]
