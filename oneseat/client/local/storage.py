"""Atomic writes and checksummed frames for small state files.

The frame distinguishes damage (its checksum is wrong) from a copy of another computer's file (the checksum is
right, but the computer cannot decrypt the blob):

    magic 8 | length u32 big-endian | SHA-256 of the blob 32 | blob
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import Iterator, List, Pattern

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import StateDamaged, StorageFailed
from signing.os_faults import system_reason
from signing.text import Text

MAGIC = b"OneSeat\x01"
MAX_FILE_BYTES = 512 * 1024
_HEADER_BYTES = len(MAGIC) + 4 + 32
_UNFINISHED = ".part"
_FILE_ATTRIBUTE_REPARSE_POINT = 0x400
_REPLACE_TRIES = 5
_REPLACE_PAUSE_S = 0.1


def frame_blob(blob: bytes) -> bytes:
    """Put a blob into a frame."""
    return MAGIC + len(blob).to_bytes(4, "big") + hashlib.sha256(blob).digest() + blob


def unframe_blob(data: bytes) -> bytes:
    """Take the blob out of a frame.

    Raises:
        StateDamaged: header, length or checksum is wrong.
    """
    blob = data[_HEADER_BYTES:]
    if not data.startswith(MAGIC) or len(data) < _HEADER_BYTES:
        raise StateDamaged(reason=Text("header", "文件头有误"))
    if int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "big") != len(blob):
        raise StateDamaged(reason=Text("length", "长度不符"))
    if hashlib.sha256(blob).digest() != data[len(MAGIC) + 4 : _HEADER_BYTES]:
        raise StateDamaged(reason=Text("checksum", "校验值不符"))
    return blob


def read_small(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Read a file of at most ``max_bytes``.

    Raises:
        FileNotFoundError: the file does not exist.
        StateDamaged: it cannot be read, or is larger.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise StateDamaged(reason=system_reason(fault)) from None
    if len(data) > max_bytes:
        raise StateDamaged(reason=Text("length", "长度不符"))
    return data


def read_wrapped(computer: Computer, path: Path, entropy: bytes) -> bytes:
    """Read a small file that holds what :func:`wrapped` made on this computer with the same entropy.

    Raises:
        FileNotFoundError: the file does not exist.
        StateDamaged: it cannot be read, or is damaged.
        NotUnwrapped: it is another computer's or account's, or of other entropy.
    """
    return computer.unwrap(unframe_blob(read_small(path)), entropy)


def wrapped(computer: Computer, content: bytes, entropy: bytes) -> bytes:
    """Encrypt what a file is to hold on this computer, and put it into a frame.

    Raises:
        OSError: a system call failed.
    """
    return frame_blob(computer.wrap(content, entropy))


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Convert an OSError of the block into :class:`StorageFailed`."""
    try:
        yield
    except OSError as fault:
        raise StorageFailed(reason=system_reason(fault)) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file atomically: a temporary file is synced, then renamed over ``path``.

    Raises:
        OSError: a system call failed; an existing file is unchanged.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}{_UNFINISHED}")
    try:
        with unfinished.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _replace(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _replace(source: Path, target: Path) -> None:
    """Rename with retries: virus scanners hold files open for a moment."""
    for _ in range(_REPLACE_TRIES - 1):
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(_REPLACE_PAUSE_S)
        else:
            return
    source.replace(target)


def remove_unfinished(folder: Path) -> None:
    """Delete temporary files that killed writers left; ignores those that cannot be deleted."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"*{_UNFINISHED}"):
            path.unlink()


def is_plain_folder(path: Path) -> bool:
    """Whether a path is a folder, and neither a symbolic link nor a junction, which Windows would follow."""
    try:
        return _is_plain_folder(path.lstat())
    except OSError:
        return False


def _is_plain_folder(status: os.stat_result) -> bool:
    is_reparse_point = getattr(status, "st_file_attributes", 0) & _FILE_ATTRIBUTE_REPARSE_POINT
    return stat.S_ISDIR(status.st_mode) and not is_reparse_point


def matching_folders(folder: Path, names: Pattern[str]) -> List[Path]:
    """List the plain folders in a plain folder whose names match; none if it is missing or a link.

    Raises:
        OSError: the folder cannot be listed.
    """
    if not is_plain_folder(folder):
        return []
    with os.scandir(str(folder)) as entries:
        return [
            folder / entry.name
            for entry in entries
            if names.fullmatch(entry.name) and _is_plain_folder(entry.stat(follow_symlinks=False))
        ]


def remove_files(folder: Path, names: Pattern[str]) -> None:
    """Delete the files in a plain folder whose names match, then the folder if it is empty.

    Raises:
        OSError: a file cannot be deleted.
    """
    if not is_plain_folder(folder):
        return
    for path in list(folder.iterdir()):
        if names.fullmatch(path.name) and not is_plain_folder(path):
            path.unlink()
    with contextlib.suppress(OSError):  # not empty
        folder.rmdir()
