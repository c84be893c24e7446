"""Key rings: encrypted signing keys and secrets in a folder.

A ring has an index, ``ring.json`` (public: names, thumbprints, states), and one encrypted
file per key: Ed25519 keys as PKCS#8 (RFC 5208) in PEM, symmetric secrets sealed under a key
that scrypt (RFC 7914) derives from the same passphrase. Folders are 0700 and files 0600.

The authority's ring stays on the release engineer's computer. The portal's ring is copied to
the portal host; it cannot sign licences.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from signing import jws
from signing.authority import custody, sealing
from signing.authority.custody import OFFLINE
from signing.authority.errors import KeyMissing, KeyOffline, KeyRingBroken, PassphraseWrong, SealBroken
from signing.authority.signer import ExternalKey, PrivateKeySigner, Signer
from signing.os_faults import system_reason
from signing.refusals import TokenMalformed
from signing.text import Text

AUTHORITY = "authority"
PORTAL = "portal"
ROOM = "room"
"""The ring of the exam room's host. It signs hand-in receipts, and neither tickets nor licences."""
RECEIPT, ORDER = "receipt", "order"
"""The keys of that ring: for receipts, and for orders that change a session."""
ROOT = "root"
"""The ring of the offline computer; it holds only the root key."""
SIGNING_KEYS = {
    AUTHORITY: ("root", "licence", "batch"),
    PORTAL: ("activation", "ticket"),
    ROOM: (RECEIPT, ORDER),
    ROOT: ("root",),
}
SECRETS = {
    AUTHORITY: ("exam", "delivery", "pepper"),
    PORTAL: ("delivery", "pepper", "session"),
    ROOM: ("session", "sealing"),
    ROOT: (),
}
"""Symmetric secrets by ring. ``delivery`` and ``pepper`` are shared: the pipeline seals and tags with
them, the portal opens and compares. The room's ``sealing`` encrypts what only the room may read: pictures of
candidates, names they typed, papers."""

WITHDRAWN = "withdrawn"

_SALT_BYTES = 16
_SCRYPT_N = 2**15


@dataclass(frozen=True)
class KeyEntry:
    """One key of a ring: ``state`` is active, retired (it still verifies) or withdrawn (it no longer does).

    ``where`` is the address of a key outside the ring (:mod:`signing.authority.custody`); empty for a
    key in a file of the ring.
    """

    name: str
    kid: str
    x: str
    state: str
    created: str
    where: str = ""

    @property
    def public_key(self) -> bytes:
        """The public key: 32 bytes."""
        return jws.b64url_decode(self.x)

    @property
    def file_name(self) -> str:
        """The private key's file in the ring's folder."""
        return f"{self.name}-{self.kid[:12]}.pem"

    @property
    def credential_name(self) -> str:
        """The secret's name under which the ring seals the credential of a key outside the ring."""
        return f"{self.name}-{self.kid[:12]}.pin"

    def as_object(self) -> dict[str, str]:
        """Return the index entry. ``where`` is left out if empty, as in rings that predate it."""
        return {name: value for name, value in asdict(self).items() if value or name != "where"}


