"""One exam's files, key rings, database and store, opened on first use: the input of a command.

SQLAlchemy is loaded with the database, since many commands need none and it takes as long as all else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.tools import identity
from oneseat.pipeline.workspace import Workspace
from oneseat.store import Store, open_store
from signing.authority.keys import AUTHORITY, PORTAL, ROOM, KeyRing, portal_public_keys
from signing.clock import Clock
from signing.jws import b64url_encode

if TYPE_CHECKING:
    from oneseat.state.database import Database


class Project:
    """One exam's files, rings, state and store, each opened on first use and cached.

    ``passphrase`` is called at most once. ``state`` is a database URL, or None for the workspace's
    SQLite file; ``store`` is a store's address, or None for the workspace's folder. ``trust_clock`` signs
    although the clock is not plausible.
    """

    def __init__(
        self,
        exam_file: Path,
        root: Path,
        passphrase: Callable[[], bytes],
        clock: Clock,
        state: str | None = None,
        store: str | None = None,
        *,
        trust_clock: bool = False,
    ) -> None:
        self.exam_file = exam_file
        self.clock = clock
        self.trust_clock = trust_clock
        self._root = root
        self._ask = passphrase
        self._state = state
        self._store = store

    @cached_property
    def exam(self) -> exams.Exam:
        """The validated exam.

        Raises:
            ExamUnreadable: the exam file cannot be read.
            ExamInvalid: it has faults; all are reported.
        """
        return exams.load(self.exam_file)

    @cached_property
    def workspace(self) -> Workspace:
        """Paths of the exam's files."""
        return Workspace(self._root, self.exam.id)

    @cached_property
    def passphrase(self) -> bytes:
        """The passphrase of rings and identity."""
        return self._ask()

    @cached_property
    def authority(self) -> KeyRing:
        """The authority's ring, opened."""
        return KeyRing.open(self.workspace.authority_keys, self.passphrase, AUTHORITY)

    @property
    def root_key(self) -> str:
        """The exam's root public key in base64url, read from the authority's ring without a passphrase.

        Raises:
            KeyMissing: there is no ring.
            KeyRingBroken: the ring cannot be read.
        """
        return b64url_encode(portal_public_keys(self.workspace.authority_keys)["root"][0])

    @cached_property
    def portal_ring(self) -> KeyRing:
        """The portal's ring, opened."""
        return KeyRing.open(self.workspace.portal_keys, self.passphrase, PORTAL)

    @property
    def rings(self) -> tuple[KeyRing, ...]:
        """All rings of the workspace, opened; workspaces of earlier versions have no room's ring."""
        room = self.workspace.room_keys
        held = (self.authority, self.portal_ring)
        if room not in self.workspace.public_rings:
            return held
        return (*held, KeyRing.open(room, self.passphrase, ROOM))

    @cached_property
    def identity(self) -> identity.CodeSigningIdentity:
        """The code-signing identity, opened and checked."""
        return identity.open_identity(self.workspace.code_signing, self.passphrase, self.clock.now())

    @property
    def state_url(self) -> str:
        """The URL of the state database."""
        return self._state or self.workspace.state_url

    @cached_property
    def database(self) -> Database:
        """The state database, created with the rings' rehearsal mark if it does not exist."""
        from oneseat.state.database import Database

        return Database.create(self.state_url, rehearsal=self.authority.rehearsal)

    @cached_property
    def state(self) -> Database:
        """The existing state database, for work that only reads it; needs no key, and may be read-only.

        Raises:
            StateAbsent: there is no database.
            StateUnavailable: it cannot be read.
        """
        from oneseat.state.database import Database

        return Database.open(self.state_url)

    @property
    def store_url(self) -> str:
        """The address of the object store."""
        return self._store or str(self.workspace.store)

    @cached_property
    def store(self) -> Store:
        """The object store.

        Raises:
            StoreAddressInvalid: the address cannot be parsed.
            StoreUnavailable: no backend has the address's scheme.
        """
        return open_store(self.store_url)
