"""A store in a local folder.

A write goes to a temporary file in the same folder. The file is synced (``fsync``), gets its
name by a hard link, which fails rather than overwrites, and then the folder is synced. A kill
at any moment leaves the old state or the new, and at worst a temporary file, which
:meth:`FolderStore.sweep` removes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path

from oneseat.files import atomic
from oneseat.files.block_copy import copy_head
from oneseat.files.chunks import chunks
from oneseat.store.errors import ObjectAbsent, ObjectDiffers, SourceChanged, StoreFull, StoreUnavailable
from oneseat.store.protocol import SharedPrefix, Stored, checked_name
from signing.os_faults import system_reason

TEMPORARY = ".writing-"
"""What the names of temporary files and folders begin with. They are never listed."""
_RANDOM_CHARACTERS = 16
_MODE = 0o444
_MOST_KNOWN_FOLDERS = 10_000
"""Folders whose names are known to be durable; past it they are synced once more."""


class FolderStore:
    """A store of read-only files below one folder (see :class:`oneseat.store.protocol.Store`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._verified_prefixes: set[SharedPrefix] = set()
        self._durable_folders: set[str] = set()

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def url(self) -> str:
        """The absolute path of the folder."""
        return str(self.folder.absolute())

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file durably and atomically."""
        return self._put(name, sha256, lambda temporary: _copy(source, temporary))

    def put_bytes(self, name: str, content: bytes, sha256: str, *, skip_exists_check: bool = False) -> Stored:
        """Store a few bytes durably and atomically."""
        del skip_exists_check  # checking is one stat call here
        return self._put(name, sha256, lambda temporary: _write(temporary, (content,)))

    def compose(
        self, name: str, shared: SharedPrefix, tail: bytes, sha256: str, *, skip_exists_check: bool = False
    ) -> Stored:
        """Store the prefix and ``tail`` as one file. Blocks are shared where the file system can."""
        del skip_exists_check
        whole = self.folder / shared.name
        if not whole.is_file():
            raise ObjectAbsent(name=shared.name)
        if shared not in self._verified_prefixes:
            with self._map_errors(shared.name):
                if _md5(whole, shared.size) != shared.md5:
                    raise ObjectDiffers(name=shared.name)
            self._verified_prefixes.add(shared)

        def write(temporary: Path) -> str:
            _compose(whole, shared.size, tail, temporary)
            return sha256  # the prefix was verified above and the tail is in memory, so it is not read again

        return self._put(name, sha256, write)

    def find(self, name: str) -> Stored | None:
        """Return the object of that name, or None."""
        with self._map_errors(name):
            try:
                # Pathlib takes several times as long as the system call, and each beat asks.
                return Stored(name, os.stat(f"{self.folder}/{checked_name(name)}").st_size)  # noqa: PTH116
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the object's bytes from ``start``, in chunks."""
        path = self._file(name)
        with self._map_errors(name), path.open("rb") as file:
            left = path.stat().st_size - start if length is None else length
            file.seek(start)
            yield from chunks(file, left)

    def local_file(self, name: str, sha256: str) -> Path:
        """The object's own file."""
        del sha256  # nothing was fetched, so there is nothing to verify
        return self._file(name)

    def _file(self, name: str) -> Path:
        path = self.folder / checked_name(name)
        if not path.is_file():
            raise ObjectAbsent(name=name)
        return path

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted."""
        # From the prefix's own folder: those above it may hold a hundred thousand others.
        above = prefix.rpartition("/")[0]
        start = f"{above}/" if above and _is_plain(above) else ""
        return (name for name in _walk(self.folder, start, prefix) if name.startswith(prefix))

    def remove(self, name: str) -> None:
        """Remove an object. Readers that have it open can read on."""
        with self._map_errors(name):
            (self.folder / checked_name(name)).unlink(missing_ok=True)

    def remove_all(self, names: Iterable[str]) -> int:
        """Remove many objects."""
        count = 0
        for count, name in enumerate(names, 1):  # noqa: B007 -- counted
            self.remove(name)
        return count

    def sweep(self, prefix: str = "") -> int:
        """Remove the temporary files of killed writers."""
        swept = 0
        for path in filter(Path.is_file, self.folder.rglob(f"{TEMPORARY}*")):
            name = path.name.removeprefix(TEMPORARY)[: -_RANDOM_CHARACTERS - 1]
            if path.with_name(name).relative_to(self.folder).as_posix().startswith(prefix):
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    def begin(self, name: str, temporaries: str) -> NewObject:
        """Begin to write an object whose bytes come piece by piece, from a network for example.

        Until it is whole it lies in the folder ``temporaries`` of the store, a name of :data:`TEMPORARY`.

        Raises:
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
            ObjectNameInvalid: the name is not a valid object name.
        """
        target = self.folder / checked_name(name)

        def publish(temporary: Path, sha256: str) -> bool:
            return self._name(temporary, target, name, sha256)

        guard = partial(self._map_errors, name)
        with guard():
            target.parent.mkdir(parents=True, exist_ok=True)
            return NewObject(self._temporary(self.folder / temporaries / target.name), guard, publish)

    def _put(self, name: str, sha256: str, write: Callable[[Path], str]) -> Stored:
        target = self.folder / checked_name(name)
        with self._map_errors(name):
            if target.is_file():
                return self._accept_existing(name, target, sha256)
            temporary = self._temporary(target)
            try:
                if write(temporary) != sha256:
                    raise SourceChanged(name=name)
                self._name(temporary, target, name, sha256)
            finally:
                temporary.unlink(missing_ok=True)
            return Stored(name, target.stat().st_size)

    def _temporary(self, target: Path) -> Path:
        """A free temporary name beside an object's, in a folder that exists."""
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f"{TEMPORARY}{target.name}-{secrets.token_hex(_RANDOM_CHARACTERS // 2)}")

    def _name(self, temporary: Path, target: Path, name: str, sha256: str) -> bool:
        """Give a finished file its name, durably; False where another writer of the same bytes was first."""
        try:
            atomic.rename_new(temporary, target)
        except FileExistsError:
            self._accept_existing(name, target, sha256)
            return False
        self._sync_folders(target.parent)
        return True

    def _sync_folders(self, innermost: Path) -> None:
        """Make a new name in a folder durable, and the folder's own up to one whose name is known to be."""
        if len(self._durable_folders) > _MOST_KNOWN_FOLDERS:
            self._durable_folders.clear()
        new, folder = [], innermost
        while True:
            atomic.sync_folder(folder)
            if folder == self.folder or str(folder) in self._durable_folders:
                break
            new.append(str(folder))
            folder = folder.parent
        self._durable_folders.update(new)  # only now are all of them

    def _accept_existing(self, name: str, target: Path, sha256: str) -> Stored:
        if _digest(target) != sha256:
            raise ObjectDiffers(name=name)
        return Stored(name, target.stat().st_size)

    @contextmanager
    def _map_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(where=self.where) from None
            raise StoreUnavailable(where=self.where, reason=system_reason(error).about(name)) from None


