"""Splits a paper's key between holders, any two of whom release it, and none alone.

For each pair of holders the key is the exclusive or of two random-looking parts, one for either (XOR secret
sharing; a single part says nothing of the key). A holder's parts are encrypted for that holder's X25519 key
(libsodium's sealed box), together with the digest of what they belong to.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from oneseat.files.atomic import write_atomic
from oneseat.room.refusals.holders import HolderKeyUnusable, ShareUnusable
from signing.authority import sealed_boxes
from signing.jws import b64url_decode, b64url_encode, canonical_json
from signing.os_faults import system_reason
from signing.refusals import TokenMalformed
from signing.text import Text

FEWEST, MOST = 2, 5
"""Holders of one paper."""
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@dataclass(frozen=True)
class Holder:
    """A holder's public key; ``name`` is what logs call the holder, from the file's name."""

    name: str
    public_key: bytes

    @property
    def id(self) -> str:
        """The beginning of the public key's SHA-256 in hex."""
        return sealed_boxes.key_id(self.public_key)


@dataclass(frozen=True)
class Parts:
    """One holder's parts of a key, by the id of the other holder of the pair."""

    holder: str
    parts: Mapping[str, bytes] = field(repr=False)


def split(key: bytes, holders: Sequence[Holder]) -> list[Parts]:
    """Split a key between holders, so that any two have it together."""
    parts: dict[str, dict[str, bytes]] = {holder.id: {} for holder in holders}
    for one, other in itertools.combinations(holders, 2):
        pad = secrets.token_bytes(len(key))
        parts[one.id][other.id] = pad
        parts[other.id][one.id] = _xor(key, pad)
    return [Parts(holder.id, parts[holder.id]) for holder in holders]


def join(one: Parts, other: Parts) -> bytes | None:
    """The key that two holders have together; None if they are not two holders of one key."""
    mine, theirs = one.parts.get(other.holder), other.parts.get(one.holder)
    if one.holder == other.holder or mine is None or theirs is None or len(mine) != len(theirs):
        return None
    return _xor(mine, theirs)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def encode(parts: Parts) -> bytes:
    """Parts as bytes."""
    named = {other: b64url_encode(part) for other, part in parts.parts.items()}
    return canonical_json({"holder": parts.holder, "parts": named})


def decode(content: bytes) -> Parts:
    """Parts from their bytes.

    Raises:
        ValueError: they are not parts.
    """
    try:
        members = json.loads(content)
        parts = {str(other): b64url_decode(part) for other, part in members["parts"].items()}
        return Parts(str(members["holder"]), parts)
    except (KeyError, TypeError, AttributeError, TokenMalformed):
        raise ValueError("not parts of a key") from None


def make_holder(path: Path, passphrase: bytes) -> Holder:
    """Make a holder's key: the private half in ``path`` under a passphrase, the public in ``.pub`` beside it.

    Raises:
        HolderKeyUnusable: a file is there already, or cannot be written.
    """
    private = X25519PrivateKey.generate()
    pem, encryption = serialization.Encoding.PEM, serialization.BestAvailableEncryption(passphrase)
    secret = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption)
    public_key = private.public_key().public_bytes(*_RAW)
    try:
        write_atomic(path, [secret], mode=0o600, replace=False)
        write_atomic(public_path(path), [sealed_boxes.as_pem(public_key)], mode=0o644, replace=False)
    except FileExistsError:
        reason = Text("it exists already", "文件已存在")
        raise HolderKeyUnusable(file=path.name, reason=reason) from None
    except OSError as error:
        raise HolderKeyUnusable(file=path.name, reason=system_reason(error)) from None
    return Holder(path.stem, public_key)


def public_path(path: Path) -> Path:
    """Where the public half of a holder's key lies."""
    return path.with_suffix(".pub")


def read_holder(path: Path) -> Holder:
    """Read a holder's public key.

    Raises:
        HolderKeyUnusable: the file cannot be read, or holds no X25519 public key.
    """
    key = sealed_boxes.from_pem(_content(path))
    if key is None:
        raise HolderKeyUnusable(
            file=path.name, reason=Text("it is no holder's public key", "不是保管人的公钥")
        )
    return Holder(path.stem, key)


@dataclass(frozen=True)
class HolderKey:
    """A holder's private key, opened."""

    holder: Holder
    private_key: bytes = field(repr=False)

    def open_share(self, sealed: bytes, context: bytes, paper: str) -> Parts:
        """Open this holder's share of a paper's key.

        Raises:
            ShareUnusable: it is another holder's, another paper's, or was changed.
        """
        content = sealed_boxes.open_with(self.private_key, sealed, context)
        if content is None:
            raise ShareUnusable(holder=self.holder.name, paper=paper)
        return decode(content)


def open_holder(path: Path, passphrase: bytes) -> HolderKey:
    """Open a holder's private key.

    Raises:
        HolderKeyUnusable: the file cannot be read, is no holder's key, or the passphrase is another one.
    """
    try:
        key = serialization.load_pem_private_key(_content(path), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, X25519PrivateKey):
        reason = Text("the passphrase does not open it", "口令不正确，或文件不是保管人的私钥")
        raise HolderKeyUnusable(file=path.name, reason=reason)
    raw = serialization.Encoding.Raw
    secret = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return HolderKey(Holder(path.stem, key.public_key().public_bytes(*_RAW)), secret)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HolderKeyUnusable(file=path.name, reason=system_reason(error)) from None
