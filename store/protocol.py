"""What every store promises, whatever it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from store.errors import ObjectNameInvalid

CHUNK_BYTES = 1 << 20
"""Bytes are moved in pieces of this size, so memory does not depend on an object's size."""

_SEGMENT = re.compile(r"[a-z0-9_-][a-z0-9._-]*")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Stored:
    """An object in a store: its name and its size in bytes."""

    name: str
    size: int


class Store(Protocol):
    """Immutable objects under names such as ``bases/<sha256>.exe``."""

    @property
    def where(self) -> str:
        """The address, as it may be shown."""
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

    def find(self, name: str) -> Stored | None:
        """The object of that name, if there is one."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start``, in pieces of at most :data:`CHUNK_BYTES`.

        Raises:
            ObjectAbsent: there is no such object.
        """
        ...

    def local_file(self, name: str) -> Path:
        """A file on this computer with the object's bytes, for mapping into memory. Never write to it.

        Raises:
            ObjectAbsent: there is no such object.
        """
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with ``prefix``, in order."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens when there is none."""
        ...

    def sweep(self) -> int:
        """Clear away what killed writers left; how much it was. Call it while no one writes."""
        ...


def base_name(sha256: str) -> str:
    """The name of a base installer by the SHA-256 of the whole file."""
    return f"bases/{sha256}.exe"


def checked_name(name: str) -> str:
    """``name``, when it may name an object on every backend.

    Raises:
        ObjectNameInvalid: it is too long, absolute, hidden, or has other characters.
    """
    if len(name) > _LONGEST_NAME or not all(_SEGMENT.fullmatch(segment) for segment in name.split("/")):
        raise ObjectNameInvalid(name=name[:80])
    return name
