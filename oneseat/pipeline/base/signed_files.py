"""Signs every unsigned Windows program of a folder; compares signed copies with their unsigned files.

Windows 11's Smart App Control refuses a library without a signature, whoever signed the program that loads
it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from oneseat.pipeline.tools.code_signing import CodeSigner
from signing import pe
from signing.refusals import PeMalformed

_ALIGNMENT = 8


def unsigned_programs(folder: Path) -> list[Path]:
    """List the programs and libraries below a folder that have no signature, relative to it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if _is_unsigned(path))


def sign_all(signer: CodeSigner, files: Sequence[tuple[Path, Path]], description: str) -> None:
    """Write a signed copy of each source to its destination, and verify it.

    Raises:
        As :meth:`CodeSigner.sign_all` and :meth:`CodeSigner.verify`.
    """
    for _, destination in files:
        destination.parent.mkdir(parents=True, exist_ok=True)
    signer.sign_all(files, description)
    for _, destination in files:
        signer.verify(destination)


def strangers(files: Iterable[tuple[Path, Path]]) -> list[str]:
    """Name the signed copies that are missing, or were made of other bytes than their unsigned files."""
    return [signed.name for unsigned, signed in files if not _is_signed_copy(unsigned, signed)]


def _is_unsigned(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        try:
            return pe.read_any_layout(file).table_bytes == 0
        except PeMalformed:
            return False


def _is_signed_copy(unsigned: Path, signed: Path) -> bool:
    """Whether two files agree in all that a signature covers, so not in checksum and certificates."""
    try:
        data = signed.read_bytes()
        layout = pe.read_layout(io.BytesIO(data))
    except (OSError, PeMalformed):
        return False
    original = unsigned.read_bytes()
    padded = original + bytes(-len(original) % _ALIGNMENT)
    return _covered(data[: layout.table_at], layout) == _covered(padded, layout)


def _covered(data: bytes, layout: pe.Layout) -> bytes:
    covered = bytearray(data)
    covered[layout.checksum_at : layout.checksum_at + 4] = bytes(4)
    covered[layout.security_at : layout.security_at + 8] = bytes(8)
    return bytes(covered)
