"""The protocol of all store backends, and the names of objects."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from oneseat.files.chunks import chunks
from oneseat.store.errors import ObjectNameInvalid, SourceChanged

_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Stored:
    """An object in a store: its name and its size in bytes."""

    name: str
    size: int


class SharedPrefix:
    """A prefix that many objects share: the first ``size`` bytes of an object in the store.

    ``file`` is a local copy of that object. It is read once, here, so that the MD5 of each
    composed object costs only its tail.

    Raises:
        SourceChanged: the file is shorter than ``size``.
        OSError: the file cannot be read.
    """

    def __init__(self, name: str, file: Path, size: int) -> None:
        self.name = checked_name(name)
        self.file = file
        self.size = size
        self._md5 = hashlib.md5(usedforsecurity=False)
        with file.open("rb") as source:
            for piece in chunks(source, size):
                self._md5.update(piece)
            if source.tell() != size:
                raise SourceChanged(name=name)

    @property
    def md5(self) -> bytes:
        """The MD5 of the prefix. It predicts S3's entity tags and is not used for security."""
        return self._md5.digest()

    def md5_with(self, tail: bytes) -> bytes:
        """The MD5 of the prefix followed by ``tail``."""
        whole = self._md5.copy()
        whole.update(tail)
        return whole.digest()


class Store(Protocol):
    """Immutable objects under names such as ``bases/<sha256>.exe``."""

    @property
    def where(self) -> str:
        """The address for messages."""
        ...

    @property
    def url(self) -> str:
        """The address by which another process opens the same store. It holds no credentials."""
        ...

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file whose SHA-256 (hexadecimal) is known. An object that exists is not sent again.

        The write is atomic and durable. Several writers may put the same object at the same time.

        Raises:
            SourceChanged: the file's digest is not ``sha256``.
            ObjectDiffers: the name is taken by other content.
            StoreFull: no space is left.
            StoreUnavailable: the store cannot be reached or written.
            ObjectNameInvalid: the name is not a valid object name.
        """
        ...

    def put_bytes(self, name: str, content: bytes, sha256: str, *, skip_exists_check: bool = False) -> Stored:
        """Store a few bytes, like :meth:`put`.

        ``skip_exists_check`` saves a request when the caller knows that the object is missing. Use
        it only for content-addressed names: other writers of the name then write the same bytes.

        Raises:
            SourceChanged: the digest of ``content`` is not ``sha256``.
            ObjectDiffers, StoreFull, StoreUnavailable, ObjectNameInvalid: as for :meth:`put`.
        """
        ...

    def compose(
        self, name: str, shared: SharedPrefix, tail: bytes, sha256: str, *, skip_exists_check: bool = False
    ) -> Stored:
        """Store the prefix and ``tail`` as one object; on a server the prefix is copied, not sent.

        ``skip_exists_check`` is as for :meth:`put_bytes`.

        Raises:
            ObjectAbsent: the object that holds the prefix is missing.
            ObjectDiffers: the name is taken by other content, or the prefix's object has changed.
            StoreFull, StoreUnavailable, ObjectNameInvalid: as for :meth:`put`.
        """
        ...

    def find(self, name: str) -> Stored | None:
        """Return the object of that name, or None."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start``, in chunks of at most :data:`oneseat.files.chunks.CHUNK_BYTES`.

        Raises:
            ObjectAbsent: there is no such object.
        """
        ...

    def local_file(self, name: str, sha256: str) -> Path:
        """Return a local file with the object's bytes, for memory mapping. Never write to it.

        A backend that fetches the object verifies it against ``sha256``; a local backend leaves
        that to the reader.

        Raises:
            ObjectAbsent: there is no such object.
            ObjectDiffers: the fetched bytes have another SHA-256.
        """
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object, if it exists."""
        ...

    def remove_all(self, names: Iterable[str]) -> int:
        """Remove many objects; return the number of names."""
        ...

    def sweep(self, prefix: str = "") -> int:
        """Remove what killed writers left behind below ``prefix``; return how many leftovers there were.

        Call it only while no process writes such objects.
        """
        ...


@runtime_checkable
class Presigning(Protocol):
    """A store that can presign URLs, by which a web browser fetches an object for a limited time."""

    def presigned_url(self, name: str, life_s: int, disposition: str, media_type: str) -> str:
        """Presign a URL for one GET of the object, valid for ``life_s`` seconds. Never log or store it.

        ``disposition`` and ``media_type`` are the response's Content-Disposition and Content-Type.

        Raises:
            CredentialsRefused: there are no credentials to sign with.
        """
        ...


@dataclass(frozen=True)
class ObjectNames:
    """The names of an artefact's objects: the folders of whole files and of tails, and the files' suffix."""

    whole: str
    tails: str
    suffix: str


OBJECT_NAMES = {
    "installer": ObjectNames("installers", "tails", ".exe"),
    "phone": ObjectNames("phones", "phone-tails", ".apk"),
}
"""The names by artefact."""


def base_name(sha256: str, artefact: str = "installer") -> str:
    """The name of a base by the SHA-256 of the whole file."""
    return f"bases/{sha256}{OBJECT_NAMES[artefact].suffix}"


def installer_folder(exam: str, artefact: str = "installer") -> str:
    """The name prefix of an exam's whole files."""
    return f"{OBJECT_NAMES[artefact].whole}/{exam}/"


def installer_name(exam: str, jti: str, sha256: str, artefact: str = "installer") -> str:
    """The name of a seat's whole file, by jti and by the SHA-256 of the file.

    Names sort like their jtis. A folder per first two digits keeps folders small and lets a
    bucket spread its load.
    """
    folder, suffix = installer_folder(exam, artefact), OBJECT_NAMES[artefact].suffix
    return f"{folder}{jti[:2]}/{jti}-{sha256[:16]}{suffix}"


def tail_folder(exam: str, artefact: str = "installer") -> str:
    """The name prefix of an exam's tails."""
    return f"{OBJECT_NAMES[artefact].tails}/{exam}/"


def tail_name(exam: str, jti: str, sha256: str, artefact: str = "installer") -> str:
    """The name of a seat's tail, by jti and by the SHA-256 of the whole file that it completes."""
    return f"{tail_folder(exam, artefact)}{jti[:2]}/{jti}-{sha256[:16]}.bin"


def checked_name(name: str) -> str:
    """Return ``name`` if it is a valid object name on every backend.

    Raises:
        ObjectNameInvalid: it is too long, absolute, hidden, or has characters that are not allowed.
    """
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise ObjectNameInvalid(name=name[:80])
    return name
