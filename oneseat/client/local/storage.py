"""Small files that are there whole or not at all, and say so when they are not.

A frame around every file tells damage (the frame's own checksum is wrong) from a copy
that came from another computer (the frame is whole and the computer cannot unwrap it):

    magic 8 | length u32 big-endian | SHA-256 of the blob 32 | blob
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import Iterator

from oneseat.client.errors import StateDamaged, StorageFailed

MAGIC = b"OneSeat\x01"
MAX_FILE_BYTES = 512 * 1024
_HEADER_BYTES = len(MAGIC) + 4 + 32
_UNFINISHED = ".part"
_REPLACE_TRIES = 5
_REPLACE_PAUSE_S = 0.1


def framed(blob: bytes) -> bytes:
    """The blob in its frame."""
    return MAGIC + len(blob).to_bytes(4, "big") + hashlib.sha256(blob).digest() + blob


def unframed(data: bytes) -> bytes:
    """The blob in a frame.

    Raises:
        StateDamaged: any byte is missing, changed or too many.
    """
    blob = data[_HEADER_BYTES:]
    if not data.startswith(MAGIC) or len(data) < _HEADER_BYTES:
        raise StateDamaged(reason="header")
    if int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "big") != len(blob):
        raise StateDamaged(reason="length")
    if hashlib.sha256(blob).digest() != data[len(MAGIC) + 4 : _HEADER_BYTES]:
        raise StateDamaged(reason="checksum")
    return blob


def read_small(path: Path) -> bytes:
    """A file of at most :data:`MAX_FILE_BYTES`.

    Raises:
        FileNotFoundError: it is not there.
        StateDamaged: it cannot be read, or is larger.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise StateDamaged(reason=fault.strerror or "unreadable") from None
    if len(data) > MAX_FILE_BYTES:
        raise StateDamaged(reason="length")
    return data


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Turns what the operating system refuses into :class:`StorageFailed`."""
    try:
        yield
    except OSError as fault:
        raise StorageFailed(reason=fault.strerror or type(fault).__name__) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step; killed at any moment, the old file or the new one is there.

    Raises:
        OSError: the system refuses; what was there before still is.
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
    """Replace, again where a scanner holds the target open for a moment."""
    for _ in range(_REPLACE_TRIES - 1):
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(_REPLACE_PAUSE_S)
        else:
            return
    source.replace(target)


def sweep(folder: Path) -> None:
    """Remove what killed writers left behind. What cannot be removed stays."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"*{_UNFINISHED}"):
            path.unlink()
