"""The manifest of a base, installer or phone app: its digests, size and licence region."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from signing import containers, jws
from signing.authority.errors import BaseChanged
from signing.containers import Container
from signing.refusals import TokenMalformed
from signing.region import Region
from signing.text import Text


@dataclass(frozen=True)
class Manifest:
    """The facts about a base by which its copies are stamped and checked.

    ``region_sum`` is the 16-bit sum of the region's words, modulo 65535; 0 for a phone app, which has no
    checksum. ``authenticode_sha256`` is the digest that licences name: of an installer the Authenticode
    SHA-256, of a phone app the digest of content and signer (:mod:`signing.phone_app`). ``stages`` holds
    the SHA-256 of every unsigned stage of the build, by name. ``artefact`` says which kind of base it is.
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
    artefact: str = containers.INSTALLER.artefact

    @property
    def container(self) -> Container:
        """The kind of file that the base is."""
        return containers.BY_ARTEFACT[self.artefact]

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
            PeMalformed, ApkMalformed, ApkUnsigned, ApkBlockNotPadded, ApkSignatureWrong, RegionMissing,
                RegionMalformed: the file is no base with a reserved region.
        """
        container = containers.recognise(base)
        read = container.read(base)
        base.seek(0)
        return cls(
            exam=exam,
            build=build,
            base_sha256=hashlib.file_digest(base, "sha256").hexdigest(),
            size=read.size,
            region_offset=read.region.offset,
            region_size=read.region.size,
            region_sum=region_sum,
            authenticode_sha256=read.digest,
            development_certificate=development_certificate,
            rehearsal=rehearsal,
            file_name=Path(base.name).name,
            stages=stages,
            artefact=container.artefact,
        )

    def to_json(self) -> bytes:
        """Encode as indented JSON with sorted keys and a final newline.

        An installer's has no member ``artefact``, so it is the same as before there were phone apps.
        """
        members = asdict(self)
        if self.artefact == containers.INSTALLER.artefact:
            del members["artefact"]
        return json.dumps(members, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Decode a manifest.

        Raises:
            BaseChanged: the manifest is damaged or of another version.
        """
        try:
            members: dict[str, Any] = jws.parse_object(data)
            manifest = cls(**members)
        except (TokenMalformed, TypeError):
            raise BaseChanged(what=Text("the manifest cannot be read", "清单无法读取")) from None
        if manifest.artefact not in containers.BY_ARTEFACT:
            raise BaseChanged(what=Text("the manifest cannot be read", "清单无法读取"))
        return manifest
