"""The whole build with the real tools: cached, atomic, reproducible to the byte, its signature included."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from oneseat.pipeline.base.errors import BaseMissing, BaseNotReproducible, InputsDiffer
from oneseat.pipeline.base.finished import Base, check_base, open_base
from oneseat.pipeline.base.provenance import statement
from oneseat.pipeline.phone import builder as builder_module
from oneseat.pipeline.phone import reproducing
from oneseat.pipeline.phone.builder import SIGNED_STAGE, PhoneBuilder
from oneseat.pipeline.phone.compiling import PhoneCompiler
from oneseat.pipeline.phone.errors import PhoneSourcesChanged
from oneseat.pipeline.phone.inputs import PhoneInputs
from oneseat.pipeline.phone.reproducing import PhoneVerifier
from oneseat.pipeline.phone.signing_key import PhoneIdentity
from oneseat.pipeline.phone.toolchain import PhoneToolchain, Program
from oneseat.pipeline.tools.errors import ToolFailed, ToolMissing
from signing import phone_app
from signing.authority.errors import BaseChanged

pytestmark = pytest.mark.service


class _Compiled(PhoneCompiler):
    """Takes what the session compiled from the same inputs, so that each test is quick."""

    source: Path

    def compile(self) -> Path:
        for name, _ in self.stages():
            shutil.copyfile(self.source / name, self.folder / name)
        return self.folder / "unsigned.apk"


@pytest.fixture(scope="module", autouse=True)
def _compiled_once(compiled: Path) -> Iterator[None]:
    _Compiled.source = compiled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder_module, "PhoneCompiler", _Compiled)
        yield


@pytest.fixture(scope="module")
def builder(
    phone_inputs: PhoneInputs,
    identity: PhoneIdentity,
    toolchain: PhoneToolchain,
    tmp_path_factory: pytest.TempPathFactory,
) -> PhoneBuilder:
    return PhoneBuilder(tmp_path_factory.mktemp("phone"), phone_inputs, identity, toolchain=toolchain)


@pytest.fixture(scope="module")
def built(builder: PhoneBuilder) -> Base:
    return builder.build()


def _verifier(builder: PhoneBuilder) -> PhoneVerifier:
    return PhoneVerifier(builder.folder, builder.inputs, builder.identity, builder.toolchain)


def test_the_manifest_measures_the_file_and_says_how_it_was_signed(
    built: Base, builder: PhoneBuilder
) -> None:
    manifest = built.manifest
    assert built.built and not builder.build().built, "the second time it comes from the cache"
    assert manifest.artefact == "phone" and manifest.file_name == "OneSeat-demo-1-Phone.apk"
    assert manifest.build == builder.inputs.build_id
    assert manifest.development_certificate
    assert set(manifest.stages) == {"classes.dex", "resources.apk", "unsigned.apk", "signed.apk"}
    with built.path.open("rb") as file:
        assert phone_app.read(file).licence == b""
    assert open_base(builder.folder).manifest == manifest
    assert sorted(path.name for path in built.folder.iterdir()) == [
        "OneSeat-demo-1-Phone.apk",
        "inputs.json",
        "manifest.json",
        "sbom.cdx.json",
    ]


def test_its_documents_name_sources_tools_and_npm_packages(built: Base) -> None:
    bill = (built.folder / "sbom.cdx.json").read_text("utf-8")
    parts = {part["name"]: part for part in json.loads(bill)["components"]}
    assert {"javac", "dx", "aapt2", "zipalign", "apksigner", "@nativescript/android"} <= set(parts)
    shipped_on = [name for name, part in parts.items() if part["scope"] == "required"]
    assert shipped_on == ["Android"], "no library ships"
    named = statement(built.manifest, built.inputs, bill)["predicate"]["buildDefinition"][
        "resolvedDependencies"
    ]
    names = {each["name"] for each in named}
    assert "templates/phone/src/oneseat/phone/Shell.java" in names and "tool:dx" in names


def test_it_is_reproduced_to_the_byte_with_its_signature(built: Base, builder: PhoneBuilder) -> None:
    compared = _verifier(builder).verify(built)
    assert compared == sorted([*built.manifest.stages, built.manifest.file_name])
    without_key = replace(_verifier(builder), identity=None)
    assert SIGNED_STAGE not in without_key.verify(built)


def test_another_file_or_other_inputs_are_not_verified(
    built: Base, builder: PhoneBuilder, tmp_path: Path
) -> None:
    copy = shutil.copytree(built.folder, tmp_path / built.folder.name)
    changed = Base(copy, built.manifest)
    data = bytearray(changed.path.read_bytes())
    data[100] ^= 1
    changed.path.write_bytes(data)
    with pytest.raises(BaseChanged):
        _verifier(builder).verify(changed)
    inputs = json.loads((copy / "inputs.json").read_text("utf-8"))
    inputs["toolchain"]["dx"] = "0" * 64
    (copy / "inputs.json").write_text(json.dumps(inputs), "utf-8")
    changed.path.write_bytes(built.path.read_bytes())
    with pytest.raises(InputsDiffer, match="toolchain: dx"):
        _verifier(builder).verify(changed)


def test_a_stage_that_comes_out_differently_is_named(
    built: Base, builder: PhoneBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_in = builder_module.compile_in
    monkeypatch.setattr(
        reproducing, "compile_in", lambda *given: {**compile_in(*given), "classes.dex": "0" * 64}
    )
    with pytest.raises(BaseNotReproducible, match=r"differ when built again: classes\.dex\."):
        _verifier(builder).verify(built)


def test_a_build_that_is_stopped_leaves_nothing_half_written(
    built: Base, builder: PhoneBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = sorted(path.name for path in builder.folder.iterdir())
    monkeypatch.setattr(builder_module, "write_reserved", stop)
    with pytest.raises(KeyboardInterrupt):
        builder.build(rebuild=True)
    assert sorted(path.name for path in builder.folder.iterdir()) == before
    check_base(open_base(builder.folder))


def test_a_killed_build_is_tidied_up_by_the_next(builder: PhoneBuilder, built: Base) -> None:
    (builder.folder / ".building-killed").mkdir()
    (builder.folder / ".building-killed" / "half.apk").write_bytes(b"half")
    builder.build(rebuild=True)
    assert not (builder.folder / ".building-killed").exists()


def test_a_source_edited_during_the_build_is_refused(
    phone_inputs: PhoneInputs, builder: PhoneBuilder, tmp_path: Path
) -> None:
    first, *others = phone_inputs.sources
    edited = replace(phone_inputs, sources=(replace(first, sha256="0" * 64), *others))
    with pytest.raises(PhoneSourcesChanged, match=first.name):
        replace(builder, folder=tmp_path, inputs=edited).build()
    with pytest.raises(BaseMissing):
        open_base(tmp_path)


def test_a_missing_tool_is_refused_by_its_code(builder: PhoneBuilder, tmp_path: Path) -> None:
    gone = PhoneToolchain(apksigner=Program("apksigner-of-no-system", "--version"))
    with pytest.raises(ToolMissing, match="apksigner-of-no-system was not found") as refusal:
        replace(builder, folder=tmp_path, toolchain=gone).build()
    assert refusal.value.code == "OS-060" and "make setup" in refusal.value.remedy_text.en
    assert list(tmp_path.glob("[!.]*")) == [], "nothing is written"


def test_a_tool_that_fails_leaves_its_output_in_a_file(builder: PhoneBuilder, tmp_path: Path) -> None:
    wrong = replace(builder.identity, passphrase=b"another")
    with pytest.raises(ToolFailed) as refusal:
        replace(builder, folder=tmp_path, identity=wrong).build()
    assert refusal.value.log == tmp_path / "failed-build.log"
    assert "another" not in (tmp_path / "failed-build.log").read_text("utf-8")
