"""Atomic file writes: a temporary file beside the target, then renamed over it or linked to its name.

A reader sees the old content or the new, never a part; a writer that is killed leaves at worst a temporary
file, ``.NAME.XXXXXXXX``, beside the target. Works on POSIX systems and on Windows.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def writing(
    path: Path, *, mode: int = 0o666, durable: bool = True, replace: bool = True
) -> Iterator[BinaryIO]:
    """An open file for the block, which gets its name when the block ends without an exception.

    ``mode`` are the permissions of the new file, less the umask. With ``durable`` the content is on the
    medium before the name, and the name before this returns. Without ``replace`` the name must be free.

    Raises:
        FileExistsError: not ``replace``, and the name is taken, perhaps since the block began.
        OSError: the file cannot be written; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with create(temporary, mode) as file:
            yield file
            if durable:
                sync_file(file)
        if replace:
            temporary.replace(path)
        else:
            rename_new(temporary, path)
    finally:
        # After a rename there is nothing to remove; after a failure, its error says more than this one's.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def write_atomic(
    path: Path, pieces: Iterable[bytes], *, mode: int = 0o666, durable: bool = True, replace: bool = True
) -> None:
    """Write a whole file, with the promises of :func:`writing`. What ``pieces`` raises aborts the write.

    Raises:
        FileExistsError: not ``replace``, and the name is taken.
        OSError: the file cannot be written; nothing is left behind.
    """
    with writing(path, mode=mode, durable=durable, replace=replace) as file:
        file.writelines(pieces)


def create(path: Path, mode: int = 0o666) -> BinaryIO:
    """Create a file that must not exist yet, and open it for writing and reading back.

    Raises:
        FileExistsError: it exists.
    """
    # Windows opens descriptors in text mode unless it is asked not to.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    return os.fdopen(descriptor, "w+b")


def rename_new(temporary: Path, target: Path) -> None:
    """Give a finished file its name by a hard link, which fails where a rename would overwrite.

    ``temporary`` may stay beside it, and is the caller's to remove.

    Raises:
        FileExistsError: the name is taken.
    """
    if os.name == "nt":
        temporary.rename(target)  # on Windows renaming never overwrites
        return
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        # A file system without hard links: two writers at the same instant may both find the name free.
        if target.exists():
            raise FileExistsError(errno.EEXIST, "exists", str(target)) from None
        temporary.rename(target)


def sync_file(file: BinaryIO) -> None:
    """Flush an open file's content to the medium."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the medium, where folders can be opened for it."""
    if os.name == "nt":
        return  # folders cannot be opened there; NTFS journals names itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
