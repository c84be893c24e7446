"""Begins write transactions only if the lock is free (NOWAIT), for threads that must not block."""

from __future__ import annotations

import sqlite3
import threading
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Connection, Engine


class NowaitWriter:
    """Keeps one SQLite connection open for write transactions that begin without waiting.

    ``engine`` must not begin transactions by itself. ``write_lock`` is the lock that the other
    writers of this process share.
    """

    def __init__(self, engine: Engine, write_lock: threading.Lock) -> None:
        self._engine = engine
        self._write_lock = write_lock
        self._connection: Connection | None = None

    def begin(self) -> OpenTransaction | None:
        """Begin a transaction; None if another writer, in this or another process, holds the lock."""
        if not self._write_lock.acquire(blocking=False):
            return None
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                _driver(self._connection).execute("PRAGMA busy_timeout=0")
            _driver(self._connection).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._write_lock.release()
            return None
        except BaseException:
            self._write_lock.release()
            raise
        return OpenTransaction(self._connection, self._write_lock)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class OpenTransaction:
    """An open transaction that holds the write lock. Any thread may end it by leaving its context."""

    def __init__(self, connection: Connection, write_lock: threading.Lock) -> None:
        self.connection = connection
        self._write_lock = write_lock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.connection.in_transaction():
                (self.connection.commit if kind is None else self.connection.rollback)()
            else:
                # No statement went through SQLAlchemy, so its slower commit is not needed.
                _driver(self.connection).execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._write_lock.release()


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
