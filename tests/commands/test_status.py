"""``status`` says where an exam is; ``clean`` deletes what nothing needs, and nothing else."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.base import current_base
from oneseat.pipeline.project import Project
from oneseat.pipeline.roster import sample, write_sample
from signing.clock import FixedClock, SystemClock
from tests.commands.conftest import EXAM, EXAM_FILE, PASSPHRASE, Engineer

pytestmark = pytest.mark.service  # makensis: its version is part of the build that a charter names


def _lines(engineer: Engineer) -> dict[str, str]:
    result = engineer.run("status")
    assert result.status == 0, result.err
    assert all(_columns(line) <= 80 for line in result.out.splitlines()), result.out
    lines = result.out.replace("open now", "open").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if not line.startswith(" "))


def _columns(line: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in line)


def test_it_follows_an_exam_from_the_file_to_the_release(
    prepared: Engineer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _lines(prepared)
    assert before["charter"] == "version 1 in force, signature verified"
    assert "DEVELOPMENT CERTIFICATE" in prepared.run("status").out
    assert (before["issued"], before["release"]) == ("nothing", "nothing published")
    prepared.publish(10)
    monkeypatch.delenv("ONESEAT_PASSPHRASE")
    lines = _lines(prepared)
    assert lines["issued"].startswith("run 1 finished, 10 rows, 0 faulty; ")
    assert lines["release"].startswith("1, batch 1, 10 seats; ")
    assert lines["seats"] == "10 issued, 10 published, 0 downloaded, 0 activated"
    assert lines["open"] == "nothing"
    assert lines["next"] == "download (下载安装), from 2035-01-04 10:00"
    assert lines["clock"].endswith("Asia/Shanghai, plausible")

    found = prepared.run("status", "--json").object
    assert (found["release"]["number"], found["release"]["is_last_base"]) == (1, True)
    assert found["counts"]["seats"] == 10
    assert found["phones"] is None and "phones" not in lines, "this exam has no phone app"
    assert (found["clock_doubt"], found["refusals"]) == (None, [])


def test_without_keys_and_state_it_still_says_what_there_is(
    engineer: Engineer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "empty"))
    lines = _lines(engineer)
    assert (lines["charter"], lines["base"], lines["seats"]) == ("none that verifies", "none", "none")
    assert not (tmp_path / "empty").exists(), "nothing was written"


@pytest.mark.parametrize(
    ("now", "open_now", "following"),
    [
        ("2035-01-04T10:00:00+08:00", ["download", "mock interview"], "mock interview"),
        ("2035-01-05T23:30:00+08:00", ["mock interview"], "formal interview"),
        ("2035-01-10T10:10:00+08:00", ["formal interview"], None),
    ],
)
def test_windows_are_those_of_the_clock(
    engineer: Engineer, now: str, open_now: list[str], following: str | None
) -> None:
    engineer.clock = FixedClock(datetime.fromisoformat(now))
    found = engineer.run("status", "--json").object
    assert [window["name"]["en"] for window in found["open_now"]] == open_now
    assert (found["next"] and found["next"]["name"]["en"]) == following


def test_a_clock_that_cannot_be_right_is_said(engineer: Engineer) -> None:
    engineer.clock = FixedClock(SystemClock().now() - timedelta(days=1))
    assert _lines(engineer)["clock"].endswith("NOT PLAUSIBLE: OS-691")
    engineer.clock = FixedClock(EXAM.last_interview_ends)
    assert _lines(engineer)["clock"].endswith("NOT PLAUSIBLE: OS-690")


def test_a_damaged_charter_hides_nothing_else(engineer: Engineer) -> None:
    (engineer.space.charters / "1.jws").write_text("damaged")
    result = engineer.run("status")
    assert result.status == 0
    assert "version 1 in force, signature verified" in result.out, "the state has it too"
    assert "10 issued" in result.out
    assert "OS-012" in result.err


def test_what_nothing_needs_is_listed_and_deleted_only_when_confirmed(engineer: Engineer) -> None:
    space = engineer.space
    assert engineer.run("stamp", "--all", "--workers", "0").status == 0
    stopped = space.base / ".building-abc123"
    unpublished = space.base / "unpublished"
    old = space.installers / ("0" * 16)
    stopped.mkdir()
    (stopped / "client.exe").write_bytes(bytes(3 << 20))
    _copy_base(space.base / "first", unpublished, digest="e" * 64)
    old.mkdir()
    (old / "one.exe").write_bytes(b"1")
    (space.installers / "notes").mkdir()
    kept = sorted(path for path in space.folder.rglob("*") if not _below(path, stopped, unpublished, old))

    found = engineer.run("clean", "--dry-run", "--json").object
    assert [Path(item["path"]) for item in found["leftovers"]] == [stopped, unpublished, old]
    assert found["leftovers"][0]["size_bytes"] == 3 << 20
    assert _lines(engineer)["to"].startswith("clean  3 folders, ")
    refused = engineer.run("clean")
    assert (refused.status, "OS-695" in refused.err) == (3, True)
    assert stopped.exists() and unpublished.exists() and old.exists()

    assert engineer.run("clean", "--yes").status == 0
    assert sorted(path for path in space.folder.rglob("*") if path.name != ".lock") == kept
    assert engineer.run("clean").out == "Nothing to clean.\n"
    assert engineer.run("verify", "--all", "--workers", "0").status == 0


def test_what_a_release_ever_used_and_what_is_published_stays(engineer: Engineer) -> None:
    """The last base is another one now, and not published; the one that candidates have stays."""
    assert engineer.run("stamp", "--all", "--workers", "0").status == 0
    _copy_base(engineer.space.base / "first", engineer.space.base / "second", digest="e" * 64)
    (engineer.space.base / "current.json").write_text('{"key": "second"}')
    assert engineer.run("clean", "--dry-run", "--json").object["leftovers"] == []
    assert "not of the last base" in _lines(engineer)["release"]


def test_without_the_state_no_base_and_no_installer_is_deleted(engineer: Engineer) -> None:
    assert engineer.run("stamp", "--all", "--workers", "0").status == 0
    _copy_base(engineer.space.base / "first", engineer.space.base / "second", digest="e" * 64)
    absent = f"sqlite:///{engineer.space.folder / 'absent.db'}"
    assert engineer.run("clean", "--dry-run", "--json", "--state", absent).object["leftovers"] == []


def test_stamping_all_is_refused_before_the_disk_is_full(
    engineer: Engineer, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = json.loads((engineer.space.base / "first" / "manifest.json").read_bytes())
    needed = 10 * manifest["size"]
    for free, status in ((needed - 1, 5), (needed, 0)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: shutil._ntuple_diskusage(0, 0, free))
        result = engineer.run("stamp", "--all", "--workers", "0")
        assert result.status == status, result.err
    assert engineer.run("stamp", "--all", "--workers", "0").status == 0, "what is there needs no space"


def _copy_base(source: Path, target: Path, digest: str) -> None:
    """A base with another digest, as another build leaves it."""
    shutil.copytree(source, target)
    manifest = json.loads((target / "manifest.json").read_bytes())
    (target / "manifest.json").write_text(json.dumps(manifest | {"base_sha256": digest}))


def _below(path: Path, *folders: Path) -> bool:
    return path.name == ".lock" or any(path == folder or folder in path.parents for folder in folders)


def test_a_dry_run_of_release_says_what_would_be_done_and_writes_nothing(
    prepared: Engineer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = tmp_path / "roster.csv"
    write_sample(roster, sample(12, 1, EXAM))
    _name_base_by_its_key(prepared)
    before = _contents(prepared.space.root)
    preview = prepared.run("release", roster, "--dry-run", "--json", "--workers", "0").object
    assert (preview["charter_version"], preview["signs_charter"], preview["builds_base"]) == (1, False, False)
    assert (preview["licences"]["add"], preview["licences"]["leave_alone"]) == (12, 0)
    assert _contents(prepared.space.root) == before

    prepared.publish(10)
    before = _contents(prepared.space.root)
    result = prepared.run("release", roster, "--dry-run", "--workers", "0")
    assert result.status == 0
    assert "12 rows: 2 to add, 0 to refresh, 0 to re-issue, 10 to leave alone, 0 faulty" in result.out
    assert _contents(prepared.space.root) == before

    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "empty"))
    assert prepared.run("keys", "init", "--rehearsal").status == 0
    before = _contents(tmp_path / "empty")
    preview = prepared.run("release", roster, "--dry-run", "--json", "--workers", "0").object
    assert (preview["signs_charter"], preview["builds_base"], preview["rows"]) == (True, True, 12)
    assert preview["licences"] is None
    assert _contents(tmp_path / "empty") == before


def test_a_dry_run_of_publish_writes_nothing(prepared: Engineer) -> None:
    prepared.issue(10)
    before = _contents(prepared.space.root)
    result = prepared.run("publish", "--dry-run")
    assert result.status == 0
    assert "Would show 10 seats, 10 new" in result.out
    assert _contents(prepared.space.root) == before


def _name_base_by_its_key(engineer: Engineer) -> None:
    """Give the small base the name and the charter that a build of the present inputs would have."""
    project = Project(EXAM_FILE, engineer.space.root, PASSPHRASE.encode, SystemClock())
    builder = current_base.builder(project, current_base.CodeSigning(), print, print)
    (engineer.space.base / "first" / "charter.jws").write_text(builder.charter)
    (engineer.space.base / "first").rename(engineer.space.base / builder.key)
    (engineer.space.base / "current.json").write_text(json.dumps({"key": builder.key}))
    project.database.close()


def _contents(folder: Path) -> dict[Path, bytes]:
    """Every file's content, without what SQLite and locks leave while a database is open."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.suffix not in (".lock", ".db-shm", ".db-wal")}
