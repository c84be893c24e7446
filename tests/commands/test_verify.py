"""From publish to proof as a release engineer runs it: manifests, files for all, proofs, reports."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.workspace import Workspace
from tests.commands.conftest import EXAM, Engineer

pytestmark = pytest.mark.service  # makensis: its version is part of the build that a charter names


def test_from_publish_to_proof(engineer: Engineer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamped = engineer.run("stamp", "--all", "--workers", "0", "--json").object
    assert (stamped["written"], stamped["faulty"]) == (10, 0)
    found = engineer.run("verify", "--all", "--workers", "0", "--json").object
    assert (found["lines"], found["files"], found["faulty"]) == (10, 10, 0)
    first, second = sorted(Path(stamped["folder"]).iterdir())[:2]
    proof, kept = tmp_path / "proof.json", engineer.space.batches / "0001" / "head.jws"
    assert engineer.run("prove", first, "-o", proof).status == 0
    assert engineer.run("prove", first.stem).out == proof.read_text()
    engineer.publish(25)
    newer = tmp_path / "newer.json"
    assert engineer.run("prove", "--since", kept, "-o", newer).status == 0
    since = engineer.run("verify", "--since", kept, "--json").object
    assert (since["since_size"], since["size"]) == (10, 25)

    monkeypatch.delenv("ONESEAT_PASSPHRASE")  # from here on anybody with the charter
    assert engineer.run("verify", first, "--proof", proof).status == 0
    assert engineer.run("verify", second, "--proof", proof).status == 240
    assert "extends published batch 1" in engineer.run("verify", "--proof", newer).out
    assert engineer.run("verify", "--all", "--workers", "0").status == 0
    assert engineer.run("report").status == 0
    assert engineer.run("prove", "0" * 32).status == 239


def test_a_proof_is_checked_by_whoever_has_charters_and_the_public_index(
    engineer: Engineer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jti = json.loads((engineer.space.batches / "0001" / "manifest.jsonl").read_text().splitlines()[0])["jti"]
    assert engineer.run("prove", jti, "-o", tmp_path / "proof.json").status == 0
    auditor = Workspace(tmp_path / "elsewhere", EXAM.id)
    shutil.copytree(engineer.space.charters, auditor.charters)
    auditor.authority_keys.mkdir(parents=True)
    shutil.copy(engineer.space.authority_keys / "ring.json", auditor.authority_keys)
    monkeypatch.delenv("ONESEAT_PASSPHRASE")
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(auditor.root))
    said = engineer.run("verify", "--proof", tmp_path / "proof.json")
    assert said.status == 0 and jti in said.out


def test_what_is_faulty_is_listed_and_the_status_says_so(engineer: Engineer) -> None:
    folder = Path(engineer.run("stamp", "--all", "--workers", "0", "--json").object["folder"])
    spoilt = min(folder.iterdir())
    spoilt.write_bytes(spoilt.read_bytes()[:-1])
    said = engineer.run("verify", "--all", "--workers", "0")
    assert said.status == 241 and spoilt.stem[:8] in said.out
    told = engineer.run("verify", "--all", "--workers", "0", "--json").object
    assert told["faulty"] == 1 and told["error"]["code"] == "OS-241"
    spoilt.unlink()
    spoilt.mkdir()
    assert engineer.run("stamp", "--all", "--workers", "0").status == 241
    spoilt.rmdir()
    assert engineer.run("stamp", "--all", "--workers", "0").status == 0
    assert engineer.run("verify", "--all", "--workers", "0").status == 0


def test_issue_runs_and_published_batches_are_counted_apart_each_under_its_name(prepared: Engineer) -> None:
    assert "Issue run 1," in prepared.issue(10).out
    assert "Issue run 2," in prepared.issue(15).out
    assert "Published batch 1." in prepared.run("publish").out
    assert "Published batch 1." in prepared.run("publish").out, "nothing new is not a new batch"

    said = prepared.run("report", "--json").object
    assert said["issue_run"]["number"] == 2
    assert [row["published_batch"] for row in said["published_batches"]] == [1]
    page = Path(said["page"])
    assert page.name == "issue-run-0002.html"
    assert "issue run 2" in page.read_text("utf-8")
    assert prepared.run("report", "--run", "1", "--json").object["issue_run"]["added"] == 10

    jti = json.loads((prepared.space.batches / "0001" / "manifest.jsonl").read_text().splitlines()[0])["jti"]
    proof = prepared.space.root / "proof.json"
    assert "signed as published batch 1 " in prepared.run("prove", jti, "-o", proof).out
    assert prepared.run("verify", "--proof", proof, "--json").object["published_batch"] == 1
    assert "Sound: 1 published batches" in prepared.run("verify", "--all", "--workers", "0").out


def test_a_report_is_a_page_and_an_object(engineer: Engineer) -> None:
    said = engineer.run("report", "--json").object
    assert (said["issue_run"]["added"], said["funnel"]["published"]) == (10, 10)
    assert Path(said["page"]).read_text("utf-8").startswith("<!doctype html>")
    assert engineer.run("report", "--run", "99").status == 242


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("verify", "--all", "file.exe"),
        ("verify", "--since", "a", "--proof", "b"),
        ("prove",),
        ("prove", "file.exe", "--since", "a"),
        ("stamp",),
        ("stamp", "--all", "123"),
    ],
    ids=" ".join,
)
def test_contradictory_command_lines_are_usage_errors(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(main_group, arguments) == 2
    assert "Usage" in capsys.readouterr().err
