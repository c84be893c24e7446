"""What one command works on: an exam file, its workspace, and what is opened of them when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.tools import identity
from oneseat.pipeline.workspace import Workspace
from oneseat.state.database import Database
from oneseat.store import Store, open_store
from signing.authority.keys import AUTHORITY, PORTAL, KeyRing, portal_public_keys
from signing.clock import Clock
from signing.jws import b64url_encode


class Project:
    """One exam's files, rings, state and store, each opened at first use.

    ``passphrase`` is asked at most once. ``state`` is a database URL, or None for the
    workspace's own SQLite file; ``store`` a store's address, or None for the workspace's own folder.
    """

    def __init__(
        self,
        exam_file: Path,
        root: Path,
        passphrase: Callable[[], bytes],
        clock: Clock,
        state: str | None = None,
        store: str | None = None,
    ) -> None:
        self.exam_file = exam_file
        self.clock = clock
        self._root = root
        self._ask = passphrase
        self._state = state
        self._store = store

    @cached_property
    def exam(self) -> exams.Exam:
        """The exam, validated.

        Raises:
            ExamInvalid, ExamUnreadable: with every fault at once.
        """
        return exams.load(self.exam_file)

    @cached_property
    def workspace(self) -> Workspace:
        """Where the exam's files lie."""
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
            KeyMissing, KeyRingBroken: there is no ring here, or none that can be read.
        """
        return b64url_encode(portal_public_keys(self.workspace.authority_keys)["root"][0])

    @cached_property
    def portal_ring(self) -> KeyRing:
        """The portal's ring, opened."""
        return KeyRing.open(self.workspace.portal_keys, self.passphrase, PORTAL)

    @cached_property
    def identity(self) -> identity.CodeSigningIdentity:
        """The code-signing identity, opened and checked."""
        return identity.open_identity(self.workspace.code_signing, self.passphrase, self.clock.now())

    @property
    def state_url(self) -> str:
        """Where the state lies."""
        return self._state or self.workspace.state_url

    @cached_property
    def database(self) -> Database:
        """The state, made when it is new, with the rings' rehearsal mark."""
        return Database.create(self.state_url, rehearsal=self.authority.rehearsal)

    @property
    def store_url(self) -> str:
        """Where published files go."""
        return self._store or str(self.workspace.store)

    @cached_property
    def store(self) -> Store:
        """The object store.

        Raises:
            StoreAddressInvalid, StoreUnavailable: there is none of that address.
        """
        return open_store(self.store_url)
