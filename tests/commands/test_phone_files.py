"""The phone app's files on the command line, before and after the exam has them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from oneseat.pipeline.roster import sample
from tests.commands.conftest import EXAM, EXAM_FILE, Engineer
from tests.signing.signed_files import Base
from tests.signing.simulated_apks import simulated_apk

pytestmark = pytest.mark.service  # makensis: its version is part of the build that a charter names


def test_an_exam_without_a_phone_app_stamps_none(prepared: Engineer) -> None:
    for arguments in (("100000000001",), ("--all",)):
        said = prepared.run("stamp", *arguments, "--phone", "--json")
        assert (said.status, said.object["error"]["code"]) == (4, "OS-699")


def _with_phone(prepared: Engineer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the exam have a phone app, and a base of it lie where the builder leaves it."""
    exam = folder / EXAM_FILE.name
    words = EXAM_FILE.read_text()
    assert 'en = "Zhikaotong" }' in words
    exam.write_text(words.replace('en = "Zhikaotong" }', 'en = "Zhikaotong", kind = "app" }'))
    monkeypatch.setenv("ONESEAT_EXAM", str(exam))
    built = prepared.space.phone / "first"
    built.mkdir(parents=True)
    (built / "phone.apk").write_bytes(simulated_apk(b""))
    manifest = replace(Base.measured(built / "phone.apk", 0).manifest, exam=EXAM.id)
    (built / "inputs.json").write_text("{}")
    (built / "manifest.json").write_bytes(manifest.to_json())
    (prepared.space.phone / "current.json").write_text('{"key": "first"}')


def test_a_candidates_phone_app_is_stamped(
    prepared: Engineer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_phone(prepared, tmp_path, monkeypatch)
    prepared.issue(2)
    number = next(iter(sample(2, 1, EXAM))).admission_number
    one = prepared.run("stamp", number, "--phone", "--json").object
    every = prepared.run("stamp", "--all", "--phone", "--workers", "0", "--json").object
    assert (every["written"], every["faulty"]) == (2, 0)
    again = Path(every["folder"]) / f"{one['jti']}.apk"
    assert Path(one["path"]).read_bytes() == again.read_bytes()
    said = prepared.run("inspect", again, "--json").object
    assert (said["kind"], said["jti"]) == ("stamped phone app", one["jti"])
    results = {check["name"]: check["result"] for check in said["checks"]}
    assert [results[name] for name in ("form", "base", "licence", "binding to the base")] == ["passed"] * 4


def test_a_phone_app_is_inspected_beside_its_base(prepared: Engineer, tmp_path: Path) -> None:
    path, folder = tmp_path / "phone.apk", prepared.space.phone / "first"
    path.write_bytes(simulated_apk(b""))
    said = prepared.run("inspect", path, "--json").object
    results = {check["name"]: check["result"] for check in said["checks"]}
    assert said["kind"] == "base phone app"
    assert results == {"form": "passed", "code signature": "failed", "base": "not made"}
    folder.mkdir(parents=True)
    shutil.copy(path, folder)
    manifest = Base.measured(path, 0).manifest
    (folder / "inputs.json").write_text("{}")
    (folder / "manifest.json").write_bytes(manifest.to_json())
    (prepared.space.phone / "current.json").write_text('{"key": "first"}')
    said = prepared.run("inspect", path, "--json").object
    assert {check["name"]: check["result"] for check in said["checks"]} == {**results, "base": "passed"}
    path.write_bytes(path.read_bytes()[:-1])
    said = prepared.run("verify", path, "--json")
    assert (said.status, said.object["error"]["code"]) == (3, "OS-340")
