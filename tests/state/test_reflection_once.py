"""Tests that reflect equal databases once still see what differs."""

from __future__ import annotations

from pathlib import Path

from oneseat.state.database import Database
from oneseat.state.upkeep.reflection import all_tables


def test_equal_databases_share_their_tables_and_a_changed_one_has_its_own(tmp_path: Path) -> None:
    first, second = (Database.create(tmp_path / name) for name in ("first.db", "second.db"))
    with first.reading() as one, second.reading() as other:
        shared = all_tables(one)
        assert all(table is again for table, again in zip(shared, all_tables(other), strict=True))
    with second.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE seats ADD COLUMN colour TEXT")
        connection.exec_driver_sql("CREATE TABLE chairs (id INTEGER PRIMARY KEY)")
    with second.reading() as other:
        tables = {table.name: table for table in all_tables(other)}
    assert set(tables) == {table.name for table in shared} | {"chairs"}
    assert "colour" in tables["seats"].c and "colour" not in next(t for t in shared if t.name == "seats").c
    first.close()
    second.close()
