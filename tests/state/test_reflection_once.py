"""Tests that reflect equal databases once still see what differs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from oneseat.state.database import Database
from oneseat.state.upkeep.reflection import all_tables


@pytest.fixture
def equal(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Database]:
    """A second database, of the same kind."""
    with contextlib.ExitStack() as kept:
        where = str(tmp_path / "equal.db")
        if database.engine.dialect.name == "postgresql":
            where = kept.enter_context(request.getfixturevalue("postgres").schema())
        made = Database.create(where)
        yield made
        made.close()


def test_equal_databases_share_their_tables_and_a_changed_one_has_its_own(
    database: Database, equal: Database
) -> None:
    with database.reading() as one, equal.reading() as other:
        shared = all_tables(one)
        assert all(table is again for table, again in zip(shared, all_tables(other), strict=True))
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE seats ADD COLUMN colour TEXT")
        connection.exec_driver_sql("CREATE TABLE chairs (id INTEGER PRIMARY KEY)")
    with database.reading() as connection:
        tables = {table.name: table for table in all_tables(connection)}
    assert set(tables) == {table.name for table in shared} | {"chairs"}
    assert "colour" in tables["seats"].c and "colour" not in next(t for t in shared if t.name == "seats").c
