"""Paths of an exam's files on the release engineer's computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """One exam's folder below the output root (``dist/`` by default).

    ``keys/authority`` never leaves this computer. A portal host needs ``keys/portal``, the state
    and the store; a room host needs ``keys/room``.
    """

    root: Path
    exam: str

    @property
    def folder(self) -> Path:
        """The exam's own folder."""
        return self.root / self.exam

    @property
    def authority_keys(self) -> Path:
        """The ring that signs charters and licences."""
        return self.folder / "keys" / "authority"

    @property
    def portal_keys(self) -> Path:
        """The ring that the portal opens."""
        return self.folder / "keys" / "portal"

    @property
    def room_keys(self) -> Path:
        """The ring that the exam room opens."""
        return self.folder / "keys" / "room"

    @property
    def public_rings(self) -> tuple[Path, ...]:
        """The rings whose public keys a charter lists; workspaces of earlier versions have no room's ring."""
        rings = (self.authority_keys, self.portal_keys)
        return (*rings, self.room_keys) if (self.room_keys / "ring.json").exists() else rings

    @property
    def recordings(self) -> Path:
        """The folder store of what the exam room records, unless it goes to a bucket."""
        return self.folder / "recordings"

    @property
    def code_signing(self) -> Path:
        """The code-signing identity: ``certificate.pem`` and ``key.pem``."""
        return self.folder / "keys" / "code-signing"

    @property
    def phone_signing(self) -> Path:
        """The key that signs the phone app, with its certificate: a PKCS#12 file."""
        return self.folder / "keys" / "phone-signing" / "identity.p12"

    @property
    def charters(self) -> Path:
        """Signed charters, one file per version."""
        return self.folder / "charters"

    @property
    def base(self) -> Path:
        """Base installers, one folder each."""
        return self.folder / "base"

    @property
    def phone(self) -> Path:
        """Base files of the phone app, one folder each."""
        return self.folder / "phone"

    @property
    def batches(self) -> Path:
        """Published batches, one folder each: manifest, signed head, and the base's documents."""
        return self.folder / "batches"

    @property
    def reports(self) -> Path:
        """Reports of issue runs, one page each."""
        return self.folder / "reports"

    @property
    def state_url(self) -> str:
        """The SQLAlchemy URL of the default state database."""
        return f"sqlite:///{self.folder / 'state.db'}"

    @property
    def store(self) -> Path:
        """The default object store."""
        return self.folder / "store"

    @property
    def installers(self) -> Path:
        """Stamped installers that ``stamp`` wrote as files."""
        return self.folder / "installers"
