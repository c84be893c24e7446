"""Building a base: cached by its inputs, whole or not at all, the same bytes every time."""

from __future__ import annotations

import dataclasses
import errno
import io
import re
import shutil
from pathlib import Path
from typing import NoReturn

import lief
import pytest
from filelock import FileLock

from oneseat.pipeline.base import artwork
from oneseat.pipeline.base import builder as base_module
from oneseat.pipeline.base.builder import Base, BaseBuilder, check_base, open_base
from oneseat.pipeline.base.errors import AlreadyRunning, BaseMissing, BaseNotReproducible
from oneseat.pipeline.base.inputs import ARTWORK, VERSION, ExamNames, collect
from oneseat.pipeline.errors import OutputUnwritable
from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from oneseat.pipeline.tools.errors import ToolFailed
from signing import installer
from signing.authority.errors import BaseChanged
from signing.authority.signer import sign_token
from signing.authority.stamp import Stamper
from signing.charter import TYP, CharterKey
from tests.bases import built as built_once
from tests.bases import known_test_identity, known_test_key
from tests.charters import charter
from tests.pipeline.conftest import write_client

ROOT = known_test_key("test_base, root")
RULES = charter(CharterKey("licence", ROOT.public_key))
CHARTER = sign_token(ROOT, TYP, RULES.claims())


@pytest.fixture(scope="module")
def code_signer() -> OsslsigncodeSigner:
    return OsslsigncodeSigner(known_test_identity())


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, code_signer: OsslsigncodeSigner) -> BaseBuilder:
    folder = tmp_path_factory.mktemp("small-base")
    inputs = collect(ExamNames.of(RULES), ROOT.public_key, client=write_client(folder / "source"))
    return BaseBuilder(folder / "base", inputs, CHARTER, code_signer)


@pytest.fixture(scope="module")
def built(builder: BaseBuilder) -> Base:
    return built_once(builder)


SUPPORTED_OS = (
    "35138b9a-5d96-4fbd-8e2d-a2440225f93a",  # Windows 7
    "8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a",  # Windows 10 and 11
)
"""As Microsoft's page "Application manifests" gives them."""


def resources(path: Path) -> tuple[str, dict[str, dict[str, str]]]:
    """A program's manifest, and its version resource: text blocks by language and code page."""
    parsed = lief.PE.parse(str(path))
    assert isinstance(parsed, lief.PE.Binary)
    manager = parsed.resources_manager
    assert isinstance(manager, lief.PE.ResourcesManager)
    names: dict[str, dict[str, str]] = {}
    # Each level is kept while the one below it is read: LIEF frees what it lies in with it.
    for version in manager.version:
        table = version.string_file_info
        assert table is not None
        for block in table.children:
            names[block.key] = {str(entry.key): str(entry.value) for entry in block.entries}
    return str(manager.manifest), names


def tampered(base: Base, folder: Path) -> Base:
    shutil.copytree(base.folder, folder)
    return dataclasses.replace(base, folder=folder)


