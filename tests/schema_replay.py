"""New databases from a recording: the first one runs every migration, later ones replay its statements.

Running Alembic's revisions takes about 100 ms a database, and hundreds of tests want a fresh one. The tests
of the migrations themselves switch this off with the fixture ``real_migrations``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from oneseat.state.database import Database

_Statement = tuple[str, Any]
_WRITES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


class SchemaReplay:
    """Replaces :meth:`Database.upgrade` for empty databases, one recording for each dialect."""

    def __init__(self) -> None:
        self.enabled = True
        self._recordings: dict[str, list[_Statement]] = {}
        self._upgrade = Database.upgrade

    def upgrade(self, database: Database) -> None:
        """Bring a schema to its head: by replaying where it is empty and there is a recording."""
        dialect = database.engine.dialect.name
        if not self.enabled or database._revision() is not None:
            self._upgrade(database)
        elif dialect in self._recordings:
            with database.writing() as connection:
                for statement, parameters in self._recordings[dialect]:
                    connection.exec_driver_sql(statement, parameters)
        else:
            with _recorded(database) as statements:
                self._upgrade(database)
            self._recordings[dialect] = statements


@contextmanager
def _recorded(database: Database) -> Iterator[list[_Statement]]:
    """Every writing statement that reaches the database meanwhile, as the driver got it."""
    statements: list[_Statement] = []

    def record(_: Connection, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            assert not many, "migrations of an empty database write no rows in bulk"
            # An index cannot be built concurrently inside the replay's one transaction, and no writer waits.
            statements.append((statement.replace("CREATE INDEX CONCURRENTLY", "CREATE INDEX"), parameters))

    event.listen(database.engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", record)


@pytest.fixture(scope="session", autouse=True)
def schema_replay() -> Iterator[SchemaReplay]:
    """On for the whole run."""
    replay = SchemaReplay()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "upgrade", lambda database: replay.upgrade(database))  # noqa: PLW0108 -- a function binds, a method does not
        yield replay


@pytest.fixture
def real_migrations(schema_replay: SchemaReplay) -> Iterator[None]:
    """Alembic itself, for tests of the migrations."""
    schema_replay.enabled = False
    yield
    schema_replay.enabled = True
