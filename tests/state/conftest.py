"""A database per test, on SQLite, and on PostgreSQL where ONESEAT_TEST_POSTGRES names one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from state.database import Database

NOW = datetime(2035, 1, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh, upgraded database."""
    made = Database.create(tmp_path / "state.db")
    yield made
    made.close()


@pytest.fixture
def now() -> datetime:
    """A moment in the demo exam's year."""
    return NOW
