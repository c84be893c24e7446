"""Building a base: cached by its inputs, whole or not at all, the same bytes every time."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import lief
import pytest
from filelock import FileLock

from bootstrap import layout
from oneseat.client.run import LAUNCHER
from oneseat.pipeline.base import artwork
from oneseat.pipeline.base import builder as base_module
from oneseat.pipeline.base.build_folder import LOG
from oneseat.pipeline.base.builder import BaseBuilder
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.errors import AlreadyRunning, BaseMissing, BaseNotReproducible, InputsDiffer
from oneseat.pipeline.base.finished import Base, check_base, open_base
from oneseat.pipeline.base.installer import InstallerCompiler, Payload
from oneseat.pipeline.base.names import VERSION, ExamNames
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.base.signed_files import strangers
from oneseat.pipeline.base.templates import ARTWORK
from oneseat.pipeline.errors import OutputUnwritable
from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from oneseat.pipeline.tools.errors import ToolFailed
from oneseat.pipeline.tools.runner import Invocation, run
from signing import installer
from signing.authority.errors import BaseChanged
from signing.authority.signer import sign_token
from signing.authority.stamp import Stamper
from signing.charter import TYP, CharterKey
from signing.text import Text
from tests import unpacked
from tests.bases import built as built_once
from tests.bases import key_of, known_test_identity, known_test_key
from tests.charters import charter
from tests.passed_before import PassedBefore
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
        signed = [path for path in built.folder.glob("signed*/**/*") if path.is_file()]
        for path in (built.path, *signed):
            assert code_signer.verify(path).trusted
            parsed = lief.PE.parse(str(path))
            assert parsed is not None
            assert parsed.verify_signature() == lief.PE.Signature.VERIFICATION_FLAGS.OK
        assert sorted(path.relative_to(built.folder).as_posix() for path in signed) == [
            "signed-plugins/System.dll",
            "signed-plugins/nsDialogs.dll",
            "signed/OneSeat.exe",
            "signed/OneSeatStart.exe",
            "signed/_internal/_cffi_backend.cp38-win_amd64.pyd",
            "signed/_internal/nacl/_sodium.pyd",
            "signed/uninstall.exe",
        ]

    def test_every_program_that_the_installer_unpacks_is_signed(
        self, built: Base, code_signer: OsslsigncodeSigner, tmp_path: Path
    ) -> None:
        """The installer is unpacked: its plugins, the client's libraries, Python's own, the uninstaller."""
        programs = unpacked.programs(built.path)
        ours = 0
        for number, program in enumerate(programs):
            path = tmp_path / str(number)
            path.write_bytes(program)
            ours += code_signer.verify(path).trusted
        assert ours == len([path for path in built.folder.glob("signed*/**/*") if path.is_file()])
        assert len(programs) > ours, "Python's own libraries have their makers' signatures"

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

    def test_the_launcher_asks_for_no_elevation(self, built: Base) -> None:
        manifest, names = resources(built.folder / "signed" / LAUNCHER)
        assert 'requestedExecutionLevel level="asInvoker"' in manifest
        assert names["080403a8"]["ProductName"] == RULES.product.zh
        assert built.manifest.stages["launcher"]

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

    def test_a_second_checkout_elsewhere_gives_the_same_unsigned_stages(
        self, builder: BaseBuilder, built: Base, tmp_path: Path
    ) -> None:
        """A checkout and a workspace of other times; Chinese, a quote and a dollar sign; LC_ALL=C."""
        before = PassedBefore("second-checkout", key_of(builder, Path(__file__).read_bytes()))
        if before.holds:
            return
        place = tmp_path / "考务 工作区 (2035)'s & $x `[1]"
        checkout = place / "checkout"
        for folder in ("bootstrap", "oneseat", "requirements", "signing", "templates"):
            shutil.copytree(layout.PROJECT / folder, checkout / folder, copy_function=shutil.copyfile)
        source = next(each.path for each in builder.inputs.sources if each.name.endswith("client/cli.py"))
        ended = subprocess.run(
            [sys.executable, "-c", VERIFY, built.folder.parent, source.parent, place / "workspace"],
            cwd=checkout,
            env={
                "PATH": os.environ["PATH"],
                "LC_ALL": "C",
                "TZ": "Asia/Kathmandu",
                "PYTHONPATH": str(checkout),
                "ONESEAT_CACHE": str(layout.cache_root()),
            },
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
        )
        assert ended.returncode == 0, ended.stderr
        own = [Path(line).relative_to(checkout) for line in ended.stdout.splitlines() if place.name in line]
        assert Path("oneseat", "__init__.py") in own
        before.keep([path.as_posix() for path in own])

    def test_a_base_of_other_inputs_is_not_built_again_in_vain(
        self, builder: BaseBuilder, built: Base
    ) -> None:
        toolchain = (*builder.inputs.toolchain[:-1], ("wine", "0" * 64))
        other = dataclasses.replace(builder.inputs, toolchain=toolchain)
        with pytest.raises(InputsDiffer, match=r"in: toolchain: wine\."):
            dataclasses.replace(builder, inputs=other).verify(built)

    def test_a_signed_file_of_other_bytes_is_named(
        self, builder: BaseBuilder, built: Base, code_signer: OsslsigncodeSigner, tmp_path: Path
    ) -> None:
        """A library that was changed before it was signed, in a base whose manifest is as it should be."""
        client, copy = tmp_path / "client", tampered(built, tmp_path / "copy")
        name = Path("_internal", "nacl", "_sodium.pyd")
        original = builder.python.folder / "Lib" / "site-packages" / "nacl" / "_sodium.pyd"
        changed = tmp_path / "changed.pyd"
        changed.write_bytes(original.read_bytes().replace(b"This program", b"That program"))
        (client / name).parent.mkdir(parents=True)
        shutil.copy(original, client / name)
        pair = [(client / name, copy.folder / "signed" / name)]
        assert strangers(pair) == []
        code_signer.sign(changed, copy.folder / "signed" / name, "changed")
        assert strangers(pair) == ["_sodium.pyd"]
        (copy.folder / "signed" / name).unlink()
        assert strangers(pair) == ["_sodium.pyd"]

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
            raise ToolFailed(tool="PyInstaller", job=Text("freezing", "打包"), status=1, last_lines="no")

        before = sorted(path.name for path in builder.folder.iterdir())
        monkeypatch.setattr(base_module, "freeze", fail)
        with pytest.raises(ToolFailed):
            builder.build(rebuild=True)
        assert sorted(path.name for path in builder.folder.iterdir()) == before
        check_base(open_base(builder.folder))

    def test_a_tool_that_fails_leaves_its_whole_output(
        self, builder: BaseBuilder, built: Base, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> NoReturn:
            lines = "import sys; [print('line', number) for number in range(99)]; sys.exit(3)"
            run(Invocation("PyInstaller", Text("freezing", "测试"), [sys.executable, "-c", lines]))
            raise AssertionError("it succeeded")

        stale = builder.folder / ".building-of-a-killed-run"
        (stale / "client").mkdir(parents=True)
        monkeypatch.setattr(base_module, "freeze", fail)
        with pytest.raises(ToolFailed) as caught:
            builder.build(rebuild=True)
        log = builder.folder / LOG
        assert str(log) in caught.value.diagnostics()
        assert log.read_text().splitlines() == [f"line {number}" for number in range(99)]
        assert not list(builder.folder.glob(".building-*")), "of killed runs neither"
        builder.build()
        assert not log.exists(), "it is of no failure any more"

    def test_a_full_disk_is_named(
        self, builder: BaseBuilder, built: Base, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> NoReturn:
            raise OSError(errno.ENOSPC, "No space left on device", "/some/file")

        monkeypatch.setattr(base_module, "freeze", fail)
        with pytest.raises(OutputUnwritable, match="/some/file cannot be written: No space left"):
            builder.build(rebuild=True)


VERIFY = """
import json, sys
from pathlib import Path
from oneseat.pipeline.base.builder import BaseBuilder
from oneseat.pipeline.base.finished import open_base
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.names import ExamNames
from signing.text import Text
base = open_base(Path(sys.argv[1]))
given = base.inputs["names"].items()
names = {key: Text(*value) if isinstance(value, list) else value for key, value in given}
root = bytes.fromhex(base.inputs["root_public_key"])
inputs = collect(ExamNames(**names), root, client=Path(sys.argv[2]))
BaseBuilder(Path(sys.argv[3]), inputs, base.charter, signer=None).verify(base)
paths = [getattr(module, "__file__", None) for module in sys.modules.values()]
sys.stdout.buffer.write(chr(10).join(path for path in paths if path).encode())
"""
"""Verifies the base in its first argument with the small client in its second, in a workspace; then prints
where each module is that it has imported."""


def test_an_uninstaller_of_other_bytes_than_the_signed_one_is_not_packed(
    builder: BaseBuilder, tmp_path: Path
) -> None:
    for folder in ("no-plugins", "payload"):
        (tmp_path / folder).mkdir()
    other = tmp_path / "other.exe"
    other.write_bytes(b"another uninstaller")
    compiler = InstallerCompiler(builder.inputs, InstallerRules.of(RULES), builder.makensis, tmp_path)
    compiler.stage_plugins(tmp_path / "no-plugins")
    with pytest.raises(ToolFailed, match="made from other bytes"):
        compiler.compile(Payload(tmp_path / "payload"), other, other)


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
