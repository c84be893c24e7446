"""The portal's queries per candidate use an index, whatever the number of seats."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

import oneseat.state
from oneseat.state.database import Database
from oneseat.state.prepared import Prepared

SMALL = ("current_releases", "releases", "editions", "CONSTANT ROW")
"""Tables of a few rows, of which the planner may take all, and the one row of a query without a table."""


def _prepared() -> dict[str, Prepared[Any]]:
    found = pkgutil.walk_packages(oneseat.state.__path__, "oneseat.state.")
    # Alembic's own scripts run when they are imported.
    modules = [importlib.import_module(one.name) for one in found if ".migrations" not in one.name]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Prepared)
    }


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    return Database.create(tmp_path / "state.db")


@pytest.mark.parametrize("name", _prepared())
def test_no_statement_of_the_portals_reads_a_whole_table(empty: Database, name: str) -> None:
    statement = _prepared()[name]._statement
    compiled = str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))
    with empty.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        values = dict.fromkeys(statement.compile(dialect=sqlite.dialect(paramstyle="named")).params, "x")
        plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {compiled}", values)]
    empty.close()
    assert plan
    scans = [line for line in plan if line.startswith("SCAN") and not line.endswith(SMALL)]
    assert not scans, plan


def test_there_are_statements_to_look_at() -> None:
    assert {
        "oneseat.state.candidates.seats._BY_ADMISSION_NUMBER",
        "oneseat.state.candidates.seats._BY_JTI",
    } <= set(_prepared())
