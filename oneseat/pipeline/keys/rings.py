"""The exam's keys: made once, listed, rotated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.project import Project
from oneseat.pipeline.tools import identity
from oneseat.pipeline.workspace import Workspace
from signing.authority import custody
from signing.authority.errors import KeyMissing, KeyRingBroken
from signing.authority.keys import AUTHORITY, PORTAL, KeyEntry, KeyRing
from signing.authority.signer import HeldKey
from signing.clock import Clock

ROTATED = {"licence": AUTHORITY, "batch": AUTHORITY, "activation": PORTAL, "ticket": PORTAL}
"""The signing keys that may be replaced, and their rings. The root key may not: every client carries it."""

_SHARED = ("delivery", "pepper")


@dataclass(frozen=True)
class KeyLine:
    """One key as ``keys list`` shows it: RFC 7638 thumbprint, and where it lives (empty for a file)."""

    ring: str
    name: str
    kid: str
    state: str
    created: str
    rehearsal: bool
    where: str = ""


@dataclass(frozen=True)
class Made:
    """What ``keys init`` did."""

    made: list[str]
    kept: list[str]
    rehearsal: bool
    development_certificate: bool


def init(
    workspace: Workspace, passphrase: bytes, clock: Clock, *, rehearsal: bool, offline_root: bool = False
) -> Made:
    """Make what is missing of the two rings and the code-signing identity; keep what is there.

    With ``offline_root`` the authority's ring gets no root key: a ceremony makes it elsewhere.

    Raises:
        KeyRingBroken: a ring is there and marked otherwise, or damaged.
        PassphraseWrong: a ring is there, under another passphrase.
        CodeSigningIdentityUnusable: the identity that is there cannot sign.
    """
    making = _Making(passphrase, clock, rehearsal, offline_root)
    authority = making.ring(workspace.authority_keys, AUTHORITY)
    making.ring(workspace.portal_keys, PORTAL, {name: authority.secret(name) for name in _SHARED})
    signs = making.identity(workspace.code_signing)
    return Made(making.made, making.kept, rehearsal, signs.is_development)


class _Making:
    """One run of ``keys init``, and its account of what it made and kept."""

    def __init__(self, passphrase: bytes, clock: Clock, rehearsal: bool, offline_root: bool) -> None:
        self._offline_root = offline_root
        self._passphrase, self._clock, self._rehearsal = passphrase, clock, rehearsal
        self.made: list[str] = []
        self.kept: list[str] = []

    def ring(self, folder: Path, kind: str, shared: dict[str, bytes] | None = None) -> KeyRing:
        now, mark = self._clock.now(), self._rehearsal
        try:
            ring = KeyRing.open(folder, self._passphrase, kind)
        except KeyMissing:
            self.made.append(kind)
            return KeyRing.create(
                folder,
                self._passphrase,
                kind,
                now,
                rehearsal=mark,
                shared=shared,
                without_root=self._offline_root,
            )
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
                entry.get("where", ""),
            )


def rotate(workspace: Workspace, name: str, passphrase: bytes, clock: Clock) -> str:
    """Replace one signing key and return the new one's thumbprint.

    The old key stays in the charter and still verifies what it signed. The new one counts
    from the next charter on.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken: the ring cannot be used.
    """
    return _ring_of(name, workspace, passphrase).rotate(name, clock.now()).kid


def adopt(project: Project, name: str, where: str, credential: bytes | None, *, generate: bool) -> HeldKey:
    """Rotate to a key that lives elsewhere: one made now in the token ``where``, or the one at ``where``.

    What opens it is sealed into the ring, so that pool workers and the portal open it unattended.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken: the ring cannot be used.
        CustodianUnavailable: the key cannot be made, or cannot be used there.
    """
    ring = _ring_of(name, project.workspace, project.passphrase)
    if generate:
        from signing.authority import hsm

        made = hsm.generate(where, name, credential)
        where = made.where
    held = custody.adopted(where, credential)
    ring.adopt(name, held, project.clock.now())
    return held


def withdraw(project: Project, kid: str) -> KeyEntry:
    """Take a retired key out of the charters to come.

    Raises:
        KeyMissing: neither ring has a retired key of this thumbprint.
        PassphraseWrong, KeyRingBroken: the ring cannot be used.
    """
    rings = [ring for ring in (project.authority, project.portal_ring) if _has(ring, kid)]
    return (rings or [project.authority])[0].withdraw(kid)


def _has(ring: KeyRing, kid: str) -> bool:
    return any(entry.kid == kid and entry.name in ROTATED for entry in ring.entries)


def _ring_of(name: str, workspace: Workspace, passphrase: bytes) -> KeyRing:
    kind = ROTATED[name]
    folder = workspace.authority_keys if kind == AUTHORITY else workspace.portal_keys
    return KeyRing.open(folder, passphrase, kind)
