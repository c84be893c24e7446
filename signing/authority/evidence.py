"""Signed statements about what is kept of interviews: evidence that was exported, data that were erased.

The room signs both with its receipt key, which the charter lists. A token holds the SHA-256 of the document
beside it, so that a document of any size has a short signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from signing.authority.merkle import Frontier, leaf_hash
from signing.jws import canonical_json
from signing.tokens import VERSION, SignedClaims, require_form

_ID = re.compile(r"[0-9a-f]{32}|")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class EvidenceFile:
    """One file of an export: its path with slashes, SHA-256 (hexadecimal) and size in bytes."""

    path: str
    sha256: str
    size: int

    @property
    def leaf(self) -> bytes:
        """The file's leaf in the Merkle tree: the hash of its canonical JSON."""
        return leaf_hash(canonical_json({"path": self.path, "sha256": self.sha256, "size": self.size}))


def root_of(files: Iterable[EvidenceFile]) -> str:
    """Compute the Merkle root (hexadecimal, RFC 9162) of files in the order of their paths."""
    tree = Frontier()
    for file in sorted(files, key=lambda file: file.path):
        tree.add(file.leaf)
    return tree.root.hex()


@dataclass(frozen=True)
class Evidence(SignedClaims):
    """The room's statement of what it exported: an attempt's folder, or a whole export (no ``attempt``).

    ``at`` is the time in seconds since 1970, ``root`` the Merkle root of the listed files (:func:`root_of`),
    ``files`` their number, ``manifest`` the SHA-256 of the manifest's bytes.
    """

    TYP: ClassVar[str] = "oneseat-evidence+jws"

    exam: str
    attempt: str
    at: int
    root: str
    files: int
    manifest: str
    v: int

    def _check_form(self) -> None:
        require_form(bool(_ID.fullmatch(self.attempt)), "attempt")
        require_form(bool(_SHA256.fullmatch(self.root)), "root")
        require_form(bool(_SHA256.fullmatch(self.manifest)), "manifest")
        require_form(self.v == VERSION, "v")


@dataclass(frozen=True)
class Erasure(SignedClaims):
    """The room's statement that data were erased; ``document`` is the SHA-256 of the certificate's bytes."""

    TYP: ClassVar[str] = "oneseat-erasure+jws"

    exam: str
    at: int
    document: str
    v: int

    def _check_form(self) -> None:
        require_form(bool(_SHA256.fullmatch(self.document)), "document")
        require_form(self.v == VERSION, "v")
