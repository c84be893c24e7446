"""A purged exam is gone from every table and from the file itself; other exams and the log stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, text

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import PurgeRefused
from oneseat.state.tables.issuing import Seat
from oneseat.state.upkeep import purge
from tests.state.full import AT, fill, models, rows_of
from tests.state.test_backup import contents


def test_every_table_is_known_to_the_purge() -> None:
    for name, table in models().items():
        if name not in purge.KEPT | purge.UNATTRIBUTED:
            assert "exam" in table.c or "batch_id" in table.c, f"{name}: whose are its rows?"


def test_an_exam_alone_leaves_nothing_but_the_log(database: Database) -> None:
    fill(database, "demo", 10)
    before = contents(database)
    done = purge.purge(database, "demo", AT)
    after = contents(database)
    assert {name for name, rows in after.items() if rows} == {"marks", "audit"}
    assert done.alone and done.tables == {
        name: len(rows) for name, rows in before.items() if name not in ("marks", "audit")
    }
    with database.reading() as connection:
        assert audit.verify(connection) == (4, bytes.fromhex(done.audit_digest))
        assert audit.latest(connection, "demo", 1)[0].act == "state.purge"


def test_other_exams_keep_every_row(database: Database) -> None:
    fill(database, "demo", 10)
    only_demo = contents(database)
    fill(database, "other", 500)
    done = purge.purge(database, "demo", AT)
    assert not done.alone
    after = contents(database)
    for name, rows in after.items():
        if name in purge.KEPT | purge.UNATTRIBUTED:
            continue
        assert len(rows) == min(3, rows_of(models()[name])), name
        assert not [row for row in rows if row in only_demo[name]], name
    assert len(after["proof_budget"]) == 6, "nobody can say whose they are"
    fill(database, "third", 900)
    with pytest.raises(PurgeRefused, match="share"):
        purge.purge(database, "other", AT, with_audit=True)
    assert len(contents(database)["seats"]) == 6


def test_the_log_may_go_with_the_last_exam_and_its_head_stays(database: Database) -> None:
    fill(database, "demo", 10)
    with database.reading() as connection:
        old = audit.read_head(connection)
    purge.purge(database, "demo", AT, with_audit=True)
    with database.reading() as connection:
        assert audit.verify(connection)[0] == 1
        (entry,) = audit.latest(connection, "demo", 5)
    assert f'"log_digest":"{old.digest.hex()}"' in entry.facts and '"log_entries":3' in entry.facts


def test_a_purge_that_was_stopped_is_run_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database, "demo", 10, count=7)
    monkeypatch.setattr(purge, "_CHUNK", 2)

    def stopped(rows: int) -> None:
        if rows > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge.purge(database, "demo", AT, stopped)
    assert 0 < sum(purge.plan(database, "demo").tables.values()) < 7 * len(models())
    purge.purge(database, "demo", AT)
    assert sum(purge.plan(database, "demo").tables.values()) == 0


def test_rows_that_come_meanwhile_are_noticed(database: Database) -> None:
    fill(database, "demo", 10)
    late = {"exam": "demo", "admission_number": "1", "generation": 1, "jti": "f" * 32, "published_jti": None}
    planned = sum(purge.plan(database, "demo").tables.values())
    written: list[int] = []

    def portal_writes(rows: int) -> None:
        if rows == planned:
            with database.writing() as connection:
                connection.execute(insert(Seat), late)
            written.append(rows)

    with pytest.raises(PurgeRefused, match="meanwhile"):
        purge.purge(database, "demo", AT, portal_writes)
    assert written == [planned]


def test_a_table_that_nobody_knows_stops_it_before_anything_is_erased(database: Database) -> None:
    fill(database, "demo", 10)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE novel (id INTEGER PRIMARY KEY, candidate TEXT)"))
    with pytest.raises(PurgeRefused, match="novel"):
        purge.purge(database, "demo", AT)
    assert len(contents(database)["seats"]) == 3


def test_no_byte_of_it_is_left_in_sqlites_files(tmp_path: Path) -> None:
    database = Database.create(tmp_path / "state.db")
    fill(database, "demo", 10, count=500)
    fill(database, "other", 10_000, count=5)
    marks = ("SECRET-demo-licences-sealed_key-40", "demo考-123")
    assert all(mark.encode() in _bytes_of(tmp_path) for mark in marks)
    purge.purge(database, "demo", AT)
    left = _bytes_of(tmp_path)
    for mark in ("SECRET-demo-licences", "SECRET-demo-activations", "demo考-"):
        assert mark.encode() not in left, mark
    assert b"SECRET-other-licences" in left
    database.close()


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
