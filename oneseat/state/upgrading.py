"""Bringing a schema to its head, without making a portal that is at work wait for it.

A migration runs in one transaction, under a lock that lets one process at a time do it.
On PostgreSQL it gives up rather than queue for a table: whoever waits for a table makes
everybody behind wait as well. Indexes of big tables are built before the migration that
declares them, CONCURRENTLY, which takes no lock that writers would notice; a migration
declares them as ``CONCURRENT_INDEXES``: name, table, columns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_TIMEOUT_S = 3
"""How long a migration waits for a table, and writers at most behind it."""
ATTEMPTS = 20
"""How often it tries, a second apart."""

_LOCK_NOT_AVAILABLE = "55P03"
_INVALID = text(
    "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "WHERE c.relname = :name AND NOT i.indisvalid AND pg_table_is_visible(c.oid)"
)


def upgrade(engine: Engine, writing: Callable[[], AbstractContextManager[Connection]], lock_key: int) -> None:
    """Run the migrations that a database lacks.

    ``writing`` opens a write transaction; SQLite migrates in one. ``lock_key`` is the number of
    PostgreSQL's advisory lock that lets one process at a time migrate.

    Raises:
        StateUnavailable: it failed, or a table was never free for long enough.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if engine.dialect.name != "postgresql":
        with writing() as connection:
            _migrate(config, connection, "head")
        return
    with _alone(engine, lock_key) as session:
        for script in _missing(config, session):
            _build_indexes(session, script)
            _patiently(engine, config, script.revision)


def _migrate(config: Config, connection: Connection, revision: str) -> None:
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def _alone(engine: Engine, lock_key: int) -> Iterator[Connection]:
    """A session outside any transaction that holds the lock of upgrading.

    It asks again and again rather than wait: an index that is built concurrently waits for
    every statement that runs, so for those that wait for its own lock.
    """
    key = {"key": lock_key}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        while not session.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            time.sleep(0.1)
        try:
            yield session
        finally:
            session.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _missing(config: Config, session: Connection) -> list[Script]:
    """The migrations to be run, oldest first. Asked under the lock: another process may have been first."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    found = MigrationContext.configure(session).get_current_revision()
    scripts = ScriptDirectory.from_config(config).iterate_revisions("head", found or "base")
    return [script for script in reversed(list(scripts)) if script.revision != found]


def _build_indexes(session: Connection, script: Script) -> None:
    declared: list[tuple[str, str, str]] = getattr(script.module, "CONCURRENT_INDEXES", [])
    for name, table, columns in declared:
        if not inspect(session).has_table(table):
            continue
        if session.scalar(_INVALID, {"name": name}):  # an earlier build was killed
            session.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
        session.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})"))


def _patiently(engine: Engine, config: Config, revision: str) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
                _migrate(config, connection, revision)
        except OperationalError as error:
            driver: Any = error.orig
            if getattr(driver, "sqlstate", None) != _LOCK_NOT_AVAILABLE or attempt == ATTEMPTS:
                raise
            time.sleep(1)
        else:
            return
