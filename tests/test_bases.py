"""The cache of bases gives each test run its own copy, and builds again only what changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from tests import bases
from tests.bases import built, known_test_key, without_payload


@dataclass(frozen=True)
class Builder:
    """As a base's builder: a folder for its key, made unless it is there."""

    folder: Path
    key: str
    made: list[str] = field(default_factory=list)

    def build(self) -> Path:
        """The file in the folder."""
        path = self.folder / self.key / "base.exe"
        if not path.exists():
            path.parent.mkdir(parents=True)
            path.write_text(self.key)
            self.made.append(self.key)
        return path


def built_by(builder: Builder) -> Path:
    return cast("Path", built(cast("Any", builder)))


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bases, "LONG", False)


def test_a_base_is_built_once_and_copied(tmp_path: Path) -> None:
    made: list[str] = []
    first, second = (built_by(Builder(tmp_path / name, "a", made)) for name in ("one", "two"))
    assert made == ["a"]
    assert first == tmp_path / "one" / "a" / "base.exe" and second == tmp_path / "two" / "a" / "base.exe"
    first.write_text("changed by a test")
    assert built_by(Builder(tmp_path / "three", "a", made)).read_text() == "a"


def test_other_inputs_or_other_building_code_are_another_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    built_by(Builder(tmp_path / "one", "a", made))
    built_by(Builder(tmp_path / "two", "b", made))
    assert made == ["a", "b"]
    monkeypatch.setattr(bases, "_BUILDING", ("oneseat/store",))
    built_by(Builder(tmp_path / "three", "a", made))
    assert made == ["a", "b", "a"]


def test_a_long_run_builds_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    built_by(Builder(tmp_path / "one", "a", made))
    monkeypatch.setattr(bases, "LONG", True)
    built_by(Builder(tmp_path / "two", "a", made))
    assert made == ["a", "a"]


def test_the_cache_keeps_the_last_used_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "KEPT", 2)
    made: list[str] = []
    for number, key in enumerate(("a", "b", "a", "c", "a", "b")):
        built_by(Builder(tmp_path / str(number), key, made))
    assert made == ["a", "b", "c", "b"]
    assert len(list(bases.cache().glob("base-*"))) == 2


def test_known_keys_are_the_same_in_every_run() -> None:
    assert known_test_key("root").kid == known_test_key("root").kid != known_test_key("licence").kid


@dataclass(frozen=True)
class Compiler:
    """As an installer's compiler: a script, and a working folder."""

    folder: Path
    text: str
    compiled: list[str] = field(default_factory=list)

    def script(self) -> str:
        return self.text

    def unsigned_uninstaller(self) -> None:
        self.compiled.append(self.text)
        (self.folder / "uninstaller.exe").write_text(self.text)


def test_an_installer_without_a_payload_is_compiled_once_for_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    def made_of(script: str) -> str:
        return without_payload(cast("Any", Compiler(tmp_path, script, compiled))).read_text()

    assert [made_of("a"), made_of("b"), made_of("a")] == ["a", "b", "a"]
    assert compiled == ["a", "b"]
    monkeypatch.setattr(bases, "_BUILDING", ("oneseat/store",))
    made_of("a")
    assert compiled == ["a", "b", "a"], "other code that compiles"
    monkeypatch.setattr(bases, "KEPT_WITHOUT_PAYLOAD", 1)
    made_of("b")
    assert len(list(bases.cache().glob("without-payload-*"))) == 1, "the one that was used last"
    monkeypatch.setattr(bases, "LONG", True)
    made_of("b")
    assert compiled == ["a", "b", "a", "b", "b"]
