"""What only reads works on a state that may not be written, and without a passphrase."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oneseat.state import sqlite_files
from oneseat.state.database import Database
from oneseat.state.errors import StateUnavailable
from tests.commands.conftest import Engineer

NOBODY = 65534


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Run the block without root's right to write everywhere; who is not root has none to give up."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_to_all(tmp_path: Path) -> Iterator[None]:
    """Let another account enter the test's folder, below pytest's own, which are private."""
    folders = [folder for folder in tmp_path.parents if folder.owner() == Path.home().owner()]
    modes = {folder: folder.stat().st_mode for folder in folders if folder.is_relative_to("/tmp/")}
    for folder, mode in modes.items():
        folder.chmod(mode | 0o055)
    tmp_path.chmod(0o755)
    yield
    for folder, mode in modes.items():
        folder.chmod(mode)


def _freeze(folder: Path) -> None:
    """Take the right to write away, and let everybody read."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def _thaw(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def frozen(stamped: Engineer, open_to_all: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engineer]:
    """A published exam whose whole workspace may only be read, by an account without the passphrase."""
    monkeypatch.delenv("ONESEAT_PASSPHRASE")
    _freeze(stamped.space.folder)
    yield stamped
    _thaw(stamped.space.folder)


def _installer(engineer: Engineer) -> Path:
    return min(engineer.space.installers.rglob("*.exe"))


COMMANDS: dict[str, Callable[[Engineer, Path], list[str | Path]]] = {
    "verify": lambda engineer, _: ["verify", _installer(engineer)],
    "inspect": lambda engineer, _: ["inspect", _installer(engineer)],
    "verify --all": lambda _, __: ["verify", "--all", "--workers", "0"],
    "audit verify": lambda _, __: ["audit", "verify"],
    "state export": lambda _, out: ["state", "export", out / "export"],
    "state backup": lambda _, out: ["state", "backup", out / "backup"],
    "report": lambda _, out: ["report", "-o", out / "report.html"],
    "prove": lambda engineer, _: ["prove", _installer(engineer)],
    "stamp": lambda engineer, out: ["stamp", "--all", "--workers", "0", "-o", out / "installers"],
}


@pytest.mark.service  # makensis: its version is part of the build that a charter names
@pytest.mark.parametrize("name", COMMANDS)
def test_what_only_reads_needs_no_right_to_write_and_no_passphrase(
    frozen: Engineer, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    arguments = COMMANDS[name](frozen, out)
    before = _contents(frozen.space.folder)
    with _as_nobody():
        result = frozen.run(*arguments)
    assert result.status == 0, result.err
    assert _contents(frozen.space.folder) == before


def _contents(folder: Path) -> dict[Path, bytes]:
    # The index of the write-ahead log is shared memory: connections that are still open write to it.
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {path: path.read_bytes() for path in files}


@pytest.mark.service
def test_without_any_key_inspect_says_what_it_can_and_verify_what_it_lacks(
    stamped: Engineer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = shutil.copy(_installer(stamped), tmp_path / "setup.exe")
    monkeypatch.delenv("ONESEAT_PASSPHRASE")
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "elsewhere"))
    inspected = stamped.run("inspect", installer, "--json")
    assert inspected.status == 0
    results = {check["name"]: check["result"] for check in inspected.object["checks"]}
    assert (results["form"], results["licence"], results["code signature"]) == (
        "passed",
        "not made",
        "not made",
    )
    assert not (tmp_path / "elsewhere").exists(), "nothing was written"
    refused = stamped.run("verify", installer)
    assert refused.status == 29
    assert "ring.json" in refused.err


@pytest.fixture
def written(tmp_path: Path, open_to_all: None) -> Iterator[Path]:
    """A database with one entry, closed, in a folder of its own."""
    path = tmp_path / "state" / "state.db"
    Database.create(path).close()
    yield path
    _thaw(path.parent)


def test_a_file_that_may_not_be_written_is_read_beside_its_writer(written: Path) -> None:
    writer = Database.create(written)
    with writer.reading():
        for path in written.parent.iterdir():
            path.chmod(0o444)
        written.parent.chmod(0o555)
        with _as_nobody():
            reader = Database.open(written)
            assert not reader.rehearsal
            with pytest.raises(StateUnavailable), reader.writing() as connection:
                connection.exec_driver_sql("DELETE FROM audit")
            reader.close()
    writer.close()


def test_a_log_with_entries_is_never_skipped(written: Path, tmp_path: Path) -> None:
    """A snapshot of a running state: what is in its log only must not be missing from what is read."""
    with sqlite3.connect(written) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(
            "INSERT INTO audit (at, actor, act, facts, digest) VALUES (1, 'a', 'b', '{}', x'00')"
        )
        connection.commit()
        snapshot = tmp_path / "snapshot"
        shutil.copytree(written.parent, snapshot, ignore=shutil.ignore_patterns("*-shm"))
    _freeze(snapshot)
    with _as_nobody(), pytest.raises(StateUnavailable):
        Database.open(snapshot / "state.db")
    snapshot.chmod(0o777)
    with _as_nobody():
        database = Database.open(snapshot / "state.db")
        with database.reading() as connection_:
            assert connection_.exec_driver_sql("SELECT count(*) FROM audit").scalar() == 1
        database.close()
    _thaw(snapshot)


def test_a_file_that_may_be_written_is_opened_as_ever(written: Path) -> None:
    assert sqlite_files.find_read_only(str(written)) is None
