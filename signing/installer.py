"""Reads an installer: its licence, its Authenticode digest, its checksum.

The Authenticode digest (Microsoft, "Windows Authenticode Portable Executable Signature
Format") leaves out the checksum, the security directory entry and the certificate
table, so it is the same for the base and every stamped copy.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO, NamedTuple, Tuple

from signing import pe, region
from signing.refusals import RegionMalformed
from signing.text import Text


class Installer(NamedTuple):
    """The contents of an installer. Trust nothing here before the licence verifies."""

    region: region.Region
    licence: bytes
    authenticode_sha256: str
    size: int


def _hashed_ranges(layout: pe.Layout) -> Tuple[Tuple[int, int], ...]:
    """Return the ranges that Authenticode hashes, half-open."""
    return (
        (0, layout.checksum_at),
        (layout.checksum_at + 4, layout.security_at),
        (layout.security_at + 8, layout.table_at),
    )


def authenticode_sha256(file: BinaryIO) -> str:
    """Compute the Authenticode SHA-256 of a signed PE file, in hexadecimal.

    Raises:
        PeMalformed: the file is not a signed PE file.
    """
    digest = hashlib.sha256()
    for start, end in _hashed_ranges(pe.read_layout(file)):
        for chunk in pe.chunks(file, start, end, _file_changed()):
            digest.update(chunk)
    return digest.hexdigest()


def checksum_residue(file: BinaryIO, layout: pe.Layout) -> int:
    """Compute the file's 16-bit sum modulo 65535, with its checksum field taken as zero."""
    total = 0
    for start, end in ((0, layout.checksum_at), (layout.checksum_at + 4, layout.file_bytes)):
        at = start
        for chunk in pe.chunks(file, start, end, _file_changed()):
            total += pe.word_sum(chunk, at)
            at += len(chunk)
    return total % 0xFFFF


def read(file: BinaryIO) -> Installer:
    """Read an installer and check its format: structure, padding, balance, checksum.

    Raises:
        PeMalformed: the file is no signed Windows program that can be walked.
        RegionMissing: its signature block has no licence region.
        RegionMalformed: the region's zeros, length or balance are not as they must be.
    """
    layout = pe.read_layout(file)
    located = region.locate_in(pe.read_pkcs7(file, layout), layout.pkcs7_at)
    licence = region.read(file)
    if pe.fold(checksum_residue(file, layout)) + layout.file_bytes != layout.checksum:
        raise RegionMalformed(reason=Text("the checksum does not fit", "校验和不符"))
    return Installer(located, licence, authenticode_sha256(file), layout.file_bytes)


def _file_changed() -> RegionMalformed:
    return RegionMalformed(reason=Text("the file changed while it was read", "读取时文件发生了变化"))
