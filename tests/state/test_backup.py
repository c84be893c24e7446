"""Backups are snapshots, restore into either database, and are refused if damaged."""

from __future__ import annotations

import contextlib
import gzip
import json
import stat
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import AuditBroken, BackupUnusable, RehearsalMixed, StateNotEmpty
from oneseat.state.tables.accounts import AuditEntry
from oneseat.state.tables.issuing import IssueRun, Seat
from oneseat.state.upkeep import backup
from oneseat.state.upkeep.reflection import all_tables, rows
from signing.errors import OneSeatError
from tests.postgres import Cluster
from tests.state.full import AT, fill


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second database, on each kind."""
    if request.param == "sqlite":
        yield str(tmp_path / "target.db")
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        with cluster.schema() as address:
            yield address


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database.create(tmp_path / "source.db")
    fill(made, "demo", 10)
    yield made
    made.close()


def contents(database: Database) -> dict[str, list[Any]]:
    with database.snapshot() as connection:
        return {table.name: sorted(rows(connection, table), key=repr) for table in all_tables(connection)}


def test_what_is_restored_is_what_was_backed_up(database: Database, target: str, tmp_path: Path) -> None:
    fill(database, "demo", 10)
    fill(database, "other", 100)
    file = tmp_path / "state.backup"
    made = backup.backup(database, file, AT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.tables["seats"].rows == 6 and made.audit_entries == 6
    restored = backup.restore(file, target)
    assert restored == made
    again = Database.open(target)
    try:
        assert contents(again) == contents(database)
        with again.writing() as connection:
            audit.append(connection, AT, "pipeline", "after", "demo")
            connection.execute(insert(IssueRun), {**_batch(), "work": "b" * 64})
        with again.reading() as connection:
            assert audit.verify(connection)[0] == 7
            assert connection.scalar(select(func.max(IssueRun.id))) == 103, "numbers count on"
    finally:
        again.close()


def _batch() -> dict[str, object]:
    counts = dict.fromkeys(("rows_done", "added", "unchanged", "refreshed", "reissued"), 0)
    return {
        "exam": "demo",
        "edition_id": 1,
        "issued_at": AT,
        "state": "running",
        "finished_at": None,
        **counts,
    }


def test_a_backup_shows_one_moment_while_others_write(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, "demo", 10)
    before = contents(database)

    def rows_and_a_write(connection: Any, table: Any) -> Any:
        if table.name == "activations":
            fill(database, "late", 500, 1)
        return rows(connection, table)

    monkeypatch.setattr(backup, "rows", rows_and_a_write)
    made = backup.backup(database, tmp_path / "state.backup", AT)
    assert {name: one.rows for name, one in made.tables.items()} == {
        name: len(found) for name, found in before.items() if name != "marks"
    }
    assert len(contents(database)["seats"]) == len(before["seats"]) + 1, "the write was not held up"


def test_nothing_is_restored_over_something(sqlite: Database, where: str, tmp_path: Path) -> None:
    backup.backup(sqlite, tmp_path / "state.backup", AT)
    backup.restore(tmp_path / "state.backup", where)
    with pytest.raises(StateNotEmpty):
        backup.restore(tmp_path / "state.backup", where)
    with pytest.raises(BackupUnusable, match="exists"):
        backup.backup(sqlite, tmp_path / "state.backup", AT)


def test_a_rehearsals_backup_stays_one(tmp_path: Path) -> None:
    rehearsal = Database.create(tmp_path / "rehearsal.db", rehearsal=True)
    backup.backup(rehearsal, tmp_path / "state.backup", AT)
    backup.restore(tmp_path / "state.backup", tmp_path / "again.db")
    assert Database.open(tmp_path / "again.db").rehearsal
    Database.create(tmp_path / "real.db").close()
    with pytest.raises(RehearsalMixed):
        backup.restore(tmp_path / "state.backup", tmp_path / "real.db")


def _lines(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


def _without_a_row(lines: list[bytes]) -> list[bytes]:
    at = next(i for i, line in enumerate(lines) if line.startswith(b"["))
    return lines[:at] + lines[at + 1 :]


def _with_a_changed_row(lines: list[bytes]) -> list[bytes]:
    at = next(i for i, line in enumerate(lines) if b"\xe8\x80\x83-" in line)
    return [*lines[:at], lines[at].replace(b"\xe8\x80\x83-", b"\xe8\x80\x83+", 1), *lines[at + 1 :]]


def _of_another_schema(lines: list[bytes]) -> list[bytes]:
    return [json.dumps({**json.loads(lines[0]), "schema": "0001"}).encode() + b"\n", *lines[1:]]


def _with_another_table(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"table":"seats"', b'"table":"chairs"') for line in lines]


def _with_a_row_twice(lines: list[bytes]) -> list[bytes]:
    at = next(i for i, line in enumerate(lines) if b'"table":"seats"' in line) + 1
    return [*lines[: at + 1], *lines[at:]]


def _rows_become(row: bytes) -> Callable[[list[bytes]], list[bytes]]:
    def damaged(lines: list[bytes]) -> list[bytes]:
        at = next(i for i, line in enumerate(lines) if b'"table":"seats"' in line) + 1
        return [*lines[:at], row, *lines[at + 1 :]]

    return damaged


def _made_at(moment: str) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [
        json.dumps({**json.loads(lines[0]), "made_at": moment}).encode() + b"\n",
        *lines[1:],
    ]


DAMAGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a row is missing": _without_a_row,
    "a row was changed": _with_a_changed_row,
    "another schema": _of_another_schema,
    "another table": _with_another_table,
    "the end is missing": lambda lines: lines[:-1],
    "nothing": lambda _: [],
    "no rows at all": lambda lines: [lines[0], lines[-1]],
    "a table is missing": lambda lines: [
        *lines[:-1],
        json.dumps({**json.loads(lines[-1]), "tables": {}}).encode() + b"\n",
    ],
    "the last line is nonsense": lambda lines: [*lines[:-1], b'{"tables":{"seats":1}}\n'],
    "no JSON": lambda lines: [b"[\n", *lines],
    "a row twice": _with_a_row_twice,
    "a row of nested lists": _rows_become(b"[" * 100_000 + b"]" * 100_000 + b"\n"),
    "a row of other things": _rows_become(b'[1.5,{},[],true,"\\ud800","\\u0000"]\n'),
    "a row of a huge number": _rows_become(b"[" + b"9" * 5000 + b"]\n"),
    "the last line is a list": lambda lines: [*lines[:-1], b'["tables"]\n'],
    "the last line is null": lambda lines: [*lines[:-1], b"null\n"],
    "the last line's tables are a list": lambda lines: [*lines[:-1], b'{"tables":[],"audit":[0,""]}\n'],
    "a line is text": lambda lines: [lines[0], b'"tables"\n', *lines[1:]],
    "the first line is a list": lambda lines: [b"[]\n", *lines[1:]],
    "no time": _made_at("yesterday"),
    "a time without an offset": _made_at("2035-01-01T00:00:00"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_leaves_nothing_behind(
    sqlite: Database, where: str, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "state.backup"
    backup.backup(sqlite, file, AT)
    file.write_bytes(gzip.compress(b"".join(DAMAGES[damage](_lines(file)))))
    with pytest.raises(BackupUnusable):
        backup.restore(file, where)
    made = Database.create(where)
    assert all(not found for name, found in contents(made).items() if name != "marks")
    made.close()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(chosen=st.data())
def test_whatever_one_line_becomes_is_restored_alike_or_refused(
    sound_backup: tuple[Path, list[bytes]], chosen: st.DataObject
) -> None:
    folder, lines = sound_backup
    at = chosen.draw(st.integers(0, len(lines) - 1))
    row = json.loads(lines[at])
    if isinstance(row, list) and chosen.draw(st.booleans()):
        row[chosen.draw(st.integers(0, len(row) - 1))] = chosen.draw(JSON_VALUES)
        damaged: object = row
    else:
        damaged = chosen.draw(JSON_VALUES)
    changed = [*lines[:at], json.dumps(damaged).encode() + b"\n", *lines[at + 1 :]]
    (folder / "damaged.backup").write_bytes(gzip.compress(b"".join(changed), 1))
    (folder / "target.db").unlink(missing_ok=True)
    with contextlib.suppress(OneSeatError):
        summary = backup.restore(folder / "damaged.backup", folder / "target.db")
        assert summary.rows == sum(line.startswith(b"[") for line in lines)


@pytest.fixture(scope="module")
def sound_backup(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    """A folder, and the lines of a sound backup."""
    folder = tmp_path_factory.mktemp("backup")
    database = Database.create(folder / "state.db")
    fill(database, "demo", 3)
    backup.backup(database, folder / "state.backup", AT)
    database.close()
    return folder, _lines(folder / "state.backup")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut_off_or_is_none_is_refused(
    sqlite: Database, tmp_path: Path, share: float
) -> None:
    file = tmp_path / "state.backup"
    backup.backup(sqlite, file, AT)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupUnusable, match="damaged or cut off"):
        backup.restore(file, tmp_path / "target.db")
    middle = len(whole) // 2
    file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :])
    with pytest.raises(BackupUnusable):
        backup.restore(file, tmp_path / "target.db")
    file.write_bytes(b"not gzip at all")
    with pytest.raises(BackupUnusable):
        backup.restore(file, tmp_path / "target.db")
    with pytest.raises(BackupUnusable, match="No such file"):
        backup.restore(tmp_path / "absent", tmp_path / "target.db")


def test_a_broken_log_is_no_good_backup(database: Database, tmp_path: Path) -> None:
    fill(database, "demo", 10)
    with database.writing() as connection:
        connection.execute(AuditEntry.__table__.update().values(actor="somebody else"))  # type: ignore[attr-defined]
    with pytest.raises(AuditBroken):
        backup.backup(database, tmp_path / "state.backup", AT)
    assert list(tmp_path.glob("*backup*")) == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_state(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as connection:
        many = [
            {"exam": "demo", "admission_number": f"{i:09d}", "generation": 1, "jti": f"{i:032x}"}
            for i in range(30_000)
        ]
        connection.execute(insert(Seat), [{**one, "published_jti": None} for one in many])
    del many
    on_progress: list[int] = []
    tracemalloc.start()
    try:
        made = backup.backup(sqlite, tmp_path / "state.backup", AT, on_progress.append)
        backup.restore(tmp_path / "state.backup", tmp_path / "target.db", on_progress.append)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (
        made.rows > 30_000
        and len(on_progress) > 50
        and on_progress == sorted(on_progress[:30]) + on_progress[30:]
    )
    assert peak < 12 * 2**20, f"{peak / 2**20:.1f} MiB"
