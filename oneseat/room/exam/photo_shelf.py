"""Registered photographs as the room keeps them: sealed for its public key on the way, by its own key here.

Both keys are derived from the ring's secret, so the ring alone opens them, and a copied database does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from oneseat.files.photo_file import PhotoFile, PhotoFileBroken, SealedPhoto
from oneseat.files.pictures import MAX_ENCODED_BYTES
from oneseat.room.exam.sealers import derived, sealer_of
from oneseat.room.refusals.photos import PhotoFileRefused
from oneseat.state.database import Database
from oneseat.state.room import registered_photos
from oneseat.state.room.registered_photos import RegisteredPhoto
from signing.authority import registered_photos as statements
from signing.authority import sealed_boxes
from signing.authority.registered_photos import RegisteredPhotos
from signing.fields import unix_time
from signing.os_faults import system_reason
from signing.text import Text

PURPOSE = "registered-photos"
"""What the key is derived for under which they are kept."""
_PRIVATE_KEY = b"oneseat/room/photo-key/v1"
_AT_ONCE = 50
_OTHER_EXAM = Text("it is of another exam", "属于其他考试")
_OTHER_ROOM = Text(
    "it was sealed for another room's key; seal it again for the key of `room photo-key`",
    "是用其他考场的公钥加密的，请用本考场 `room photo-key` 导出的公钥重新生成",
)
_OLDER = Text("a newer one was taken in before", "已导入过更新的照片文件")
_UNSEALABLE = Text("a photograph in it cannot be opened", "其中有照片无法解密")


@dataclass(frozen=True)
class OpenedPhoto:
    """A registered photograph as a JPEG, with the JPEG's SHA-256 in hexadecimal."""

    jpeg: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class TakenIn:
    """What a file brought: how many photographs, and how many seats have one now."""

    photos: int
    seats: int


@dataclass(frozen=True)
class Progress:
    """Photographs that were taken in, of how many."""

    rows: int
    total: int
    faulty: int = 0


class PhotoShelf:
    """The registered photographs of one exam. Threads share it; every look is a query."""

    def __init__(self, exam: str, secret: bytes) -> None:
        self._exam, self._sealer = exam, sealer_of(secret, PURPOSE)
        self._private_key = derived(secret, _PRIVATE_KEY, sealed_boxes.KEY_BYTES)

    @property
    def public_key(self) -> bytes:
        """The key that photographs are sealed for."""
        return sealed_boxes.public_key_of(self._private_key)

    def open(self, connection: Connection, jti: str) -> OpenedPhoto | None:
        """A seat's photograph; None if there is none.

        Raises:
            SealBroken: it was sealed for another seat, or changed.
        """
        kept = registered_photos.find(connection, self._exam, jti)
        if kept is None:
            return None
        return OpenedPhoto(self._sealer.open(kept.sealed, self._bound(jti)), kept.sha256)

    def take_in(
        self,
        database: Database,
        path: Path,
        keys: Mapping[str, bytes],
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> TakenIn:
        """Keep the photographs of a file, in the place of earlier ones of the same seats.

        The whole file is verified first. A run that was interrupted is repeated. ``keys`` are the charter's
        keys of licences by kid.

        Raises:
            PhotoFileRefused: the file cannot be read, was changed, is of another exam or room, or older than
                one before it.
            StateUnavailable: the database cannot be used.
        """
        file = PhotoFile(path)
        try:
            statement = file.verified(keys)
            self._check(database, statement, path.name)
            photos, taken = file.photos(), 0
            while chunk := list(islice(photos, _AT_ONCE)):
                kept = {photo.jti: self._resealed(photo, statement) for photo in chunk}
                with database.writing() as connection:
                    registered_photos.replace(connection, self._exam, kept)
                taken += len(chunk)
                on_progress(Progress(taken, statement.photos))
        except PhotoFileBroken as error:
            raise PhotoFileRefused(file=path.name, reason=error.reason) from None
        except OSError as error:
            raise PhotoFileRefused(file=path.name, reason=system_reason(error)) from None
        with database.reading() as connection:
            return TakenIn(taken, registered_photos.count(connection, self._exam))

    def _check(self, database: Database, statement: RegisteredPhotos, name: str) -> None:
        with database.reading() as connection:
            newest = registered_photos.newest(connection, self._exam)
        if statement.exam != self._exam:
            reason = _OTHER_EXAM
        elif statement.recipient != sealed_boxes.key_id(self.public_key):
            reason = _OTHER_ROOM
        elif newest is not None and unix_time(statement.at) < newest:
            reason = _OLDER
        else:
            return
        raise PhotoFileRefused(file=name, reason=reason)

    def _resealed(self, photo: SealedPhoto, statement: RegisteredPhotos) -> RegisteredPhoto:
        bound = statements.context(self._exam, photo.jti)
        jpeg = sealed_boxes.open_with(self._private_key, photo.box, bound)
        if jpeg is None or len(jpeg) > MAX_ENCODED_BYTES:
            raise PhotoFileBroken(_UNSEALABLE)
        sealed = self._sealer.seal(jpeg, self._bound(photo.jti))
        return RegisteredPhoto(unix_time(statement.at), hashlib.sha256(jpeg).hexdigest(), sealed)

    def _bound(self, jti: str) -> bytes:
        return f"oneseat/room-registered-photo/v1/{self._exam}/{jti}".encode()
