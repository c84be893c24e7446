"""What a room has kept, opened for commands: database, store, keys and the history of charters.

Unlike :class:`oneseat.room.exam.served_room.ServedRoom` it needs no paper, tests no store, and works on when
the charter in force names another room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from oneseat.room.exam.photo_shelf import PhotoShelf
from oneseat.room.refusals.start import RoomAbsent, RoomSettingsInvalid
from oneseat.state.database import Database
from oneseat.state.publishing import charters, orders
from oneseat.state.publishing.charters import CharterInForce
from oneseat.store.segments import SegmentStore, open_segment_store
from signing import charter as charters_kernel
from signing.authority.keys import RECEIPT, ROOM, KeyRing
from signing.authority.signer import Signer
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.jws import b64url_decode
from signing.orders import orders_in_force
from signing.session_times import charter_for
from signing.text import untranslated


@dataclass(frozen=True)
class KeptRoomSettings:
    """Where a room keeps things: its ring, its database's URL and its store's address."""

    exam: str
    keys: Path
    passphrase: bytes
    root_public_key: str
    state: str
    store: str


@dataclass(frozen=True)
class KeptRoom:
    """An exam's room as commands see it."""

    exam: str
    root_public_key: bytes
    signer: Signer
    database: Database
    segments: SegmentStore
    photos: PhotoShelf

    def charter(self, connection: Connection) -> Charter:
        """The newest published charter.

        Raises:
            RoomAbsent: none is published, or none of them verifies.
        """
        newest = next(self.verified(self.history(connection)), None)
        if newest is None:
            raise RoomAbsent
        return newest

    def verified(self, published: Sequence[CharterInForce]) -> Iterator[Charter]:
        """Yield those of the published charters that verify under the exam's root key, in their order."""
        for charter in published:
            try:
                yield charters_kernel.verify(charter.token, self.root_public_key)
            except OneSeatError:
                continue

    def vouching_charter(self, connection: Connection) -> str:
        """The newest charter token that lists the room's receipt key, the newest of all where none does.

        Raises:
            RoomAbsent: none is published.
        """
        tokens = [published.token for published in self.history(connection)]
        if not tokens:
            raise RoomAbsent
        return next(filter(self._vouches, tokens), tokens[0])

    def _vouches(self, token: str) -> bool:
        try:
            charter = charters_kernel.verify(token, self.root_public_key)
        except OneSeatError:
            return False
        return charter.room is not None and self.signer.kid in charter.room.receipt_keys_by_kid

    def charter_now(self, connection: Connection) -> Charter:
        """The same with its formal sessions as orders have moved them.

        Raises:
            RoomAbsent: as for :meth:`charter`.
        """
        charter = self.charter(connection)
        return charter_for(charter, orders_in_force(charter, orders.tokens(connection, self.exam)))

    def history(self, connection: Connection) -> list[CharterInForce]:
        """All published charters, the newest first: they list the receipt keys of all times."""
        return charters.history(connection, self.exam)


@contextmanager
def open_kept_room(settings: KeptRoomSettings) -> Iterator[KeptRoom]:
    """Open what a room has kept for the block.

    Raises:
        RoomSettingsInvalid: the root public key is malformed.
        KeyMissing, KeyRingBroken, PassphraseWrong: the ring cannot be used.
        StateAbsent, StateUnavailable: the database cannot be used.
        StoreAddressInvalid, CredentialsRefused: the store cannot be opened.
    """
    root = root_key(settings.root_public_key)
    ring = KeyRing.open(settings.keys, settings.passphrase, ROOM)
    segments = open_segment_store(settings.store, b"", "")
    database = Database.open(settings.state)
    try:
        photos = PhotoShelf(settings.exam, ring.secret("sealing"))
        yield KeptRoom(settings.exam, root, ring.signer(RECEIPT), database, segments, photos)
    finally:
        database.close()


def root_key(text: str) -> bytes:
    """Decode a root public key in base64url.

    Raises:
        RoomSettingsInvalid: the text is none.
    """
    try:
        key = b64url_decode(text)
    except OneSeatError as error:
        raise RoomSettingsInvalid(setting="root_public_key", reason=untranslated(error)) from None
    return key
