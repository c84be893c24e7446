"""The build id: what changes it, what does not, and what may not be built at all."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from oneseat.client.errors import LaunchFileMissing
from oneseat.pipeline.base import collecting, errors
from oneseat.pipeline.base import inputs as base_inputs
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.errors import ClientIncomplete
from oneseat.pipeline.base.freeze import refuse_missing_modules
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.base.templates import nsis_text, render
from oneseat.pipeline.errors import TemplateBroken
from oneseat.pipeline.tools.makensis import Makensis
from signing import documents
from signing.charter import CharterKey
from signing.text import Text
from tests.charters import charter
from tests.pipeline.conftest import write_client

ROOT = bytes(range(32))
NAMES = ExamNames.of(charter())


def inputs(client: Path, names: ExamNames = NAMES, root: bytes = ROOT) -> BaseInputs:
    return collect(names, root, client=client)


@pytest.mark.service
def test_the_same_sources_elsewhere_are_the_same_build(tmp_path: Path) -> None:
    first, second = write_client(tmp_path / "one"), write_client(tmp_path / "two")
    (second / "cli.py").write_bytes((second / "cli.py").read_bytes().replace(b"\n", b"\r\n"))
    assert inputs(first).build_id == inputs(second).build_id


@pytest.mark.service
def test_every_input_changes_the_build_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = write_client(tmp_path / "plain")
    edited = write_client(tmp_path / "edited", cli="from signing import jws\n\n\ndef main():\n    return 0\n")
    wider = write_client(tmp_path / "wider", extra="import signing.charter\n")
    title = dataclasses.replace(NAMES, title=Text("Another", "另一场"))
    found = [
        inputs(client),
        inputs(edited),
        inputs(wider),
        inputs(client, title),
        inputs(client, root=bytes(32)),
    ]
    monkeypatch.setattr(Makensis, "version", lambda _: "99.0")
    found.append(inputs(client))
    assert len({each.build_id for each in found}) == len(found)


@pytest.mark.service
@pytest.mark.parametrize("name", ["freeze.py", "installer.py", "builder.py"])
def test_an_edit_of_the_code_that_builds_changes_the_build_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    client = write_client(tmp_path)
    before, content = inputs(client), base_inputs._content
    edited = Path(base_inputs.__file__).with_name(name)
    monkeypatch.setattr(base_inputs, "_content", lambda path: content(path) + b"#" * (path == edited))
    after = inputs(client)
    assert after.build_id != before.build_id
    assert after.differing(before.as_object()) == [f"sources: oneseat/pipeline/base/{name}"]


@pytest.mark.service
def test_other_words_that_are_compiled_into_the_installer_are_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they are written: in the client's, the pipeline's or the signing room's catalogue."""
    client = write_client(tmp_path)
    before = inputs(client)
    monkeypatch.setattr(errors.InstallerDiskShort, "remedy", Text("Make room.", "请清理磁盘。"))
    words = inputs(client)
    monkeypatch.setattr(documents, "NO_KIND", Text("No.", "否。"))
    both = inputs(client)
    assert (
        words.differing(before.as_object())
        == both.differing(words.as_object())
        == ["rendered: installer.nsi"]
    )
    monkeypatch.setattr(LaunchFileMissing, "remedy", Text("Install again.", "请重新安装。"))
    launched = inputs(client)
    assert launched.differing(both.as_object()) == ["rendered: launcher.nsi"]
    assert len({before.build_id, words.build_id, both.build_id, launched.build_id}) == 4


@pytest.mark.service
def test_the_build_id_is_that_of_every_folder_and_charter(tmp_path: Path) -> None:
    """Nothing of a place or of an exam's dates may be in what is hashed."""
    rendered = dict(collect(NAMES, ROOT).rendered)
    moved = ExamNames.of(charter(CharterKey("licence", bytes(32)), version=7))
    assert rendered == dict(collect(moved, bytes(32), client=write_client(tmp_path)).rendered)


