"""The toolchain by its bytes: what was changed in the cache is found, named, and gives another build id."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bootstrap import layout, trees
from oneseat.pipeline import doctor
from oneseat.pipeline.base import freeze as freeze_module
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.freeze import freeze
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.tools import digests, registry, toolchain
from oneseat.pipeline.tools.errors import CacheChanged, CacheWritableByOthers, ToolMissing
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.windows import WindowsPython, Wine
from signing.clock import FixedClock
from tests.charters import charter
from tests.pipeline.conftest import write_client

LIBRARY = "Lib/json/__init__.py"
HOOK = "Lib/site-packages/PyInstaller/building/api.py"
COMMAND = "drive_c/windows/system32/cmd.exe"


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WindowsPython:
    """A small tree in place of the Windows Python, and one in place of the wine prefix."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("ONESEAT_CACHE", str(cache))
    made = WindowsPython(Wine(cache / "prefix"), cache / "python")
    for path in (made.folder / LIBRARY, made.folder / HOOK, cache / "prefix" / COMMAND):
        path.parent.mkdir(parents=True)
        path.write_text("as unpacked\n")
    trees.write(made.folder)
    trees.write(cache / "prefix", layout.WINE_PREFIX_PARTS)
    return made


def prefix(python: WindowsPython) -> Path:
    assert isinstance(python.host, Wine)
    return python.host.prefix


def test_a_cache_as_it_was_unpacked_is_accepted(python: WindowsPython) -> None:
    toolchain.require_intact(python)
    (prefix(python) / "user.reg").write_text("wine writes here whenever it runs")
    toolchain.require_intact(python)


def test_a_planted_line_is_named(python: WindowsPython) -> None:
    with (python.folder / LIBRARY).open("a") as library:
        library.write("import planted\n")
    with pytest.raises(CacheChanged) as caught:
        toolchain.require_intact(python)
    assert LIBRARY in caught.value.diagnostics() and str(python.folder) in caught.value.diagnostics()


def test_a_library_planted_in_the_wine_prefix_is_named(python: WindowsPython) -> None:
    (prefix(python) / COMMAND).with_name("version.dll").write_bytes(b"MZ")
    with pytest.raises(CacheChanged, match=r"drive_c/windows/system32/version\.dll"):
        toolchain.require_intact(python)


@pytest.mark.parametrize("place", [".", "python", f"python/{LIBRARY}", "prefix/drive_c/windows/system32"])
def test_a_cache_that_others_may_write_to_is_refused(python: WindowsPython, place: str) -> None:
    path = python.folder.parent / place
    path.chmod(path.stat().st_mode | 0o002)
    with pytest.raises(CacheWritableByOthers, match=path.name):
        toolchain.require_intact(python)


def test_a_missing_tree_and_one_of_an_earlier_set_up_are_refused(python: WindowsPython) -> None:
    (python.folder / trees.MANIFEST).unlink()
    with pytest.raises(CacheChanged, match=r"tree\.sha256"):
        toolchain.require_intact(python)
    shutil.rmtree(python.folder)
    with pytest.raises(ToolMissing):
        toolchain.require_intact(python)


@pytest.mark.service
def test_doctor_names_a_changed_byte_and_what_to_do(
    python: WindowsPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "windows_host", lambda: python.host)
    monkeypatch.setattr(registry, "WindowsPython", lambda _: python)
    listed = registry.tools()
    assert [tool.name for tool in listed[:2]] == ["Windows Python (files)", "wine prefix (files)"]
    monkeypatch.setattr(registry, "tools", lambda: listed[:2])
    monkeypatch.setattr(doctor, "_phone_tools", tuple)
    clock = FixedClock(datetime(2026, 12, 1, tzinfo=UTC))
    sound = doctor.check_all(clock)
    assert [check.refusal for check in sound] == [None] * 3 and sound[0].version == "2 files"
    content = bytearray((python.folder / LIBRARY).read_bytes())
    content[0] ^= 1
    (python.folder / LIBRARY).write_bytes(content)
    changed, prefix_check, signature = doctor.check_all(clock)
    assert changed.as_object()["code"] == "OS-610" and doctor.first_fault([changed]) is changed.refusal
    assert LIBRARY in changed.mend and "make setup" in changed.mend
    assert prefix_check.refusal is None and signature.refusal is None


