"""Runs schema migrations without blocking a portal that is running.

Each migration runs in one transaction, under a lock for one process at a time. On PostgreSQL it
has a lock timeout and is retried: statements behind a waiting migration would have to wait as
well. Indexes of big tables are built CONCURRENTLY before the migration that declares them, which
does not block writers. A migration declares them as ``CONCURRENT_INDEXES``: name, table, columns.
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
"""The longest time that a migration, and the writers behind it, wait for a table."""
ATTEMPTS = 20
"""The number of attempts, a second apart."""

_LOCK_NOT_AVAILABLE = "55P03"
_INVALID = text(
    "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "WHERE c.relname = :name AND NOT i.indisvalid AND pg_table_is_visible(c.oid)"
)


def upgrade(engine: Engine, writing: Callable[[], AbstractContextManager[Connection]], lock_key: int) -> None:
    """Run the migrations that a database lacks.

    ``writing`` opens a write transaction, in which SQLite runs all of them. ``lock_key`` is the key
    of PostgreSQL's advisory lock for migrations.

    Raises:
        StateUnavailable: a migration failed, or could not lock a table within all attempts.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if engine.dialect.name != "postgresql":
        with writing() as connection:
            _migrate(config, connection, "head")
        return
    with _hold_upgrade_lock(engine, lock_key) as connection:
        for script in _pending_migrations(config, connection):
            _build_indexes(connection, script)
            _migrate_with_retries(engine, config, script.revision)


def _migrate(config: Config, connection: Connection, revision: str) -> None:
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def _hold_upgrade_lock(engine: Engine, lock_key: int) -> Iterator[Connection]:
    """Open a connection in autocommit mode that holds the upgrade lock.

    It polls instead of waiting: a concurrent index build waits for all running statements, so also
    for one that waits for this lock.
    """
    key = {"key": lock_key}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            time.sleep(0.1)
        try:
            yield connection
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _pending_migrations(config: Config, connection: Connection) -> list[Script]:
    """List the migrations to run, oldest first. Call it under the lock: another process may have run some."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config).iterate_revisions("head", current or "base")
    return [script for script in reversed(list(scripts)) if script.revision != current]


def _build_indexes(connection: Connection, script: Script) -> None:
    declared: list[tuple[str, str, str]] = getattr(script.module, "CONCURRENT_INDEXES", [])
    for name, table, columns in declared:
        if not inspect(connection).has_table(table):
            continue
        if connection.scalar(_INVALID, {"name": name}):  # an earlier build was killed
            connection.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
        connection.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})"))


def _migrate_with_retries(engine: Engine, config: Config, revision: str) -> None:
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
