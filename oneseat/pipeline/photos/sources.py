"""Lists and reads the pictures of a folder or of a zip file."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from oneseat.pipeline.photos.errors import PhotosUnreadable
from signing.os_faults import system_reason
from signing.text import Text

MAX_FILE_BYTES = 10 << 20
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_ENCRYPTED = Text("it is encrypted with a password", "压缩文件有密码")
_NEITHER = Text("it is neither a folder nor a zip file", "既不是文件夹，也不是 zip 压缩文件")


@dataclass(frozen=True)
class Picture:
    """A file that may be a picture: its path in the source, and its size in bytes."""

    path: str
    size: int

    @property
    def stem(self) -> str:
        """The file's name without its extension."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """The extension in lower case, with its dot."""
        return PurePosixPath(self.path).suffix.lower()


class Source(Protocol):
    """A folder or a zip file."""

    pictures: list[Picture]
    """All files, sorted by path, without those that systems put into folders."""

    def read(self, picture: Picture) -> bytes:
        """Read a file, at most one byte more than :data:`MAX_FILE_BYTES`.

        Raises:
            OSError: it cannot be read, or is damaged.
        """
        ...


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pictures = sorted(_files_below(folder), key=lambda picture: picture.path)

    def read(self, picture: Picture) -> bytes:
        with (self._folder / picture.path).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and _counts(entry.filename)]
        if any(entry.flag_bits & 1 for entry in entries):
            raise _Unreadable(_ENCRYPTED)
        self.pictures = sorted(
            (Picture(entry.filename, entry.file_size) for entry in entries), key=lambda picture: picture.path
        )

    def read(self, picture: Picture) -> bytes:
        try:
            with self._archive.open(picture.path) as file:
                return file.read(MAX_FILE_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            raise OSError(str(error)) from None


class _Unreadable(Exception):
    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a folder or a zip file for the block.

    Raises:
        PhotosUnreadable: it is neither, is damaged or encrypted, or cannot be read.
    """
    with ExitStack() as stack:
        try:
            source = _Folder(path) if path.is_dir() else _Archive(stack.enter_context(_archive(path)))
        except (zipfile.BadZipFile, UnicodeDecodeError):
            raise PhotosUnreadable(path=path.name, reason=_NEITHER) from None
        except _Unreadable as error:
            raise PhotosUnreadable(path=path.name, reason=error.reason) from None
        except OSError as error:
            raise PhotosUnreadable(path=path.name, reason=system_reason(error)) from None
        yield source


def _archive(path: Path) -> zipfile.ZipFile:
    # Chinese systems write names in GB18030, unless an entry says that its name is in UTF-8.
    return zipfile.ZipFile(path, metadata_encoding="gb18030")


def _files_below(folder: Path) -> Iterator[Picture]:
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if _counts(name)]
        for name in filter(_counts, names):
            path = Path(parent) / name
            yield Picture(path.relative_to(folder).as_posix(), path.stat().st_size)


def _counts(path: str) -> bool:
    return not any(part.startswith(".") or part.lower() in _IGNORED for part in PurePosixPath(path).parts)


def _raise(error: OSError) -> None:
    raise error
