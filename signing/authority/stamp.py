"""Stamps licences into copies of the base, in constant time per copy.

All bytes before the region, the prefix, are the same for every candidate. The prefix is
hashed once per process and compared with the manifest. Each stamped file's SHA-256 continues
from a copy of that hash state and takes microseconds. What follows the region is a few KiB at most:
nothing in an installer, the end of the zip in a phone app.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from signing import pe
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.containers import REFUSALS
from signing.os_faults import system_reason
from signing.text import Text


class Stamper:
    """A base that was verified against its manifest, ready for stamping.

    Raises:
        BaseChanged: the file differs from the manifest, or cannot be read.
    """

    def __init__(self, manifest: Manifest, base: Path) -> None:
        self.manifest = manifest
        self.base = base
        self.region = manifest.region
        self.container = manifest.container
        self._pack = self.container.packer(self.region, manifest.region_sum)
        self._prefix_sha256 = hashlib.sha256()
        self._check()

    def _check(self) -> None:
        try:
            with self.base.open("rb") as file:
                place, size = self.container.locate(file), file.seek(0, 2)
                if place != self.region or size != self.manifest.size:
                    raise BaseChanged(what=Text("the region lies elsewhere", "许可区的位置不符"))
                for chunk in pe.chunks(file, 0, self.region.offset, _too_short()):
                    self._prefix_sha256.update(chunk)
                file.seek(self.region.offset)
                blank = file.read()
        except OSError as error:
            raise BaseChanged(what=system_reason(error).about(self.base.name)) from None
        except REFUSALS as refusal:
            raise BaseChanged(what=refusal.cause_text.clause()) from None
        if self.sha256(blank) != self.manifest.base_sha256:
            raise BaseChanged(what=Text("its SHA-256 differs", "SHA-256 不一致"))
        self._rest = blank[self.region.size :]

    @property
    def prefix_bytes(self) -> int:
        """The size of the prefix that all copies share."""
        return self.region.offset

    def tail(self, licence: bytes) -> bytes:
        """Build the bytes of a stamped file after the shared prefix.

        Raises:
            LicenceTooLong: the licence does not fit the region.
        """
        return self._pack(licence) + self._rest

    def sha256(self, tail: bytes) -> str:
        """Compute the SHA-256 of prefix and tail, in hexadecimal."""
        digest = self._prefix_sha256.copy()
        digest.update(tail)
        return digest.hexdigest()

    def is_stamped(self, licence: bytes, path: Path) -> bool:
        """Whether a file has the size and the last bytes of the stamped copy.

        Only the region is read. Stamped files are renamed when complete, so this distinguishes one
        licence from another. It does not verify the prefix.

        Raises:
            LicenceTooLong: the licence does not fit the region.
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
        """Yield the stamped file in chunks of at most 1 MiB."""
        tail = self.tail(licence)
        with self.base.open("rb") as file:
            yield from pe.chunks(file, 0, self.prefix_bytes, _too_short())
        yield tail


def _too_short() -> BaseChanged:
    return BaseChanged(what=Text("it is shorter than its manifest says", "文件比清单所记的短"))
