"""Stamping: one licence into one copy of the base, as constant work.

The head of the file, all but the region, is the same for every candidate. It is hashed
once per process and held against the manifest; each stamped file's SHA-256 continues
from a copy of that hash state and costs microseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from signing import pe, region
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.refusals import PeMalformed, RegionMalformed, RegionMissing

_FICLONERANGE, _CLONE_RANGE = 0x4020940D, struct.Struct("=qQQQ")
"""The ``ioctl`` by which a file shares another's blocks, and what it takes (Linux, ioctl_ficlonerange(2))."""


class Stamper:
    """A base that was held against its manifest, ready to be stamped.

    Raises:
        BaseChanged: the file differs from the manifest, or cannot be read.
    """

    def __init__(self, manifest: Manifest, base: Path) -> None:
        self.manifest = manifest
        self.base = base
        self.place = manifest.region
        self._pack = region.packer(self.place, manifest.region_sum)
        self._head = hashlib.sha256()
        self._check()

    def _check(self) -> None:
        try:
            with self.base.open("rb") as file:
                place, size = region.locate(file), file.seek(0, 2)
                if place != self.place or size != self.manifest.size:
                    raise BaseChanged(what="the region lies elsewhere")
                for chunk in _read(file, 0, self.place.offset):
                    self._head.update(chunk)
                file.seek(self.place.offset)
                blank = file.read(self.place.size)
        except OSError as error:
            raise BaseChanged(what=f"{self.base.name}: {error.strerror}") from None
        except (PeMalformed, RegionMissing, RegionMalformed) as refusal:
            raise BaseChanged(what=str(refusal)) from None
        if self.sha256(blank) != self.manifest.base_sha256:
            raise BaseChanged(what="its SHA-256 differs")

    @property
    def head_bytes(self) -> int:
        """How many bytes all copies share, from the start of the file."""
        return self.place.offset

    def tail(self, licence: bytes) -> bytes:
        """The last bytes of the stamped file, behind the shared head.

        Raises:
            LicenceTooLong: it does not fit the region.
        """
        return self._pack(licence)

    def sha256(self, tail: bytes) -> str:
        """The SHA-256 of head and tail, in hexadecimal."""
        digest = self._head.copy()
        digest.update(tail)
        return digest.hexdigest()

    def write(self, licence: bytes, destination: Path, *, durable: bool = False) -> str:
        """Write a stamped copy, whole or not at all, and return its SHA-256.

        The name appears when the copy is complete. The copy is not flushed to the medium,
        since it can be made again at any time, unless it is to be ``durable``: then its
        bytes are there before its name.

        Raises:
            LicenceTooLong: nothing is written.
            OSError: the copy could not be written; nothing is left behind.
        """
        tail = self.tail(licence)
        temporary = destination.with_name(f".{destination.name}.{secrets.token_hex(4)}")
        try:
            with self.base.open("rb") as source, temporary.open("wb") as target:
                _copy(source, target, self.head_bytes)
                target.write(tail)
                if durable:
                    target.flush()
                    os.fsync(target.fileno())
            temporary.replace(destination)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return self.sha256(tail)

    def is_stamped(self, licence: bytes, path: Path) -> bool:
        """Whether a file has the size and the last bytes of the stamped copy.

        It is a look at the region only: what :meth:`write` named is whole, and is told from
        another licence's by this. It is no proof that the head is the base's.

        Raises:
            LicenceTooLong: it does not fit the region.
        """
        tail = self.tail(licence)
        try:
            with path.open("rb") as file:
                if file.seek(0, 2) != self.manifest.size:
                    return False
                file.seek(self.head_bytes)
                return file.read() == tail
        except FileNotFoundError:
            return False

    def stream(self, licence: bytes) -> Iterator[bytes]:
        """The stamped file in pieces of at most 1 MiB."""
        tail = self.tail(licence)
        with self.base.open("rb") as file:
            yield from _read(file, 0, self.head_bytes)
        yield tail


def _read(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    left = end - start
    while left:
        chunk = file.read(min(pe.CHUNK_BYTES, left))
        if not chunk:
            raise BaseChanged(what="it is shorter than its manifest says")
        left -= len(chunk)
        yield chunk


def _copy(source: BinaryIO, target: BinaryIO, count: int) -> None:
    """Copy the first ``count`` bytes and stand behind them.

    Sharing blocks where the file system can, inside the kernel where the system can.
    """
    done = _clone(source, target, count)
    try:
        while done < count:
            moved = os.copy_file_range(source.fileno(), target.fileno(), count - done, done, done)
            if not moved:
                break
            done += moved
    except (AttributeError, OSError):
        pass  # not here, or not between these file systems: the loop below goes on, or says why not
    target.seek(done)
    target.writelines(_read(source, done, count))


def _clone(source: BinaryIO, target: BinaryIO, count: int) -> int:
    """Let the target share the whole blocks of the first ``count`` bytes; how many bytes those are.

    Whole blocks only: what is then written stands behind them, and the system need not
    read a block in order to change a part of it. 0 where the file system cannot share.
    """
    if sys.platform != "linux":
        return 0
    import fcntl

    whole = count - count % os.fstatvfs(target.fileno()).f_bsize
    with contextlib.suppress(OSError):
        fcntl.ioctl(target.fileno(), _FICLONERANGE, _CLONE_RANGE.pack(source.fileno(), 0, whole, 0))
        return whole
    return 0


def copy_head(source: BinaryIO, target: BinaryIO, count: int) -> None:
    """Copy the first ``count`` bytes of a file to an empty one, as cheaply as the file systems can.

    Raises:
        BaseChanged: the source is shorter.
        OSError: it cannot be copied.
    """
    _copy(source, target, count)
