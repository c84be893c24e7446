"""Writes a stamped file, installer or phone app: the base's shared prefix, and the tail with the licence."""

from __future__ import annotations

from pathlib import Path

from oneseat.files import atomic
from oneseat.files.block_copy import copy_head
from signing.authority.stamp import Stamper


def write_stamped(stamper: Stamper, licence: bytes, destination: Path, *, durable: bool = False) -> str:
    """Write a stamped copy to a temporary file, rename it, and return its SHA-256.

    A copy can be made again at any time, so it is flushed to disk only if it is to be ``durable``:
    before it is renamed. The rename itself is durable once the folder is flushed, which a writer of
    many copies does once for all of them.

    Raises:
        LicenceTooLong: the licence does not fit the region; nothing is written.
        BaseChanged: the base became shorter; the temporary file is removed.
        OSError: the copy could not be written; the temporary file is removed.
    """
    tail = stamper.tail(licence)
    with stamper.base.open("rb") as source, atomic.writing(destination, durable=False) as target:
        copy_head(source, target, stamper.prefix_bytes)
        target.write(tail)
        if durable:
            atomic.sync_file(target)
    return stamper.sha256(tail)
