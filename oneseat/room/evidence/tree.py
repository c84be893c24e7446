"""The layout of an export, and the writer of its files: each is hashed while it is written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from oneseat.files.chunks import chunks
from signing.authority.evidence import EvidenceFile
from signing.jws import canonical_json

INDEX, INDEX_TOKEN, INDEX_STAMP = "index.json", "index.jws", "index.tsr"
MANIFEST, MANIFEST_TOKEN = "manifest.json", "manifest.jws"
RECEIPT = "receipt.jws"
ROWS, SEGMENTS, JOINED = "rows", "segments", "joined"
CHARTERS, ORDERS = "charters", "orders"
MANIFEST_FORMAT, INDEX_FORMAT = "oneseat-evidence/v1", "oneseat-evidence-index/v1"
UNLISTED = frozenset({MANIFEST, MANIFEST_TOKEN})
"""Files of an attempt's folder that its manifest does not list: itself and its signature."""
_MODE = 0o600


class TreeWriter:
    """Writes the files of a new folder, and keeps the list of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[EvidenceFile] = []

    def write(self, path: str, pieces: Iterable[bytes]) -> EvidenceFile:
        """Write a file piece by piece, and list it.

        Raises:
            OSError: it cannot be written.
        """
        digest, size = hashlib.sha256(), 0
        target = self.folder / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
                size += len(piece)
        return self._list(EvidenceFile(path, digest.hexdigest(), size))

    def write_unlisted(self, path: str, content: bytes) -> None:
        """Write a file that the list does not name, such as the list itself."""
        self.write(path, [content])
        self.files.pop()

    def discard(self, path: str) -> None:
        """Remove a file that was begun, whether or not it is listed."""
        (self.folder / path).unlink(missing_ok=True)
        self.files = [file for file in self.files if file.path != path]

    def take_in(self, path: str) -> EvidenceFile:
        """List a file that another writer has made in the folder."""
        target = self.folder / path
        target.chmod(_MODE)
        return self._list(digest_of(target, path))

    def _list(self, file: EvidenceFile) -> EvidenceFile:
        self.files.append(file)
        return file


def digest_of(target: Path, path: str) -> EvidenceFile:
    """Read a file to its end and describe it.

    Raises:
        OSError: it cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("rb") as file:
        for piece in chunks(file):
            digest.update(piece)
            size += len(piece)
    return EvidenceFile(path, digest.hexdigest(), size)


def files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of everything below a folder that is no folder, with slashes, sorted."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*names, *(each for each in folders if (Path(parent) / each).is_symlink())]):
            yield (Path(parent) / name).relative_to(folder).as_posix()


def document(value: object) -> bytes:
    """Encode a manifest, an index or a certificate: canonical JSON and a line break."""
    return canonical_json(value) + b"\n"
