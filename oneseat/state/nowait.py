"""A write transaction that begins only if the lock is free (NOWAIT), for a thread that must not block."""

from __future__ import annotations

import sqlite3
import threading
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Connection, Engine


class NowaitWriter:
    """One SQLite connection kept open for write transactions that begin without waiting.

    ``engine`` must not begin transactions by itself. ``queue`` is the lock that the other
    writers of this process share.
    """

    def __init__(self, engine: Engine, queue: threading.Lock) -> None:
        self._engine = engine
        self._queue = queue
        self._connection: Connection | None = None

    def begin(self) -> OpenTransaction | None:
        """The transaction, or None while another writer, in this process or another, holds the lock."""
        if not self._queue.acquire(blocking=False):
            return None
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                _driver(self._connection).execute("PRAGMA busy_timeout=0")
            _driver(self._connection).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._queue.release()
            return None
        except BaseException:
            self._queue.release()
            raise
        return OpenTransaction(self._connection, self._queue)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class OpenTransaction:
    """An open transaction that holds the write lock. Any thread may end it, by leaving it as a context."""

    def __init__(self, connection: Connection, queue: threading.Lock) -> None:
        self.connection = connection
        self._queue = queue

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.connection.in_transaction():
                (self.connection.commit if kind is None else self.connection.rollback)()
            else:
                # Nothing went through SQLAlchemy, whose own way to end takes longer than all that happened.
                _driver(self.connection).execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._queue.release()


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
