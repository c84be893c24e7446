"""Writes a base, installer or phone app: a signed file with an empty licence region."""

from __future__ import annotations

from pathlib import Path

from oneseat.files import atomic
from signing import containers
from signing.authority import apk_reserve, reserve
from signing.authority.reserve import Reserved

_RESERVE = {containers.INSTALLER: reserve.reserve, containers.PHONE: apk_reserve.reserve}


def write_reserved(signed: Path, destination: Path) -> Reserved:
    """Write a signed file with an empty licence region, atomically; its first bytes say which kind it is.

    Raises:
        PeMalformed, ApkMalformed, ApkUnsigned, ApkSignatureWrong, RegionMalformed: the file cannot hold a
            region; nothing is written.
        OSError: a file cannot be read or written; nothing is left behind.
    """
    with signed.open("rb") as source, atomic.writing(destination, durable=False) as target:
        return _RESERVE[containers.recognise(source)](source, target)
