"""A store in a local folder.

Writing: a temporary file in the same folder, its bytes and then its name made durable
(``fsync`` of the file before it is named, of the folder after), and the name given by a
hard link, which fails rather than overwrites. A kill at any moment leaves the old state
or the new, and at worst a temporary file that :meth:`FolderStore.sweep` removes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import ObjectAbsent, ObjectDiffers, SourceChanged, StoreFull, StoreUnavailable
from store.protocol import CHUNK_BYTES, Stored, checked_name

_TEMPORARY = ".writing-"


class FolderStore:
    """Objects as read-only files under one folder. See :class:`store.protocol.Store` for the promises."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder)

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file under a name, durably, whole or not at all."""
        target = self.folder / checked_name(name)
        with self._reported(name):
            if target.is_file():
                return self._same(name, target, sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
            try:
                if _copy(source, temporary) != sha256:
                    raise SourceChanged(name=name)
                _name(temporary, target)
            except FileExistsError:
                return self._same(name, target, sha256)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folders(target.parent, self.folder)
            return Stored(name, target.stat().st_size)

    def find(self, name: str) -> Stored | None:
        """The object of that name, if there is one."""
        with self._reported(name):
            try:
                return Stored(name, (self.folder / checked_name(name)).stat().st_size)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start``, piece by piece."""
        path = self.local_file(name)
        with self._reported(name), path.open("rb") as file:
            left = path.stat().st_size - start if length is None else length
            file.seek(start)
            while left > 0 and (piece := file.read(min(left, CHUNK_BYTES))):
                left -= len(piece)
                yield piece

    def local_file(self, name: str) -> Path:
        """The object's own file."""
        path = self.folder / checked_name(name)
        if not path.is_file():
            raise ObjectAbsent(name=name)
        return path

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with ``prefix``, in order."""
        found = (path.relative_to(self.folder).as_posix() for path in self._files())
        return iter(sorted(name for name in found if name.startswith(prefix)))

    def remove(self, name: str) -> None:
        """Remove an object; readers that have it open keep it."""
        with self._reported(name):
            (self.folder / checked_name(name)).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove the temporary files of killed writers."""
        leftovers = [path for path in self.folder.rglob(f"{_TEMPORARY}*") if path.is_file()]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def _files(self) -> Iterator[Path]:
        return (p for p in self.folder.rglob("*") if p.is_file() and not p.name.startswith(_TEMPORARY))

    def _same(self, name: str, target: Path, sha256: str) -> Stored:
        if _digest(target) != sha256:
            raise ObjectDiffers(name=name)
        return Stored(name, target.stat().st_size)

    @contextmanager
    def _reported(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(where=self.where) from None
            raise StoreUnavailable(where=self.where, reason=f"{name}: {error.strerror}") from None


def _copy(source: Path, target: Path) -> str:
    """Copy a file durably and give its SHA-256."""
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o444)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        while piece := reader.read(CHUNK_BYTES):
            digest.update(piece)
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _name(temporary: Path, target: Path) -> None:
    """Give a finished file its name; refuse to overwrite.

    Raises:
        FileExistsError: another writer was first.
    """
    if os.name == "nt":
        temporary.rename(target)  # on Windows renaming never overwrites
        return
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        # A file system without hard links: the gap between the look and the rename is
        # harmless for equal content, which is all that two writers of one name can have.
        if target.exists():
            raise FileExistsError(errno.EEXIST, "exists", str(target)) from None
        temporary.rename(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folders(innermost: Path, outermost: Path) -> None:
    """Make new names durable, from the object's folder up to the store's own."""
    if os.name == "nt":
        return  # folders cannot be opened there; NTFS journals names itself
    folder = innermost
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if folder == outermost:
            return
        folder = folder.parent