class NewObject:
    """An object that is being written to a temporary file. Not for several threads at once."""

    def __init__(
        self,
        temporary: Path,
        guard: Callable[[], AbstractContextManager[None]],
        publish: Callable[[Path, str], bool],
    ) -> None:
        self._temporary, self._guard, self._publish = temporary, guard, publish
        self._file = atomic.create(temporary, _MODE)

    def write(self, piece: bytes) -> None:
        """Write the next bytes.

        Raises:
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
        """
        with self._guard():
            self._file.write(piece)

    def publish(self, sha256: str) -> bool:
        """Make the bytes durable and give them their name; False where the object was there already.

        ``sha256`` is the digest of what was written, as the caller has computed it.

        Raises:
            ObjectDiffers: the name is taken by other content.
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
        """
        with self._guard():
            atomic.sync_file(self._file)
            self._file.close()
            try:
                return self._publish(self._temporary, sha256)
            finally:
                self._temporary.unlink(missing_ok=True)

    def discard(self) -> None:
        """Close and remove the temporary file, if it is still there."""
        with suppress(OSError):  # a full disk refuses the last bytes, which are not wanted
            self._file.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> str:
    """Copy a file durably; return its SHA-256."""
    with source.open("rb") as reader:
        return _write(target, chunks(reader))


def _write(target: Path, content: Iterable[bytes]) -> str:
    """Write a new file durably; return its SHA-256."""
    digest = hashlib.sha256()
    with atomic.create(target, _MODE) as writer:
        for piece in content:
            digest.update(piece)
            writer.write(piece)
        atomic.sync_file(writer)
    return digest.hexdigest()


def _compose(whole: Path, size: int, tail: bytes, target: Path) -> None:
    """Write the first ``size`` bytes of a file and ``tail`` as a new file, durably."""
    with whole.open("rb") as reader, atomic.create(target, _MODE) as writer:
        copy_head(reader, writer, size)
        writer.write(tail)
        atomic.sync_file(writer)


def _md5(path: Path, size: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        for piece in chunks(file, size):
            digest.update(piece)
    return digest.digest()


def _is_plain(folder: str) -> bool:
    """Whether a folder's path has visible, ordinary parts only, so that it cannot lead out of the store."""
    return all(part and not part.startswith(".") for part in folder.split("/"))


def _walk(folder: Path, path: str, prefix: str) -> Iterator[str]:
    """Yield object names below a folder, sorted. Folders that cannot hold the prefix are not read."""
    try:
        entries = [
            (f"{entry.name}/" if entry.is_dir() else entry.name) for entry in os.scandir(folder / path)
        ]
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in sorted(entries):
        name = path + entry
        if entry.startswith(TEMPORARY):
            continue
        if not entry.endswith("/"):
            yield name
        elif name.startswith(prefix) or prefix.startswith(name):
            yield from _walk(folder, name, prefix)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