def write_private(path: Path, data: bytes) -> None:
    """Write a file atomically and durably, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class KeyRing:
    """An opened ring. Private keys are decrypted on demand."""

    def __init__(
        self, folder: Path, passphrase: bytes, kind: str, rehearsal: bool, entries: list[KeyEntry]
    ) -> None:
        self.folder = folder
        self.kind = kind
        self.rehearsal = rehearsal
        self.entries = entries
        self._passphrase = passphrase

    @property
    def passphrase(self) -> bytes:
        """The ring's passphrase, for worker processes that open the same ring. Never log or store it."""
        return self._passphrase

    @classmethod
    def create(
        cls,
        folder: Path,
        passphrase: bytes,
        kind: str,
        now: datetime,
        *,
        rehearsal: bool = False,
        shared: dict[str, bytes] | None = None,
        without_root: bool = False,
    ) -> KeyRing:
        """Create a ring with new keys; ``without_root`` leaves out the root key, which is made offline.

        ``shared`` holds secrets that must equal another ring's. A rehearsal ring is marked as one
        and works only with rehearsal state.

        Raises:
            KeyRingBroken: the folder already holds a ring.
        """
        if (folder / "ring.json").exists():
            raise KeyRingBroken(folder=folder, reason=Text("it exists already", "已存在"))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        ring = cls(folder, passphrase, kind, rehearsal, [])
        for name in SECRETS[kind]:
            ring._write_secret(name, (shared or {}).get(name) or secrets.token_bytes(sealing.KEY_BYTES))
        for name in SIGNING_KEYS[kind]:
            if not (without_root and name == "root"):
                ring._add_key(name, now)
        ring._write_index()
        return ring

    @classmethod
    def open(cls, folder: Path, passphrase: bytes, kind: str) -> KeyRing:
        """Open a ring and check the passphrase on one of its secrets.

        Raises:
            KeyMissing: there is no ring.
            KeyRingBroken: the ring is of another kind, or its index is damaged.
            PassphraseWrong: the passphrase does not open it.
        """
        index = cls.read_index(folder)
        if index.get("kind") != kind:
            raise KeyRingBroken(
                folder=folder, reason=Text(f"it is not the {kind}'s ring", f"不是 {kind} 的密钥目录")
            )
        try:
            entries = [KeyEntry(**entry) for entry in index["keys"]]
            ring = cls(folder, passphrase, kind, bool(index["rehearsal"]), entries)
        except (KeyError, TypeError):
            raise KeyRingBroken(
                folder=folder, reason=Text("ring.json is damaged", "ring.json 已损坏")
            ) from None
        if SECRETS[kind]:
            ring.secret(SECRETS[kind][0])
        else:
            ring.signer(SIGNING_KEYS[kind][0])
        return ring

    def add_missing_keys(self, now: datetime) -> list[str]:
        """Generate the signing keys that this ring, made by an older version, lacks; return their names.

        A missing root key is not generated: it is made offline.
        """
        held = {"root", *(entry.name for entry in self.entries)}
        lacking = [name for name in SIGNING_KEYS[self.kind] if name not in held]
        for name in lacking:
            self._add_key(name, now)
        if lacking:
            self._write_index()
        return lacking

    @staticmethod
    def read_index(folder: Path) -> dict[str, Any]:
        """Read the public index of a ring: its kind, its rehearsal mark, and its public keys.

        Raises:
            KeyMissing: there is no index.
            KeyRingBroken: the index cannot be read.
        """
        try:
            return jws.parse_object((folder / "ring.json").read_bytes())
        except FileNotFoundError:
            raise KeyMissing(folder=folder, name="ring.json") from None
        except (OSError, TokenMalformed):
            raise KeyRingBroken(
                folder=folder, reason=Text("ring.json cannot be read", "ring.json 无法读取")
            ) from None

    def entry(self, name: str) -> KeyEntry:
        """Return the entry of the active key of that name.

        Raises:
            KeyMissing: there is no active key of that name.
        """
        for entry in self.entries:
            if entry.name == name and entry.state == "active":
                return entry
        raise KeyMissing(folder=self.folder, name=name)

    def public_keys(self, name: str) -> Iterator[bytes]:
        """Return all public keys of that name that verify, including retired ones, newest first."""
        named = (entry for entry in reversed(self.entries) if entry.name == name)
        return (entry.public_key for entry in named if entry.state != WITHDRAWN)

    def signer(self, name: str) -> Signer:
        """Open the active key of that name for signing.

        Raises:
            KeyMissing: the ring does not list it or its file is withdrawn.
            PassphraseWrong: the passphrase does not open it.
            KeyRingBroken: the file is damaged or holds another key.
            CustodianUnavailable: the key is outside the ring and cannot be used.
            KeyOffline: the key is on the offline computer.
        """
        entry = self.entry(name)
        if entry.where:
            return self._signer_elsewhere(entry)
        data = self._read(entry.file_name, name)
        try:
            key = serialization.load_pem_private_key(data, self._passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise PassphraseWrong(folder=self.folder) from None
        if not isinstance(key, Ed25519PrivateKey) or PrivateKeySigner(key).kid != entry.kid:
            raise KeyRingBroken(
                folder=self.folder,
                reason=Text(f"{entry.file_name} is another key", f"{entry.file_name} 是另一个密钥"),
            )
        return PrivateKeySigner(key)

    def secret(self, name: str) -> bytes:
        """Decrypt a symmetric secret (64 bytes): exam, pepper, delivery or session.

        Raises:
            KeyMissing: there is no such secret here.
            PassphraseWrong: the passphrase does not open it.
        """
        data = self._read(f"{name}.secret", name)
        try:
            return sealing.unseal(self._wrapping_key(data[:_SALT_BYTES]), data[_SALT_BYTES:], name.encode())
        except SealBroken:
            raise PassphraseWrong(folder=self.folder) from None

    def rotate(self, name: str, now: datetime) -> KeyEntry:
        """Replace a signing key. The old key is retired: it stays listed and still verifies.

        Raises:
            KeyMissing: there is no key of that name.
        """
        old = self.entry(name)
        new = self._add_key(name, now)
        self.entries = [replace(entry, state="retired") if entry is old else entry for entry in self.entries]
        self._write_index()
        return new

    def withdraw(self, kid: str) -> KeyEntry:
        """Withdraw a retired key: later charters do not list it, so what it signed is refused.

        Raises:
            KeyMissing: no retired key has this thumbprint. The active key has to be rotated first.
        """
        matches = [entry for entry in self.entries if entry.kid == kid and entry.state != "active"]
        if not matches:
            raise KeyMissing(folder=self.folder, name=kid)
        withdrawn = replace(matches[0], state=WITHDRAWN)
        self.entries = [withdrawn if entry is matches[0] else entry for entry in self.entries]
        self._write_index()
        return withdrawn

    def adopt(self, name: str, held: ExternalKey, now: datetime) -> KeyEntry:
        """Make a key outside the ring the active key of that name; the previous key is retired.

        Its credential, such as a PIN, is sealed under the ring's passphrase.
        """
        kid, x = jws.thumbprint(held.public_key), jws.b64url_encode(held.public_key)
        entry = KeyEntry(name, kid, x, "active", now.isoformat(timespec="seconds"), held.where)
        if held.credential is not None:
            self._write_secret(entry.credential_name, held.credential)
        self.entries = [_retire(each) if each.name == name else each for each in self.entries]
        self.entries.append(entry)
        self._write_index()
        return entry

    def _signer_elsewhere(self, entry: KeyEntry) -> Signer:
        if entry.where == OFFLINE:
            raise KeyOffline(name=entry.name)
        sealed = self.folder / f"{entry.credential_name}.secret"
        credential = self.secret(entry.credential_name) if sealed.exists() else None
        return custody.open_signer(ExternalKey(entry.where, entry.public_key, credential))

    def _read(self, file_name: str, name: str) -> bytes:
        try:
            return (self.folder / file_name).read_bytes()
        except FileNotFoundError:
            raise KeyMissing(folder=self.folder, name=name) from None
        except OSError as error:
            raise KeyRingBroken(folder=self.folder, reason=system_reason(error).about(file_name)) from None

    def _wrapping_key(self, salt: bytes) -> bytes:
        return Scrypt(salt=salt, length=sealing.KEY_BYTES, n=_SCRYPT_N, r=8, p=1).derive(self._passphrase)

    def _write_secret(self, name: str, secret: bytes) -> None:
        salt = secrets.token_bytes(_SALT_BYTES)
        sealed = sealing.seal(self._wrapping_key(salt), secret, name.encode())
        write_private(self.folder / f"{name}.secret", salt + sealed)

    def _add_key(self, name: str, now: datetime) -> KeyEntry:
        key = Ed25519PrivateKey.generate()
        signer = PrivateKeySigner(key)
        x = jws.b64url_encode(signer.public_key)
        entry = KeyEntry(name, signer.kid, x, "active", now.isoformat(timespec="seconds"))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(self._passphrase),
        )
        write_private(self.folder / entry.file_name, pem)
        self.entries.append(entry)
        return entry

    def _write_index(self) -> None:
        index = {
            "kind": self.kind,
            "rehearsal": self.rehearsal,
            "keys": [entry.as_object() for entry in self.entries],
        }
        write_private(self.folder / "ring.json", json.dumps(index, indent=2).encode() + b"\n")


def _retire(entry: KeyEntry) -> KeyEntry:
    return replace(entry, state="retired") if entry.state == "active" else entry


def portal_public_keys(folder: Path) -> dict[str, list[bytes]]:
    """Read a ring's public keys that verify, by name, without a passphrase.

    Raises:
        KeyMissing: there is no ring.
        KeyRingBroken: its index is damaged.
    """
    index = KeyRing.read_index(folder)
    keys: dict[str, list[bytes]] = {}
    try:
        for entry in (each for each in index["keys"] if each.get("state") != WITHDRAWN):
            keys.setdefault(entry["name"], []).append(jws.b64url_decode(entry["x"]))
    except (AttributeError, KeyError, TypeError):
        raise KeyRingBroken(folder=folder, reason=Text("ring.json is damaged", "ring.json 已损坏")) from None
    return keys
