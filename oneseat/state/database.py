"""Opens the state database (SQLite or PostgreSQL), and its transactions and locks.

SQLite (write-ahead log, full synchronisation) is the default; a URL chooses PostgreSQL. Code
outside this package does not depend on which of the two it is.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from oneseat.state import driver_faults, sqlite_files
from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import RehearsalMixed, RunInProgress, SchemaTooNew, StateAbsent, StateUnavailable
from oneseat.state.nowait import NowaitWriter, OpenTransaction
from oneseat.state.tables.base import Mark
from oneseat.state.write_lock import WriteLock
from signing.os_faults import system_reason
from signing.text import Text, quoted

SCHEMA_REVISION = "0040"
"""The newest schema revision. Kept here so that opening an up-to-date database never loads Alembic."""

_BUSY_TIMEOUT_MS = 30_000
_MARKS = {"yes": Text("rehearsal", "演练"), "no": Text("real", "正式")}
_TCP_KEEPALIVE = (
    "SET tcp_keepalives_idle = 20",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 4",
)
"""Lets PostgreSQL free the advisory lock of a vanished client after 40 s instead of two hours."""


@dataclass(frozen=True)
class Caches:
    """What each connection to SQLite keeps: MiB of the file, and statements that were prepared."""

    file_mib: int
    statements: int


LARGE_CACHES = Caches(64, 128)
"""Enough for the transactions of a large batch; the statements are as many as the driver keeps by default."""


class Database:
    """A state database. Open it with :meth:`create` or :meth:`open`, and close it after use."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write_engine = engine.execution_options(oneseat_begin="BEGIN IMMEDIATE")
        # SQLite has one writer. Threads wait for this lock; SQLite's own lock would sleep and retry.
        self._write_lock: WriteLock | nullcontext[None] = nullcontext()
        self._nowait: NowaitWriter | None = None
        if engine.dialect.name == "sqlite":
            self._write_lock = WriteLock()
            self._nowait = NowaitWriter(engine.execution_options(oneseat_begin=""), self._write_lock)

    @classmethod
    def create(cls, where: str | Path, *, rehearsal: bool = False) -> Database:
        """Open the database at a path or URL; create and upgrade it as needed.

        A new database is marked as rehearsal or real, and the mark never changes.

        Raises:
            StateUnavailable: it cannot be opened, reached or written.
            SchemaTooNew: a later OneSeat has upgraded it.
            RehearsalMixed: its mark differs from ``rehearsal``.
        """
        url = _url(where)
        if _is_file(url):
            _make_file(Path(url.database or ""), url)
        database = cls(_engine(url))
        with _map_errors(url), _close_on_error(database):
            database.upgrade()
            database._mark(rehearsal)
        return database

    @classmethod
    def open(cls, where: str | Path, *, caches: Caches = LARGE_CACHES) -> Database:
        """Open an existing database and upgrade its schema as needed.

        An SQLite file that may not be written, or whose folder may not, is opened for reading only.
        ``caches`` bounds what each connection to SQLite keeps.

        Raises:
            StateAbsent: there is no database at that address.
            StateUnavailable: it cannot be opened or reached, or it may not be written and needs an upgrade.
            SchemaTooNew: a later OneSeat has upgraded it.
        """
        url = _url(where)
        if _is_file(url) and not Path(url.database or "").is_file():
            raise StateAbsent(where=_display(url))
        read_only = sqlite_files.find_read_only(url.database) if _is_file(url) else None
        database = cls(_engine(url, read_only, caches))
        with _map_errors(url), _close_on_error(database):
            if database._revision() is None:
                raise StateAbsent(where=_display(url))
            database.upgrade()
        return database

    @property
    def where(self) -> str:
        """The address for messages, without a password."""
        return _display(self.engine.url)

    @property
    def is_local(self) -> bool:
        """Whether reads come from files and memory of this computer: SQLite."""
        return self._nowait is not None

    @property
    def rehearsal(self) -> bool:
        """Whether this database is marked as a rehearsal's."""
        with self.reading() as connection:
            return connection.scalar(select(Mark.value).where(Mark.name == "rehearsal")) == "yes"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read transaction."""
        with _map_errors(self.engine.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a snapshot transaction for long reads: its statements see one moment and block no writer.

        On PostgreSQL it is REPEATABLE READ, since by default each statement has its own snapshot.
        On SQLite's write-ahead log every read transaction is a snapshot.
        """
        options = {"isolation_level": "REPEATABLE READ"} if self.engine.dialect.name == "postgresql" else {}
        with (
            _map_errors(self.engine.url),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a write transaction. It commits when the block ends and rolls back when it raises.

        On SQLite it begins with the write lock (BEGIN IMMEDIATE), so that no other writer can
        change what it has read.
        """
        with (
            self._write_lock,
            _map_errors(self.engine.url),
            self._write_engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Open a connection without transactions, for statements such as VACUUM that refuse one."""
        options = {"isolation_level": "AUTOCOMMIT"}
        if self.engine.dialect.name == "sqlite":
            options = {"oneseat_begin": ""}
        with self._write_lock, self.engine.connect().execution_options(**options) as connection:
            yield connection

    def begin_nowait(self) -> OpenTransaction | None:
        """Begin a write transaction if the write lock is free, else return None (NOWAIT).

        On PostgreSQL always None. Not thread-safe: call it from one thread at a time.
        """
        return self._nowait.begin() if self._nowait is not None else None

    def wait_for_lock(self) -> None:
        """Wait for the write lock, before all other writers of this process, and take it; on SQLite alone.

        :meth:`begin_locked` must follow: the lock stays taken until then. Call this in a thread.
        """
        if self._nowait is not None:
            self._nowait.wait()

    def begin_locked(self) -> OpenTransaction | None:
        """Begin a write transaction after :meth:`wait_for_lock`; None, and no lock, if a process has it."""
        return self._nowait.begin_locked() if self._nowait is not None else None

    def map_errors(self) -> AbstractContextManager[None]:
        """Map driver errors to refusals, for work in a transaction from :meth:`begin_nowait`.

        Raises:
            StateUnavailable: the database failed.
        """
        return _map_errors(self.engine.url)

    @contextmanager
    def exclusive(self, job: str) -> Iterator[None]:
        """Hold the lock of ``job`` (such as ``issue demo``) for the block.

        The lock ends with its process. On PostgreSQL it is a session-level advisory lock, on SQLite a
        lock on a file beside the database.

        Raises:
            RunInProgress: another process holds it.
        """
        holder = (
            self._advisory_lock(job) if self.engine.dialect.name == "postgresql" else self._file_lock(job)
        )
        with holder:
            yield

    def lock(self, connection: Connection, job: str) -> None:
        """Wait for the lock of ``job``, which ends with the connection's write transaction.

        On PostgreSQL it is a transaction-level advisory lock; SQLite has one write transaction at a time.
        """
        if self.engine.dialect.name == "postgresql":
            key = {"key": _lock_key(f"{job} transaction")}
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)

    def upgrade(self) -> None:
        """Migrate the schema to :data:`SCHEMA_REVISION`. An up-to-date schema costs one read."""
        revision = self._revision()
        if revision == SCHEMA_REVISION:
            return
        if revision is not None and revision > SCHEMA_REVISION:
            raise SchemaTooNew(where=self.where, found=revision)
        from oneseat.state.upgrading import upgrade

        upgrade(self.engine, self.writing, _lock_key("upgrade"))

    def close(self) -> None:
        """Close all connections: idle ones now, and one that a thread still uses when it gives it back."""
        if self._nowait is not None:
            self._nowait.close()
        event.listen(self.engine.pool, "checkin", _close_returned)
        self.engine.dispose()

    def _revision(self) -> str | None:
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return revision

    def _mark(self, rehearsal: bool) -> None:
        wanted = "yes" if rehearsal else "no"
        with self.writing() as connection:
            offered = {"name": "rehearsal", "value": wanted}
            connection.execute(insert_or_ignore(connection, Mark, ["name"]), offered)
            mark = connection.scalar(select(Mark.value).where(Mark.name == "rehearsal"))
        if mark is not None and mark != wanted:
            raise RehearsalMixed(where=self.where, found=_MARKS[mark], wanted=_MARKS[wanted])

    @contextmanager
    def _file_lock(self, job: str) -> Iterator[None]:
        lock = FileLock(f"{self.engine.url.database}.{_lock_key(job) & 0xFFFFFFFF:08x}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise RunInProgress(where=self.where) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _advisory_lock(self, job: str) -> Iterator[None]:
        key = {"key": _lock_key(job)}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in _TCP_KEEPALIVE:
                connection.execute(text(setting))
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                raise RunInProgress(where=self.where)
            try:
                yield
            finally:
                with suppress(DBAPIError):  # the connection is lost, and the lock with it
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _close_returned(connection: object, record: ConnectionPoolEntry) -> None:
    """Close a connection that is given back to the pool of a closed database."""
    if connection is not None:
        record.invalidate()


def _lock_key(job: str) -> int:
    """Hash a job's name to a signed 64-bit number, the key of a PostgreSQL advisory lock."""
    return int.from_bytes(hashlib.sha256(f"oneseat/{job}".encode()).digest()[:8], "big", signed=True)


def _url(where: str | Path) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    if "://" not in where:
        return URL.create("sqlite", database=where)
    try:
        url = make_url(where)
    except ArgumentError:
        # The text itself is not shown: it may hold a password.
        raise StateUnavailable(
            where="--state",
            reason=Text("not a database URL", "不是数据库地址"),
            mend=driver_faults.WRITE_THE_URL,
        ) from None
    # Default to psycopg, which is a dependency of this project.
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and bool(url.database)


def _display(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.set(query={}).render_as_string(hide_password=True)


def _engine(url: URL, read_only: str | None = None, caches: Caches = LARGE_CACHES) -> Engine:
    """Create the engine; ``read_only`` is the SQLite URI of a file that may only be read."""
    options = _engine_options(url, caches)
    if read_only is not None:
        options["creator"] = partial(sqlite_files.connect_read_only, read_only)
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError):
        scheme = quoted(url.drivername)
        raise StateUnavailable(
            where=_display(url),
            reason=Text(f"there is no driver for {scheme}://", f"没有 {scheme}:// 的驱动程序"),
            mend=driver_faults.WRITE_THE_URL,
        ) from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_read_only if read_only else _prepare_sqlite)
        event.listen(engine, "connect", _bound_cache(caches.file_mib))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _engine_options(url: URL, caches: Caches) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        asked = {"timeout": _BUSY_TIMEOUT_MS / 1000, "cached_statements": caches.statements}
        return {"connect_args": asked, "hide_parameters": True}
    return {"pool_pre_ping": True, "hide_parameters": True}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling starts them late and ends them before DDL.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # Acknowledged activations must survive a power cut, so not NORMAL.
    connection.execute("PRAGMA synchronous=FULL")


def _prepare_read_only(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None


def _bound_cache(cache_mib: int) -> Callable[[sqlite3.Connection, object], None]:
    def bound(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA cache_size=-{cache_mib * 1024}")

    return bound


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("oneseat_begin", "BEGIN")
    driver: Any = connection.connection.driver_connection
    try:
        if begin:
            driver.execute(begin)
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN", None, error) from None


def _make_file(path: Path, url: URL) -> None:
    """Create an empty file that only its owner can read. SQLite gives its journals the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateUnavailable(
            where=_display(url), reason=system_reason(error), mend=driver_faults.mend_of(error)
        ) from None


@contextmanager
def _close_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


@contextmanager
def _map_errors(url: URL) -> Iterator[None]:
    """Map driver errors to :class:`StateUnavailable`, without the statement's parameters."""
    try:
        yield
    except (OperationalError, DBAPIError) as error:
        if (
            isinstance(error, OperationalError)
            or error.connection_invalidated
            or "database" in str(error.orig)
        ):
            raise driver_faults.refusal_of(_display(url), error) from None
        raise
