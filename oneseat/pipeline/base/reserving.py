"""Writes the base installer: a signed installer with an empty licence region."""

from __future__ import annotations

from pathlib import Path

from oneseat.files import atomic
from signing.authority.reserve import DEFAULT_BYTES, Reserved, reserve


def write_reserved(signed: Path, destination: Path, minimum: int = DEFAULT_BYTES) -> Reserved:
    """Write a signed installer with a region of at least ``minimum`` bytes, atomically.

    Raises:
        PeMalformed, RegionMalformed: the file cannot hold a region; nothing is written.
        OSError: a file cannot be read or written; nothing is left behind.
    """
    with signed.open("rb") as source, atomic.writing(destination, durable=False) as target:
        return reserve(source, target, minimum)
