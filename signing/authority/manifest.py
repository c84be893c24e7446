"""The manifest of a base installer: its digests, size and licence region."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from signing import installer, jws
from signing.authority.errors import BaseChanged
from signing.refusals import TokenMalformed
from signing.region import Region
from signing.text import Text


@dataclass(frozen=True)
class Manifest:
    """The facts about a base installer by which its copies are stamped and checked.

    ``region_sum`` is the 16-bit sum of the region's words, modulo 65535. ``stages`` holds the
    SHA-256 of every unsigned stage of the build, by name.
    """

    exam: str
    build: str
    base_sha256: str
    size: int
    region_offset: int
    region_size: int
    region_sum: int
    authenticode_sha256: str
    development_certificate: bool
    rehearsal: bool
    file_name: str
    stages: dict[str, str]

    @property
    def region(self) -> Region:
        """The region that licences are stamped into."""
        return Region(self.region_offset, self.region_size)

    @classmethod
    def measure(
        cls,
        base: BufferedReader,
        region_sum: int,
        *,
        exam: str,
        build: str,
        development_certificate: bool,
        rehearsal: bool,
        stages: dict[str, str],
    ) -> Manifest:
        """Create the manifest of a base whose region is reserved; digests and sizes are read from the file.

        Raises:
            PeMalformed, RegionMissing, RegionMalformed: the file is no base with a reserved region.
        """
        read = installer.read(base)
        base.seek(0)
        return cls(
            exam=exam,
            build=build,
            base_sha256=hashlib.file_digest(base, "sha256").hexdigest(),
            size=read.size,
            region_offset=read.region.offset,
            region_size=read.region.size,
            region_sum=region_sum,
            authenticode_sha256=read.authenticode_sha256,
            development_certificate=development_certificate,
            rehearsal=rehearsal,
            file_name=Path(base.name).name,
            stages=stages,
        )

    def to_json(self) -> bytes:
        """Encode as indented JSON with sorted keys and a final newline."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Decode a manifest.

        Raises:
            BaseChanged: the manifest is damaged or of another version.
        """
        try:
            members: dict[str, Any] = jws.parse_object(data)
            return cls(**members)
        except (TokenMalformed, TypeError):
            raise BaseChanged(what=Text("the manifest cannot be read", "清单无法读取")) from None
