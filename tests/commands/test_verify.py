"""From publish to proof as a release engineer runs it: manifests, files for all, proofs, reports."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.base import current_base
from oneseat.pipeline.project import Project
from oneseat.pipeline.publishing import stamp_all
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.workspace import Workspace
from signing import jws, region
from signing.authority.stamp import Stamper
from signing.clock import SystemClock
from tests.commands.conftest import EXAM, EXAM_FILE, PASSPHRASE, Engineer

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


def test_a_disk_that_fills_ends_stamping_at_once_with_its_own_code(
    engineer: Engineer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []

    def fills(stamper: Stamper, licence: bytes, path: Path, *, durable: bool = False) -> str:
        tried.append(path)
        if len(tried) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write_stamped(stamper, licence, path, durable=durable)

    monkeypatch.setattr(stamp_all, "write_stamped", fills)
    said = engineer.run("stamp", "--all", "--workers", "0", "--json")
    error = said.object["error"]
    assert (said.status, error["code"], len(tried)) == (72, "OS-072", 3)
    assert "No space left" in error["cause"]["en"] and "磁盘已满" in error["cause"]["zh"]
    assert "backup" not in error["remedy"]["en"]


def test_a_file_that_cannot_be_stamped_has_another_remedy_than_a_changed_batch(engineer: Engineer) -> None:
    folder = Path(engineer.run("stamp", "--all", "--workers", "0", "--json").object["folder"])
    spoilt = min(folder.iterdir())
    spoilt.unlink()
    spoilt.mkdir()
    told = engineer.run("stamp", "--all", "--workers", "0", "--json").object["error"]
    assert told["code"] == "OS-241" and "again" in told["remedy"]["en"]
    assert "backup" not in told["remedy"]["en"]


def test_a_missing_file_or_a_folder_is_not_called_damaged(engineer: Engineer, tmp_path: Path) -> None:
    for command in ("inspect", "verify", "prove"):
        for path, words in ((tmp_path / "absent.exe", "不存在"), (tmp_path, "是文件夹")):
            if command == "prove" and path != tmp_path:
                continue
            said = engineer.run(command, path, "--json")
            error = said.object["error"]
            assert (said.status, error["code"]) == (3, "OS-630"), (command, said.err)
            assert words in error["cause"]["zh"] and "damaged" not in error["remedy"]["en"]


def _with_licence(engineer: Engineer, token: bytes, path: Path) -> Path:
    """Write the base with some token in its licence region."""
    project = Project(EXAM_FILE, engineer.space.root, PASSPHRASE.encode, SystemClock())
    base = current_base.last_built(project)
    data, place = bytearray(base.path.read_bytes()), base.manifest.region
    data[place.offset : place.offset + place.size] = region.pack(token, place, base.manifest.region_sum)
    path.write_bytes(data)
    project.database.close()
    return path


@pytest.mark.parametrize("command", ["inspect", "verify"])
@pytest.mark.parametrize("kind", ["\ud800", "\x1b[2J\x1b[1;32mSOUND"])
def test_a_hostile_token_in_an_installer_is_a_refusal_that_can_be_shown(
    engineer: Engineer, tmp_path: Path, command: str, kind: str
) -> None:
    header = json.dumps({"alg": "Ed25519", "kid": "x", "typ": kind}).encode()
    token = f"{jws.b64url_encode(header)}.e30.AA".encode()
    path = _with_licence(engineer, token, tmp_path / "[red]\x1b[2J.exe")
    said, plain = engineer.run(command, path, "--json"), engineer.run(command, path)
    assert "OS-012" in said.out and isinstance(said.object, dict)
    assert said.status == plain.status == (0 if command == "inspect" else 12)
    assert "\x1b" not in plain.out + plain.err and "SOUND" not in plain.out + plain.err
    assert command == "verify" or "[red]\\x1b[2J.exe" in plain.out


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
