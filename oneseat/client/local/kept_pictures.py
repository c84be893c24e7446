"""Pictures of a help request that wait to be sent, in ``<own>/<exam>/picture-<jti>-<slot>.bin``, encrypted.

At most three. A file is a frame (:mod:`oneseat.client.local.storage`) around::

    length of the wrapped key u16 big-endian | wrapped key | secret box

The secret box (XSalsa20-Poly1305) holds the SHA-256 of the request's number, and the picture. Its key is
random and wrapped by this computer. A file that is damaged or of another computer counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import NamedTuple, Optional, Tuple

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import StateDamaged
from oneseat.client.local.storage import (
    frame_blob,
    read_small,
    storage_errors,
    unframe_blob,
    write_atomically,
)
from oneseat.client.local.vault import exam_folder

MAX_PICTURE_BYTES = 8 * 1024 * 1024
"""What the portal takes."""
MAX_PICTURES = 3
"""Pictures of one request."""

_SLOTS = range(1, MAX_PICTURES + 1)
_MAX_FILE_BYTES = MAX_PICTURE_BYTES + 16 * 1024
_LENGTH_BYTES, _DIGEST_BYTES = 2, 32


class KeptPicture(NamedTuple):
    """A picture, and which request it belongs to."""

    request: bytes
    content: bytes

    def belongs_to(self, number: str) -> bool:
        """Whether it was added to the request of this number, or before the request had one."""
        return self.request in (_digest(number), _digest(""))


class KeptPictures:
    """The pictures of one seat that are not sent yet, in this account's folder."""

    def __init__(self, computer: Computer, exam: str, jti: str) -> None:
        self._computer = computer
        self._folder: Path = exam_folder(computer.own_folder(), exam)
        self._jti = jti
        self._entropy = f"oneseat/kept-picture/v1\0{exam}\0{jti}".encode()

    def slots(self) -> Tuple[int, ...]:
        """The slots that hold a picture."""
        return tuple(slot for slot in _SLOTS if self._path(slot).exists())

    def read(self, slot: int) -> Optional[KeptPicture]:
        """The picture in a slot; None if there is none that can be decrypted."""
        with contextlib.suppress(FileNotFoundError, StateDamaged, NotUnwrapped, CryptoError, ValueError):
            blob = unframe_blob(read_small(self._path(slot), _MAX_FILE_BYTES))
            start = _LENGTH_BYTES + int.from_bytes(blob[:_LENGTH_BYTES], "big")
            key = self._computer.unwrap(blob[_LENGTH_BYTES:start], self._entropy)
            plain = SecretBox(key).decrypt(blob[start:])
            return KeptPicture(plain[:_DIGEST_BYTES], plain[_DIGEST_BYTES:])
        return None

    def store(self, number: str, content: bytes) -> bool:
        """Keep a picture of the request with this number; empty if the request has none yet.

        Returns False if all slots are taken.

        Raises:
            StorageFailed: the file cannot be written.
        """
        taken = self.slots()
        free = [slot for slot in _SLOTS if slot not in taken]
        if not free:
            return False
        key = os.urandom(SecretBox.KEY_SIZE)
        with storage_errors():
            wrapped = self._computer.wrap(key, self._entropy)
            box = bytes(SecretBox(key).encrypt(_digest(number) + content))
            self._folder.mkdir(parents=True, exist_ok=True)
            blob = len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped + box
            write_atomically(self._path(free[0]), frame_blob(blob))
        return True

    def drop(self, slot: int) -> None:
        """Delete the picture in a slot, if there is one.

        Raises:
            StorageFailed: the file cannot be deleted.
        """
        with storage_errors(), contextlib.suppress(FileNotFoundError):
            self._path(slot).unlink()

    def drop_all(self) -> None:
        """Delete every picture.

        Raises:
            StorageFailed: a file cannot be deleted.
        """
        for slot in self.slots():
            self.drop(slot)

    def _path(self, slot: int) -> Path:
        return self._folder / f"picture-{self._jti}-{slot}.bin"


def _digest(number: str) -> bytes:
    return hashlib.sha256(number.encode("utf-8", "replace")).digest()
