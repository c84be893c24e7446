"""New databases from a recording: the first one runs every migration, later ones become what it was.

Running Alembic's revisions takes hundreds of milliseconds, and thousands of tests want a fresh database.
SQLite's pages are copied; PostgreSQL's writing statements were kept, and go to the server in one message
where no earlier test has left a schema (`tests/spare_schemas.py`).
The tests of the migrations themselves switch this off with the fixture ``real_migrations``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from oneseat.state.database import Database
from tests.spare_schemas import SPARE

_WRITES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")


class SchemaReplay:
    """Replaces :meth:`Database.upgrade` for empty databases, one recording for each dialect."""

    def __init__(self) -> None:
        self.enabled = True
        self._pages: sqlite3.Connection | None = None
        self._statements = ""
        self._upgrade = Database.upgrade

    def upgrade(self, database: Database) -> None:
        """Bring a schema to its head: by replaying where it is empty and there is a recording."""
        if not self.enabled or database._revision() is not None:
            self._upgrade(database)
        elif database.engine.dialect.name == "sqlite":
            self._copy(database)
        else:
            self._send(database)

    def _copy(self, database: Database) -> None:
        if self._pages is None:
            self._upgrade(database)
            self._pages = sqlite3.connect(":memory:", check_same_thread=False)
            with _driver(database) as migrated:
                migrated.backup(self._pages)
        else:
            with _driver(database) as empty:
                self._pages.backup(empty)

    def _send(self, database: Database) -> None:
        if not self._statements:
            with _recorded(database) as statements:
                self._upgrade(database)
            self._statements = ";\n".join(statements)
            return
        spare = SPARE[str(database.engine.url.query.get("host"))]
        with database.writing() as connection:
            if not spare.take(connection):
                driver: Any = connection.connection.driver_connection
                driver.execute(self._statements)
                spare.note_fresh(connection)


@contextmanager
def _driver(database: Database) -> Iterator[Any]:
    """The driver's own connection, in no transaction."""
    with closing(database.engine.raw_connection()) as connection:
        yield connection.driver_connection


@contextmanager
def _recorded(database: Database) -> Iterator[list[str]]:
    """Every writing statement that reaches PostgreSQL meanwhile, as the driver got it."""
    statements: list[str] = []

    def record(_: Connection, __: Any, statement: str, parameters: Any, ___: Any, ____: bool) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            assert not parameters, "migrations of an empty database write no rows but constant ones"
            # An index cannot be built concurrently inside the replay's one transaction, and no writer waits.
            statements.append(statement.replace("CREATE INDEX CONCURRENTLY", "CREATE INDEX"))

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
