"""What every store promises, whatever it is made of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from oneseat.files.chunks import chunks
from oneseat.store.errors import ObjectNameInvalid, SourceChanged

_SEGMENT = re.compile(r"[a-z0-9_-][a-z0-9._-]*")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Stored:
    """An object in a store: its name and its size in bytes."""

    name: str
    size: int


class Head:
    """What many objects begin with: the first ``size`` bytes of an object that is in the store already.

    ``file`` holds that object's bytes on this computer. It is read once, here: what is
    known of the head afterwards (its MD5) costs nothing per object.

    Raises:
        SourceChanged: the file is shorter than ``size``.
        OSError: it cannot be read.
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
        """The MD5 of the head: not for trust, but because S3's entity tags are made of it."""
        return self._md5.digest()

    def md5_with(self, tail: bytes) -> bytes:
        """The MD5 of head and tail."""
        whole = self._md5.copy()
        whole.update(tail)
        return whole.digest()


class Store(Protocol):
    """Immutable objects under names such as ``bases/<sha256>.exe``."""

    @property
    def where(self) -> str:
        """The address, as it may be shown."""
        ...

    @property
    def url(self) -> str:
        """The address by which another process opens the same store; no credentials are in it."""
        ...

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file whose SHA-256 (hexadecimal) is known; at once when it is there already.

        The object appears whole and durable, or not at all. Any number of writers may
        put the same object at the same time.

        Raises:
            SourceChanged: the file's digest is not ``sha256``.
            ObjectDiffers: the name is taken by other content.
            StoreFull, StoreUnavailable, ObjectNameInvalid: as their names say.
        """
        ...

    def put_bytes(self, name: str, content: bytes, sha256: str, *, looked: bool = False) -> Stored:
        """As :meth:`put`, of a few bytes that are at hand.

        ``looked`` says that the caller has just seen that no such object is there, which
        saves a request. Use it for names that say what they hold, so that other writers of
        the name can only be writing the same.

        Raises:
            SourceChanged, ObjectDiffers, StoreFull, StoreUnavailable, ObjectNameInvalid: as for :meth:`put`.
        """
        ...

    def compose(self, name: str, head: Head, tail: bytes, sha256: str, *, looked: bool = False) -> Stored:
        """Store head and tail as one object whose SHA-256 is known, sending the head only where it must be.

        ``looked`` is as for :meth:`put_bytes`.

        Raises:
            ObjectAbsent: the object that the head is of is not there.
            ObjectDiffers: the name is taken by other content, or the object that the head is of is another.
            StoreFull, StoreUnavailable, ObjectNameInvalid: as their names say.
        """
        ...

    def find(self, name: str) -> Stored | None:
        """The object of that name, if there is one."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start``, in pieces of at most :data:`oneseat.files.chunks.CHUNK_BYTES`.

        Raises:
            ObjectAbsent: there is no such object.
        """
        ...

    def local_file(self, name: str, sha256: str) -> Path:
        """A file on this computer with the object's bytes, for mapping into memory. Never write to it.

        A backend that has to fetch the object holds what it fetched against ``sha256``;
        one that has it here leaves that to the reader.

        Raises:
            ObjectAbsent: there is no such object.
            ObjectDiffers: what was fetched has another SHA-256.
        """
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with ``prefix``, in order."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens when there is none."""
        ...

    def remove_all(self, names: Iterable[str]) -> int:
        """Remove many objects; how many names it was."""
        ...

    def sweep(self, prefix: str = "") -> int:
        """Clear away what killed writers left of objects whose names begin with ``prefix``; how much it was.

        Call it while no one writes such objects.
        """
        ...


@runtime_checkable
class Presigning(Protocol):
    """A store whose objects a web browser can fetch by a URL that says so and ends."""

    def presigned_url(self, name: str, life_s: int, disposition: str, media_type: str) -> str:
        """A URL for one GET of the object, good for ``life_s`` seconds; never log or store it.

        ``disposition`` and ``media_type`` are the answer's Content-Disposition and Content-Type.

        Raises:
            CredentialsRefused: there are no credentials to sign with.
        """
        ...


def base_name(sha256: str) -> str:
    """The name of a base installer by the SHA-256 of the whole file."""
    return f"bases/{sha256}.exe"


def installer_folder(exam: str) -> str:
    """What the names of an exam's whole installers begin with."""
    return f"installers/{exam}/"


def installer_name(exam: str, jti: str, sha256: str) -> str:
    """The name of a seat's whole installer, by jti and by the SHA-256 of the file.

    Names sort as their jtis do. A folder for each of 256 beginnings keeps folders small,
    and lets a bucket spread its load.
    """
    return f"{installer_folder(exam)}{jti[:2]}/{jti}-{sha256[:16]}.exe"


def tail_folder(exam: str) -> str:
    """What the names of an exam's tails begin with."""
    return f"tails/{exam}/"


def tail_name(exam: str, jti: str, sha256: str) -> str:
    """The name of a seat's tail, by jti and by the SHA-256 of the whole file that it completes."""
    return f"{tail_folder(exam)}{jti[:2]}/{jti}-{sha256[:16]}.bin"


def checked_name(name: str) -> str:
    """``name``, when it may name an object on every backend.

    Raises:
        ObjectNameInvalid: it is too long, absolute, hidden, or has other characters.
    """
    if len(name) > _LONGEST_NAME or not all(_SEGMENT.fullmatch(segment) for segment in name.split("/")):
        raise ObjectNameInvalid(name=name[:80])
    return name
