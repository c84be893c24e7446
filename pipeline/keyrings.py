"""The exam's keys: made once, listed, rotated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.tools import identity
from pipeline.workspace import Workspace
from signing.clock import Clock
from signing.errors import KeyMissing, KeyRingBroken
from signing.keys import AUTHORITY, PORTAL, KeyRing

ROTATED = {"licence": AUTHORITY, "batch": AUTHORITY, "activation": PORTAL, "ticket": PORTAL}
"""The signing keys that may be replaced, and their rings. The root key may not: every client carries it."""

_SHARED = ("delivery", "pepper")


@dataclass(frozen=True)
class KeyLine:
    """One key as ``keys list`` shows it. ``kid`` is the RFC 7638 thumbprint."""

    ring: str
    name: str
    kid: str
    state: str
    created: str
    rehearsal: bool


@dataclass(frozen=True)
class Made:
    """What ``keys init`` did."""

    made: list[str]
    kept: list[str]
    rehearsal: bool
    development_certificate: bool


def init(workspace: Workspace, passphrase: bytes, clock: Clock, *, rehearsal: bool) -> Made:
    """Make what is missing of the two rings and the code-signing identity; keep what is there.

    Raises:
        KeyRingBroken: a ring is there and marked otherwise, or damaged.
        PassphraseWrong: a ring is there, under another passphrase.
        CodeSigningIdentityUnusable: the identity that is there cannot sign.
    """
    making = _Making(passphrase, clock, rehearsal)
    authority = making.ring(workspace.authority_keys, AUTHORITY)
    making.ring(workspace.portal_keys, PORTAL, {name: authority.secret(name) for name in _SHARED})
    signs = making.identity(workspace.code_signing)
    return Made(making.made, making.kept, rehearsal, signs.is_development)


class _Making:
    """One run of ``keys init``, and its account of what it made and kept."""

    def __init__(self, passphrase: bytes, clock: Clock, rehearsal: bool) -> None:
        self._passphrase, self._clock, self._rehearsal = passphrase, clock, rehearsal
        self.made: list[str] = []
        self.kept: list[str] = []

    def ring(self, folder: Path, kind: str, shared: dict[str, bytes] | None = None) -> KeyRing:
        now, mark = self._clock.now(), self._rehearsal
        try:
            ring = KeyRing.open(folder, self._passphrase, kind)
        except KeyMissing:
            self.made.append(kind)
            return KeyRing.create(folder, self._passphrase, kind, now, rehearsal=mark, shared=shared)
        if ring.rehearsal != mark:
            found = "for rehearsals" if ring.rehearsal else "for the real exam"
            raise KeyRingBroken(folder=folder, reason=f"it is marked {found}")
        added = ring.complete(now)
        self.made += [f"{kind}: {name}" for name in added]
        self.kept.append(kind)
        return ring

    def identity(self, folder: Path) -> identity.CodeSigningIdentity:
        if (folder / identity.CERTIFICATE).exists():
            self.kept.append("code-signing")
            return identity.open_identity(folder, self._passphrase, self._clock.now())
        (folder / identity.KEY).unlink(
            missing_ok=True
        )  # left by a run that was killed before the certificate
        self.made.append("code-signing")
        return identity.create_development_identity(folder, self._passphrase, self._clock.now())


def listed(workspace: Workspace) -> Iterator[KeyLine]:
    """Every signing key of both rings, read without a passphrase.

    Raises:
        KeyMissing, KeyRingBroken: a ring is absent or damaged.
    """
    for folder in (workspace.authority_keys, workspace.portal_keys):
        index = KeyRing.read_index(folder)
        for entry in index["keys"]:
            yield KeyLine(
                index["kind"],
                entry["name"],
                entry["kid"],
                entry["state"],
                entry["created"],
                index["rehearsal"],
            )


def rotate(workspace: Workspace, name: str, passphrase: bytes, clock: Clock) -> str:
    """Replace one signing key and return the new one's thumbprint.

    The old key stays in the charter and still verifies what it signed. The new one counts
    from the next charter on.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken: the ring cannot be used.
    """
    kind = ROTATED[name]
    folder = workspace.authority_keys if kind == AUTHORITY else workspace.portal_keys
    return KeyRing.open(folder, passphrase, kind).rotate(name, clock.now()).kid
