"""Fixtures: a database per test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oneseat.state.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that does not exist yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "state.db")
    else:
        with request.getfixturevalue("postgres").schema() as address:
            yield address


@pytest.fixture
def database(where: str) -> Iterator[Database]:
    """A fresh, upgraded database."""
    made = Database.create(where)
    yield made
    made.close()