def test_nothing_is_frozen_from_a_changed_cache(
    python: WindowsPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(freeze_module, "run", lambda invocation, _: started.append(invocation))
    (python.folder / LIBRARY).write_text("import planted\n")
    inputs = BaseInputs(ExamNames.of(charter()), bytes(32), (), ())
    with pytest.raises(CacheChanged):
        freeze(inputs, tmp_path / "work", python)
    assert not started


@pytest.mark.service
@pytest.mark.parametrize("name", [LIBRARY, HOOK])
def test_another_byte_with_a_manifest_of_its_own_is_another_build(
    python: WindowsPython, tmp_path: Path, name: str
) -> None:
    """Someone who also writes the manifest anew does not keep the build id."""
    client, names = write_client(tmp_path), ExamNames.of(charter())
    before = collect(names, bytes(32), client=client, python=python)
    (python.folder / name).write_text("import planted\n")
    trees.write(python.folder)
    toolchain.require_intact(python)
    after = collect(names, bytes(32), client=client, python=python)
    assert before.build_id != after.build_id
    changed = after.differing(before.as_object())
    assert changed == sorted(
        {"toolchain: windows-python", *(["toolchain: pyinstaller"] if name == HOOK else [])}
    )


@pytest.mark.service
def test_each_program_is_listed_with_its_digest(python: WindowsPython) -> None:
    listed = toolchain.digests(python, Makensis())
    assert set(listed) == {"windows-python", "pyinstaller", "makensis", "nsis", "osslsigncode", "wine"}
    assert len(set(listed.values())) == len(listed)
    assert listed["makensis"] == trees.sha256_of(Makensis().path)


@pytest.mark.service
def test_another_stub_or_plugin_is_another_digest(
    python: WindowsPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "nsis"
    shutil.copytree(Makensis().data, data)
    monkeypatch.setattr(Makensis, "data", data)
    seen = [toolchain.digests(python, Makensis())["nsis"]]
    for place in ("Stubs/lzma_solid-amd64-unicode", "Plugins/amd64-unicode/System.dll", "Include/MUI2.nsh"):
        with (data / place).open("ab") as file:
            file.write(b"x")
        seen.append(toolchain.digests(python, Makensis())["nsis"])
    assert len(set(seen)) == 4


def test_a_digest_is_not_taken_from_the_cache_for_a_changed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_SETTLED_S", -1)
    file = tmp_path / "tool"
    file.write_bytes(b"one")
    os.utime(file, (1, 1))
    store = tmp_path / "digests.json"
    first = _later(store, file)
    assert _later(store, file) == first
    time.sleep(0.05)  # the kernel's clock for change times ticks more slowly than a test runs
    file.write_bytes(b"two")
    os.utime(file, (1, 1))  # same name, inode, size and time of modification
    assert _later(store, file) == trees.sha256_of(file) != first


def test_a_file_that_has_just_changed_is_not_cached(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"one")
    _later(tmp_path / "digests.json", tmp_path / "tool")
    assert not (tmp_path / "digests.json").exists()


def _later(store: Path, file: Path) -> str:
    """The digest by a cache that is loaded anew, and saved."""
    cache = digests.DigestCache(store)
    digest = cache.sha256(file)
    cache.save()
    return digest


def test_a_settled_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, store = tmp_path / "tool", tmp_path / "digests.json"
    file.write_bytes(b"one")
    monkeypatch.setattr(digests, "_SETTLED_S", -1)
    first = _later(store, file)
    monkeypatch.setattr(trees, "sha256_of", lambda _: "computed again")
    assert _later(store, file) == first
    store.chmod(0o666)
    assert _later(store, file) == "computed again", "others could have written this cache"


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1]}'])
def test_a_damaged_cache_of_digests_is_ignored(tmp_path: Path, content: str) -> None:
    file, store = tmp_path / "tool", tmp_path / "digests.json"
    file.write_bytes(b"one")
    store.write_text(content)
    assert _later(store, file) == trees.sha256_of(file)