@pytest.mark.wine
@pytest.mark.slow
class TestBuilding:
    def test_every_program_in_it_is_signed(self, built: Base, code_signer: OsslsigncodeSigner) -> None:
        for path in (built.path, *(built.folder / "signed").iterdir()):
            assert code_signer.verify(path).trusted
            parsed = lief.PE.parse(str(path))
            assert parsed is not None
            assert parsed.verify_signature() == lief.PE.Signature.VERIFICATION_FLAGS.OK
        assert sorted(path.name for path in (built.folder / "signed").iterdir()) == [
            "OneSeat.exe",
            "uninstall.exe",
        ]

    def test_it_names_itself_in_both_languages_and_is_made_for_its_windows(self, built: Base) -> None:
        for path in (built.path, built.folder / "signed" / "uninstall.exe"):
            manifest, names = resources(path)
            assert 'requestedExecutionLevel level="requireAdministrator"' in manifest
            assert re.search(r"<dpiAware [^>]*>true</dpiAware>", manifest)
            for windows in SUPPORTED_OS:
                assert f'supportedOS Id="{{{windows}}}"' in manifest
            assert set(names) == {"080403a8", "040904e4"}
            for block, language in (("080403a8", "zh"), ("040904e4", "en")):
                assert names[block]["ProductName"] == getattr(RULES.product, language)
                assert names[block]["FileDescription"] == getattr(RULES.title, language)
                assert names[block]["CompanyName"] == getattr(RULES.publisher, language)
                assert names[block]["FileVersion"] == names[block]["ProductVersion"] == VERSION

    def test_it_can_be_stamped_as_its_manifest_says(self, built: Base) -> None:
        stamped = b"".join(Stamper(built.manifest, built.path).stream(b"a licence"))
        read = installer.read(io.BytesIO(stamped))
        assert read.licence == b"a licence"
        assert read.authenticode_sha256 == built.manifest.authenticode_sha256
        assert built.manifest.development_certificate

    def test_the_same_inputs_are_not_built_twice(
        self, builder: BaseBuilder, built: Base, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> NoReturn:
            raise AssertionError("it was built again")

        monkeypatch.setattr(base_module, "freeze", fail)
        again = builder.build()
        assert not again.built
        assert again.manifest == built.manifest == open_base(builder.folder).manifest

    def test_another_charter_is_another_base_of_the_same_build(
        self, builder: BaseBuilder, built: Base
    ) -> None:
        other = dataclasses.replace(builder, charter="eyJ.a-newer.charter")
        assert other.key != builder.key
        assert other.inputs.build_id == built.manifest.build

    def test_building_again_elsewhere_gives_the_same_unsigned_stages(
        self, builder: BaseBuilder, built: Base, tmp_path: Path
    ) -> None:
        dataclasses.replace(builder, folder=tmp_path / "a folder of another length").verify(built)

    def test_a_stage_that_differs_is_named(
        self, builder: BaseBuilder, built: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Only the comparison is on trial here, so the frozen client of the real build stands in.
        frozen = tmp_path / "frozen"
        frozen.mkdir()
        (frozen / "OneSeat.exe").write_bytes(b"another program")
        monkeypatch.setattr(base_module, "freeze", lambda *_: frozen)
        with pytest.raises(BaseNotReproducible, match="client, installer, program"):
            builder.verify(built)

    def test_a_base_that_was_changed_is_refused(
        self, builder: BaseBuilder, built: Base, tmp_path: Path
    ) -> None:
        copy = tampered(built, tmp_path / "copy")
        check_base(copy)
        data = bytearray(copy.path.read_bytes())
        data[-1] ^= 1
        copy.path.write_bytes(data)
        with pytest.raises(BaseChanged):
            builder.verify(copy)

    def test_a_build_that_fails_leaves_the_old_base_and_nothing_else(
        self, builder: BaseBuilder, built: Base, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> NoReturn:
            raise ToolFailed(tool="PyInstaller", job="freezing", status=1, last_lines="no")

        before = sorted(path.name for path in builder.folder.iterdir())
        monkeypatch.setattr(base_module, "freeze", fail)
        with pytest.raises(ToolFailed):
            builder.build(rebuild=True)
        assert sorted(path.name for path in builder.folder.iterdir()) == before
        check_base(open_base(builder.folder))

    def test_a_full_disk_is_named(
        self, builder: BaseBuilder, built: Base, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> NoReturn:
            raise OSError(errno.ENOSPC, "No space left on device", "/some/file")

        monkeypatch.setattr(base_module, "freeze", fail)
        with pytest.raises(OutputUnwritable, match="/some/file cannot be written: No space left"):
            builder.build(rebuild=True)


def test_two_runs_at_once_are_refused(builder: BaseBuilder) -> None:
    builder.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(builder.folder / ".lock"), pytest.raises(AlreadyRunning):
        builder.build()


def test_a_folder_without_a_base_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BaseMissing) as caught:
        open_base(tmp_path)
    assert "base build" in caught.value.diagnostics()
    (tmp_path / "current.json").write_text('{"key": "gone"}')
    with pytest.raises(BaseMissing):
        open_base(tmp_path)


@pytest.mark.parametrize("name", ["icon.ico", "header.bmp", "sidebar.bmp"])
def test_the_artwork_is_what_the_page_draws(name: str, tmp_path: Path) -> None:
    artwork.write(tmp_path)
    assert (tmp_path / name).read_bytes() == (ARTWORK / name).read_bytes()