@pytest.mark.service
def test_what_is_staged_is_what_was_hashed_with_the_key_baked_in(tmp_path: Path) -> None:
    staged = inputs(write_client(tmp_path / "source"))
    staged.stage(tmp_path / "staged")
    names = {path.relative_to(tmp_path / "staged").as_posix() for path in (tmp_path / "staged").rglob("*.py")}
    hashed = {source.name for source in staged.sources if source.is_frozen_in}
    assert names == {*hashed, "oneseat/client/_baked.py"}
    assert {"signing/jws.py", "signing/errors.py", "signing/__init__.py"} <= names
    baked: dict[str, object] = {}
    exec((tmp_path / "staged" / "oneseat" / "client" / "_baked.py").read_text(), baked)
    assert baked["ROOT_PUBLIC_KEY"] == ROOT
    assert baked["BUILD_ID"] == staged.build_id


@pytest.mark.parametrize(
    "statement",
    ["from signing.authority import keys", "import signing.authority.keys", "from signing import authority"],
)
def test_a_client_that_could_mint_licences_is_not_built(tmp_path: Path, statement: str) -> None:
    client = write_client(tmp_path, cli=f"def main():\n    {statement}\n")
    with pytest.raises(ClientIncomplete, match=r"signing\.authority"):
        inputs(client)


@pytest.mark.parametrize(
    "name", ["oneseat", "'oneseat.client.cli'", "'signing.jws'", "'nacl.bindings'", "_cffi_backend"]
)
def test_a_client_that_was_frozen_without_a_module_is_refused(tmp_path: Path, name: str) -> None:
    """PyInstaller only warns of it, in a file, and the client would fail on a candidate's computer."""
    warnings = tmp_path / "client" / "warn-client.txt"
    warnings.parent.mkdir()
    harmless = "".join(
        f"missing module named {absent} - imported by {by} (optional)\n"
        for absent, by in (("pwd", "posixpath"), ("'org.python'", "copy"))
    )
    warnings.write_text(harmless, "utf-8")
    refuse_missing_modules(tmp_path)
    warnings.write_text(
        f"{harmless}missing module named {name} - imported by oneseat.client (top-level)\n", "utf-8"
    )
    with pytest.raises(ClientIncomplete, match=name.strip("'")):
        refuse_missing_modules(tmp_path)


def test_no_shipped_module_reaches_one_that_does_not_ship() -> None:
    present = sorted(collecting.SIGNING.glob("*.py"))
    assert present
    for path in present:
        collecting.shipped_modules([path])


def test_a_missing_client_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClientIncomplete, match=r"__main__\.py"):
        inputs(tmp_path / "nowhere")


@pytest.mark.service
def test_the_real_client_is_complete() -> None:
    listed = collect(NAMES, ROOT).as_object()
    sources = listed["sources"]
    assert isinstance(sources, dict)
    assert "oneseat/client/__main__.py" in sources
    assert "templates/launcher.nsi.j2" in sources
    assert {"templates/installer.nsi.j2", "templates/installer/findings.nsi.j2"} <= set(sources)
    assert {"oneseat/pipeline/base/freeze.py", "oneseat/pipeline/tools/makensis.py"} <= set(sources)
    assert "signing/authority/reserve.py" in sources
    assert "requirements/client-build-windows.txt" in sources
    assert not any("_baked" in name for name in sources)


def test_texts_cannot_break_out_of_a_script() -> None:
    assert nsis_text('a "b" $INSTDIR\nc') == 'a $\\"b$\\" $$INSTDIR$\\r$\\nc'


def test_a_template_that_asks_for_more_than_it_is_given_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "script.j2"
    template.write_text("{{ given | py }} {{ absent }}")
    with pytest.raises(TemplateBroken, match="absent"):
        render(template, given="x")
    with pytest.raises(TemplateBroken, match=r"other\.j2"):
        render(tmp_path / "other.j2")
    template.write_text("x = {{ given | py }}")
    assert ast.literal_eval(render(template, given='it"s\\').removeprefix("x = ")) == 'it"s\\'


@pytest.mark.service
def test_sources_that_change_during_a_build_are_noticed(tmp_path: Path) -> None:
    client = write_client(tmp_path / "client")
    staged = inputs(client)
    before = staged.build_id
    staged.require_unchanged()
    (client / "cli.py").write_text("edited = True\n")
    assert staged.build_id == before, "an id is that of the collected files"
    with pytest.raises(ClientIncomplete, match=r"cli\.py changed"):
        staged.require_unchanged()
