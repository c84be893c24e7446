"""Where an exam's files lie on the release engineer's computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """One exam's folder under the output root (``dist/`` unless told otherwise).

    ``keys/authority`` never leaves this computer; ``keys/portal``, the state and the
    store are what a portal host needs.
    """

    root: Path
    exam: str

    @property
    def folder(self) -> Path:
        """The exam's own folder."""
        return self.root / self.exam

    @property
    def authority_keys(self) -> Path:
        """The ring that can sign charters and licences."""
        return self.folder / "keys" / "authority"

    @property
    def portal_keys(self) -> Path:
        """The ring that the portal opens."""
        return self.folder / "keys" / "portal"

    @property
    def code_signing(self) -> Path:
        """The code-signing identity: ``certificate.pem`` and ``key.pem``."""
        return self.folder / "keys" / "code-signing"

    @property
    def charters(self) -> Path:
        """Signed charters, one file a version."""
        return self.folder / "charters"

    @property
    def base(self) -> Path:
        """The base installers that were built, a folder each."""
        return self.folder / "base"

    @property
    def batches(self) -> Path:
        """The published batches, a folder each: manifest, signed head, and the base's documents."""
        return self.folder / "batches"

    @property
    def reports(self) -> Path:
        """Reports of batches, a page each."""
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
        """Stamped installers that were asked for as files."""
        return self.folder / "installers"
