"""Writes a stamped installer to a file: a copy of the base's head, and a tail that holds the licence."""

from __future__ import annotations

from pathlib import Path

from oneseat.files import atomic
from oneseat.files.block_copy import copy_head
from signing.authority.stamp import Stamper


def write_stamped(stamper: Stamper, licence: bytes, destination: Path, *, durable: bool = False) -> str:
    """Write a stamped copy, whole or not at all, and return its SHA-256.

    A copy can be made again at any time, so it is flushed to the medium only where it is to be ``durable``:
    then its bytes are there before its name. The name itself is durable when the folder is flushed, which a
    writer of many copies does once for all of them.

    Raises:
        LicenceTooLong: it does not fit the region; nothing is written.
        BaseChanged: the base became shorter; nothing is left behind.
        OSError: the copy could not be written; nothing is left behind.
    """
    tail = stamper.tail(licence)
    with stamper.base.open("rb") as source, atomic.writing(destination, durable=False) as target:
        copy_head(source, target, stamper.head_bytes)
        target.write(tail)
        if durable:
            atomic.sync_file(target)
    return stamper.sha256(tail)
