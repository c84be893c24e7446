"""Provenance of a base: an in-toto statement with an SLSA predicate, signed by the batch key.

Statement: in-toto.io/Statement/v1. Predicate: slsa.dev/provenance/v1. Envelope: DSSE
(:mod:`signing.authority.dsse`). The statement depends on the base's folder only and holds no
times, so the same base has the same statement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneseat.pipeline.base.sbom import SBOM
from signing import jws
from signing.authority import dsse
from signing.authority.errors import BatchHeadInvalid
from signing.authority.manifest import Manifest
from signing.authority.signer import Signer
from signing.errors import OneSeatError
from signing.text import Text, verbatim

PROVENANCE = "provenance.dsse.json"

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:uuid:6a1d7f4e-52c8-4b0b-8a2c-0f1f1c6a9e31"
"""Identifies the build process of docs/explanation/base-build.md. A UUID (RFC 9562) needs no registration."""
BUILDER = "urn:uuid:0d0bb3d6-0a7a-4df2-9d0c-7b2c8d7f5e90"
"""Identifies the builder: this command line, on a release engineer's computer. It claims no SLSA level."""


@dataclass(frozen=True)
class Documents:
    """The documents beside a batch's manifest: bill of materials (or ""), and signed provenance."""

    sbom: str
    provenance: str

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, signer: Signer) -> Documents:
        """Create the documents of the base in a folder. Old bases have no bill of materials."""
        bill, inputs = (_text(folder / name) for name in (SBOM, "inputs.json"))
        payload = jws.canonical_json(statement(manifest, json.loads(inputs or "{}"), bill))
        envelope = dsse.sign(signer, payload)
        return cls(bill, json.dumps(envelope, indent=2) + "\n")


def statement(manifest: Manifest, inputs: Mapping[str, Any], sbom: str) -> dict[str, Any]:
    """Build the statement: the base's inputs and tools by digest, its stages, its bill of materials."""
    kinds = {"": "sources", "rendered:": "rendered", "tool:": "toolchain"}
    digests = {
        f"{mark}{name}": digest
        for mark, kind in kinds.items()
        for name, digest in inputs.get(kind, {}).items()
    }
    # Bases of earlier versions had a number for the steps of the build, in place of the code that takes them.
    recipe = {"recipe": inputs["recipe"]} if "recipe" in inputs else {}
    stages = [{"name": name, "digest": {"sha256": digest}} for name, digest in manifest.stages.items()]
    bill = [
        {"name": SBOM, "digest": {"sha256": _sha256(sbom)}, "mediaType": "application/vnd.cyclonedx+json"}
    ]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": manifest.file_name, "digest": {"sha256": manifest.base_sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "exam": manifest.exam,
                    "rehearsal": manifest.rehearsal,
                    "names": inputs.get("names", {}),
                    "rootPublicKey": inputs.get("root_public_key", ""),
                },
                "internalParameters": {"build": manifest.build, **recipe},
                "resolvedDependencies": [
                    {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())
                ],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": dict(inputs.get("tools", {}))},
                "byproducts": [*stages, *(bill if sbom else [])],
            },
        },
    }


@dataclass(frozen=True)
class Provenance:
    """The verified facts of a batch's documents."""

    base_sha256: str
    dependencies: int
    components: int


def check(folder: Path, keys: Mapping[str, bytes], base_sha256: str, prefix: str = "") -> Provenance:
    """Verify a batch folder's documents against the batch keys and the base that its head names.

    ``prefix`` is what the documents' file names begin with: that of a phone app's base is not empty.

    Raises:
        BatchHeadInvalid: a document is missing, malformed, or another base's.
        SignatureInvalid: no batch key of the charter signed the statement.
    """
    envelope = _text(folder / f"{prefix}{PROVENANCE}")
    if not envelope:
        raise BatchHeadInvalid(what=verbatim(PROVENANCE), reason=Text("it is missing", "文件不存在"))
    document = _statement(dsse.verify(envelope.encode(), keys))
    try:
        subject = document["subject"][0]["digest"]["sha256"]
        definition = document["predicate"]["buildDefinition"]["resolvedDependencies"]
        byproducts = document["predicate"]["runDetails"]["byproducts"]
        digests = [item["digest"]["sha256"] for item in byproducts if item["name"] == SBOM]
    except (KeyError, TypeError, IndexError):
        raise BatchHeadInvalid(
            what=verbatim(PROVENANCE), reason=Text("it is not SLSA provenance", "不是 SLSA 来源证明")
        ) from None
    if subject != base_sha256:
        raise BatchHeadInvalid(
            what=verbatim(PROVENANCE), reason=Text("it is of another base", "它属于另一个基础安装包")
        )
    return Provenance(subject, len(definition), _components(folder / f"{prefix}{SBOM}", digests))


def _statement(payload: bytes) -> dict[str, Any]:
    try:
        document = jws.parse_object(payload)
    except OneSeatError:
        raise BatchHeadInvalid(
            what=verbatim(PROVENANCE), reason=Text("it is not a statement", "不是来源声明")
        ) from None
    if (document.get("_type"), document.get("predicateType")) != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise BatchHeadInvalid(
            what=verbatim(PROVENANCE), reason=Text("it is a statement of another kind", "它是另一类声明")
        )
    return document


def _components(path: Path, digests: list[str]) -> int:
    """Verify the bill of materials by its digest and count its components."""
    text = _text(path)
    if [_sha256(text)] != digests if text else digests:
        raise BatchHeadInvalid(
            what=verbatim(SBOM),
            reason=Text("it is not the one that the provenance names", "与来源证明中记录的不一致"),
        )
    if not text:
        return 0
    try:
        return len(jws.parse_object(text.encode())["components"])
    except (OneSeatError, KeyError, TypeError):
        raise BatchHeadInvalid(
            what=verbatim(SBOM), reason=Text("it is not CycloneDX", "不是 CycloneDX 格式")
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise BatchHeadInvalid(
            what=verbatim(path.name), reason=Text("it cannot be read", "无法读取")
        ) from None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
