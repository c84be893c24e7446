"""Encrypts a paper with a key of its own: AES-256-GCM, bound to exam, session and variant.

A page opens the same box with WebCrypto. The associated data are the fields of :func:`associated`, each with
its length before it in four bytes, big endian.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oneseat.files.paper_names import PaperName

KEY_BYTES, NONCE_BYTES = 32, 12
_PURPOSE = "oneseat/paper/v1"

Derive = Callable[[bytes, int], bytes]
"""A secret of the room's own for a context: so many bytes, the same in each of its processes."""


class BoxBroken(Exception):
    """The key is another box's, or the box was changed."""


@dataclass(frozen=True)
class SealedPaper:
    """A paper that is encrypted."""

    exam: str
    name: PaperName
    nonce: bytes
    box: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the box, by which a paper is named in logs, shares and the database."""
        return hashlib.sha256(associated(self.exam, self.name) + self.nonce + self.box).digest()

    def open(self, key: bytes) -> dict[str, Any]:
        """Decrypt the paper.

        Raises:
            BoxBroken: the key is another box's, or the box was changed.
        """
        try:
            content = AESGCM(key).decrypt(self.nonce, self.box, associated(self.exam, self.name))
        except (InvalidTag, ValueError):
            raise BoxBroken from None
        opened: dict[str, Any] = json.loads(content)
        return opened


def associated(exam: str, name: PaperName) -> bytes:
    """What a box is bound to, without ambiguity."""
    return length_prefixed(_PURPOSE, exam, name.kind, str(name.position), name.variant)


def length_prefixed(*parts: str) -> bytes:
    """Texts in UTF-8, each with its length before it."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(each).to_bytes(4, "big") + each for each in encoded)


def seal(exam: str, name: PaperName, content: bytes) -> tuple[SealedPaper, bytes]:
    """Encrypt a paper with a new random key; return both."""
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
    return _sealed(exam, name, content, key, nonce), key


def seal_by_room(exam: str, name: PaperName, content: bytes, derive: Derive) -> tuple[SealedPaper, bytes]:
    """Encrypt a paper with a key that the room derives from its own secret and the content.

    All processes of the room make the same box and key, now and after a restart. Key and nonce belong to this
    content alone, so the nonce is never used for another one.
    """
    context = associated(exam, name) + hashlib.sha256(content).digest()
    derived = derive(context, KEY_BYTES + NONCE_BYTES)
    key, nonce = derived[:KEY_BYTES], derived[KEY_BYTES:]
    return _sealed(exam, name, content, key, nonce), key


def _sealed(exam: str, name: PaperName, content: bytes, key: bytes, nonce: bytes) -> SealedPaper:
    return SealedPaper(exam, name, nonce, AESGCM(key).encrypt(nonce, content, associated(exam, name)))
