"""Tests that replay the schema test the schema that the migrations make."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData

from oneseat.state.database import Database
from tests.postgres import Cluster
from tests.schema_replay import SchemaReplay


def _schema(where: str) -> tuple[list[object], list[object]]:
    database = Database.create(where)
    try:
        reflected = MetaData()
        reflected.reflect(database.engine)
        columns: list[object] = []
        for table in reflected.sorted_tables:
            described = [
                (c.name, str(c.type), c.nullable, c.primary_key, str(getattr(c.server_default, "arg", "")))
                for c in table.columns
            ]
            indexes = sorted(str((i.name, i.unique, [c.name for c in i.columns])) for i in table.indexes)
            columns.append((table.name, described, indexes))
        with database.reading() as connection:
            rows = [
                tuple(row) for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            ]
        return columns, [*rows]
    finally:
        database.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_replayed_schema_is_the_migrated_one(
    dialect: str, tmp_path: Path, schema_replay: SchemaReplay, request: pytest.FixtureRequest
) -> None:
    def fresh(name: str) -> str:
        if dialect == "sqlite":
            return str(tmp_path / name)
        cluster: Cluster = request.getfixturevalue("postgres")
        schema = cluster.schema()
        address = schema.__enter__()
        request.addfinalizer(lambda: schema.__exit__(None, None, None))
        return address

    Database.create(fresh("first.db")).close()  # records, unless an earlier test has
    replayed = _schema(fresh("replayed.db"))
    schema_replay.enabled = False
    try:
        migrated = _schema(fresh("migrated.db"))
    finally:
        schema_replay.enabled = True
    assert replayed == migrated
    assert len(migrated[0]) > 10
