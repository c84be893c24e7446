"""Creates, lists, rotates and withdraws the exam's keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.project import Project
from oneseat.pipeline.tools import identity
from oneseat.pipeline.workspace import Workspace
from signing.authority import custody
from signing.authority.errors import KeyMissing, KeyRingBroken
from signing.authority.keys import AUTHORITY, ORDER, PORTAL, RECEIPT, ROOM, KeyEntry, KeyRing
from signing.authority.signer import ExternalKey
from signing.clock import Clock
from signing.text import Text

ROTATABLE = {
    "licence": AUTHORITY,
    "batch": AUTHORITY,
    "activation": PORTAL,
    "ticket": PORTAL,
    RECEIPT: ROOM,
    ORDER: ROOM,
}
"""The signing keys that can be rotated, and their rings. The root key cannot: every client contains it."""

_SHARED = ("delivery", "pepper")
_FOR_REHEARSALS = Text("it is marked for rehearsals", "已标记为仅供演练")
_FOR_REAL = Text("it is marked for the real exam", "已标记为用于正式考试")


@dataclass(frozen=True)
class KeySummary:
    """One key for ``keys list``: ``kid`` is the RFC 7638 thumbprint, ``where`` its address or empty."""

    ring: str
    name: str
    kid: str
    state: str
    created: str
    rehearsal: bool
    where: str = ""


@dataclass(frozen=True)
class InitResult:
    """The result of ``keys init``."""

    made: list[str]
    kept: list[str]
    rehearsal: bool
    development_certificate: bool


def init(
    workspace: Workspace, passphrase: bytes, clock: Clock, *, rehearsal: bool, offline_root: bool = False
) -> InitResult:
    """Create missing rings and the code-signing identity; keep existing ones.

    With ``offline_root`` the authority's ring gets no root key: a ceremony makes it offline.

    Raises:
        KeyRingBroken: an existing ring has another rehearsal mark, or is damaged.
        PassphraseWrong: an existing ring has another passphrase.
        CodeSigningIdentityUnusable: the existing identity cannot sign.
    """
    init_run = _RingInit(passphrase, clock, rehearsal, offline_root)
    authority = init_run.ring(workspace.authority_keys, AUTHORITY)
    init_run.ring(workspace.portal_keys, PORTAL, {name: authority.secret(name) for name in _SHARED})
    init_run.ring(workspace.room_keys, ROOM)
    code_signing = init_run.identity(workspace.code_signing)
    return InitResult(init_run.made, init_run.kept, rehearsal, code_signing.is_development)


class _RingInit:
    """One run of ``keys init``: records what it made and kept."""

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
            raise KeyRingBroken(folder=folder, reason=_FOR_REHEARSALS if ring.rehearsal else _FOR_REAL)
        added = ring.add_missing_keys(now)
        self.made += [f"{kind}: {name}" for name in added]
        self.kept.append(kind)
        return ring

    def identity(self, folder: Path) -> identity.CodeSigningIdentity:
        if (folder / identity.CERTIFICATE).exists():
            self.kept.append("code-signing")
            return identity.open_identity(folder, self._passphrase, self._clock.now())
        # A key without a certificate was left by a run that was killed in between.
        (folder / identity.KEY).unlink(missing_ok=True)
        self.made.append("code-signing")
        return identity.create_development_identity(folder, self._passphrase, self._clock.now())


def list_keys(workspace: Workspace) -> Iterator[KeySummary]:
    """List the signing keys of all rings; needs no passphrase.

    Raises:
        KeyMissing: a ring is missing.
        KeyRingBroken: a ring is damaged.
    """
    for folder in workspace.public_rings:
        index = KeyRing.read_index(folder)
        for entry in index["keys"]:
            yield KeySummary(
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

    The old key stays in the charter and still verifies what it signed. The new key is valid
    from the next charter on.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken: the ring cannot be used.
    """
    return _open_ring_of(name, workspace, passphrase).rotate(name, clock.now()).kid


def adopt(
    project: Project, name: str, where: str, credential: bytes | None, *, generate: bool
) -> ExternalKey:
    """Rotate to a key outside the ring: the one at ``where``, or one generated in the token ``where``.

    Its credential is sealed into the ring, so that pool workers and the portal open it unattended.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken: the ring cannot be used.
        CustodianUnavailable: the key cannot be generated or used.
    """
    ring = _open_ring_of(name, project.workspace, project.passphrase)
    if generate:
        from signing.authority import hsm

        where = hsm.generate(where, name, credential).where
    key = custody.adopt_key(where, credential)
    ring.adopt(name, key, project.clock.now())
    return key


def withdraw(project: Project, kid: str) -> KeyEntry:
    """Withdraw a retired key, so that later charters do not list it.

    Raises:
        KeyMissing: no ring has a retired key of this thumbprint.
        PassphraseWrong, KeyRingBroken: the ring cannot be used.
    """
    rings = [ring for ring in project.rings if _has(ring, kid)]
    return (rings or [project.authority])[0].withdraw(kid)


def _has(ring: KeyRing, kid: str) -> bool:
    return any(entry.kid == kid and entry.name in ROTATABLE for entry in ring.entries)


def _open_ring_of(name: str, workspace: Workspace, passphrase: bytes) -> KeyRing:
    kind = ROTATABLE[name]
    folders = {AUTHORITY: workspace.authority_keys, PORTAL: workspace.portal_keys, ROOM: workspace.room_keys}
    return KeyRing.open(folders[kind], passphrase, kind)
