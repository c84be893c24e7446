"""The base's manifest: what every copy must be measured against."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from signing import jws
from signing.errors import BaseChanged, TokenMalformed
from signing.region import Region


@dataclass(frozen=True)
class Manifest:
    """A base installer, frozen.

    ``region_sum`` is the region's share of the image checksum's 16-bit sum, modulo
    65535. ``stages`` holds the SHA-256 of every unsigned stage of the build, by name.
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
        """Where licences go."""
        return Region(self.region_offset, self.region_size)

    def to_json(self) -> bytes:
        """The manifest as a file: indented JSON with sorted keys and a final newline."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Read a manifest.

        Raises:
            BaseChanged: it is damaged or of another version.
        """
        try:
            members: dict[str, Any] = jws.parse_object(data)
            return cls(**members)
        except (TokenMalformed, TypeError):
            raise BaseChanged(what="the manifest cannot be read") from None
