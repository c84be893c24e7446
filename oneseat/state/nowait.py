"""Begins write transactions only if the lock is free (NOWAIT), for threads that must not block.

Where it is not free, another thread may wait for it first (:meth:`NowaitWriter.wait`).
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Connection, Engine

from oneseat.state.write_lock import WriteLock


class NowaitWriter:
    """Keeps one SQLite connection open for write transactions that begin without waiting.

    ``engine`` must not begin transactions by itself. ``write_lock`` is the lock that the other
    writers of this process share.
    """

    def __init__(self, engine: Engine, write_lock: WriteLock) -> None:
        self._engine = engine
        self._write_lock = write_lock
        self._connection: Connection | None = None

    def begin(self) -> OpenTransaction | None:
        """Begin a transaction; None if another writer, in this or another process, holds the lock."""
        return self.begin_locked() if self._write_lock.acquire_nowait() else None

    def wait(self) -> None:
        """Wait for the lock, before the other writers that wait, and take it for :meth:`begin_locked`."""
        self._write_lock.acquire_next()

    def begin_locked(self) -> OpenTransaction | None:
        """Begin a transaction with the lock that is taken; None, and no lock, if another process writes."""
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

    def __init__(self, connection: Connection, write_lock: WriteLock) -> None:
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
