"""Bulk inserts: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from oneseat.state.tables.base import Base

_CHECKPOINT_PAGES = 65_536
"""256 MiB of write-ahead log, read once more where a run was killed; 1 % of a batch is saved over 64 MiB."""


def prepare_for_bulk(connection: Connection) -> None:
    """Prepare this process's connection for writing a batch.

    Licences are found by jti, which is random: a chunk touches as many pages of that index
    as it has rows. SQLite copies written pages back after every 1,000 of them, so after
    every chunk; more rarely, the same pages are copied back once for many chunks.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")


def insert_many(
    connection: Connection, table: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write rows within the caller's transaction: COPY on PostgreSQL, one prepared statement on SQLite.

    Values go to the driver as they are, so only texts, integers and bytes may be among them.
    """
    if not rows:
        return
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy(f"COPY {table.__tablename__} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.__tablename__} ({names}) VALUES ({marks})"  # noqa: S608 -- our own names
    connection.exec_driver_sql(statement, list(rows))
