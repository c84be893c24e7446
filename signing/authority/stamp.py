"""Stamping: one licence into one copy of the base, as constant work.

The head of the file, all but the region, is the same for every candidate. It is hashed
once per process and compared with the manifest; each stamped file's SHA-256 continues
from a copy of that hash state and costs microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from signing import pe, region
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.refusals import PeMalformed, RegionMalformed, RegionMissing


class Stamper:
    """A base that was compared with its manifest, ready to be stamped.

    Raises:
        BaseChanged: the file differs from the manifest, or cannot be read.
    """

    def __init__(self, manifest: Manifest, base: Path) -> None:
        self.manifest = manifest
        self.base = base
        self.region = manifest.region
        self._pack = region.packer(self.region, manifest.region_sum)
        self._prefix_sha256 = hashlib.sha256()
        self._check()

    def _check(self) -> None:
        try:
            with self.base.open("rb") as file:
                place, size = region.locate(file), file.seek(0, 2)
                if place != self.region or size != self.manifest.size:
                    raise BaseChanged(what="the region lies elsewhere")
                for chunk in pe.chunks(file, 0, self.region.offset, _too_short()):
                    self._prefix_sha256.update(chunk)
                file.seek(self.region.offset)
                blank = file.read(self.region.size)
        except OSError as error:
            raise BaseChanged(what=f"{self.base.name}: {error.strerror}") from None
        except (PeMalformed, RegionMissing, RegionMalformed) as refusal:
            raise BaseChanged(what=str(refusal)) from None
        if self.sha256(blank) != self.manifest.base_sha256:
            raise BaseChanged(what="its SHA-256 differs")

    @property
    def prefix_bytes(self) -> int:
        """How many bytes all copies share, from the start of the file."""
        return self.region.offset

    def tail(self, licence: bytes) -> bytes:
        """The last bytes of the stamped file, behind the shared head.

        Raises:
            LicenceTooLong: it does not fit the region.
        """
        return self._pack(licence)

    def sha256(self, tail: bytes) -> str:
        """The SHA-256 of head and tail, in hexadecimal."""
        digest = self._prefix_sha256.copy()
        digest.update(tail)
        return digest.hexdigest()

    def is_stamped(self, licence: bytes, path: Path) -> bool:
        """Whether a file has the size and the last bytes of the stamped copy.

        It is a look at the region only: a stamped file that has its name is whole, and is
        told from another licence's by this. It is no proof that the head is the base's.

        Raises:
            LicenceTooLong: it does not fit the region.
        """
        tail = self.tail(licence)
        try:
            with path.open("rb") as file:
                if file.seek(0, 2) != self.manifest.size:
                    return False
                file.seek(self.prefix_bytes)
                return file.read() == tail
        except FileNotFoundError:
            return False

    def stream(self, licence: bytes) -> Iterator[bytes]:
        """The stamped file in pieces of at most 1 MiB."""
        tail = self.tail(licence)
        with self.base.open("rb") as file:
            yield from pe.chunks(file, 0, self.prefix_bytes, _too_short())
        yield tail


def _too_short() -> BaseChanged:
    return BaseChanged(what="it is shorter than its manifest says")
