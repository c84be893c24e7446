"""Opening the database, and the two kinds of transaction.

SQLite (write-ahead log, full synchronisation) is the default; PostgreSQL is chosen by
URL. Nothing else in the project knows which of the two it talks to.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import RehearsalMixed, RunInProgress, SchemaTooNew, StateAbsent, StateUnavailable
from oneseat.state.nowait import NowaitWriter, OpenTransaction
from oneseat.state.tables.base import Mark

SCHEMA_REVISION = "0011"
"""The newest schema revision. Kept here so that opening an up-to-date database never loads Alembic."""

_BUSY_TIMEOUT_MS = 30_000
_NOTICE_DEATH = (
    "SET tcp_keepalives_idle = 20",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 4",
)
"""So that PostgreSQL frees the lock of a computer that vanished after 40 s, not after two hours."""


class Database:
    """One state database. Open it with :meth:`create` or :meth:`open`; close it when done."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._for_writing = engine.execution_options(oneseat_begin="BEGIN IMMEDIATE")
        # SQLite has one writer. Threads queue here, in order, rather than sleep and retry as its lock does.
        self._queue: threading.Lock | nullcontext[None] = nullcontext()
        self._nowait: NowaitWriter | None = None
        if engine.dialect.name == "sqlite":
            self._queue = threading.Lock()
            self._nowait = NowaitWriter(engine.execution_options(oneseat_begin=""), self._queue)

    @classmethod
    def create(cls, where: str | Path, *, rehearsal: bool = False) -> Database:
        """Open the database at a path or URL, making and upgrading it as needed.

        A new database is marked as for rehearsals or not, for good.

        Raises:
            StateUnavailable: it cannot be opened, reached or written.
            SchemaTooNew: a later OneSeat has upgraded it.
            RehearsalMixed: it is marked otherwise.
        """
        url = _url(where)
        if url.get_backend_name() == "sqlite" and url.database:
            _make_file(Path(url.database), url)
        database = cls(_engine(url))
        with _reported(url), _closed_if_refused(database):
            database.upgrade()
            database._mark(rehearsal)
        return database

    @classmethod
    def open(cls, where: str | Path) -> Database:
        """Open a database that is there, upgrading its schema as needed.

        Raises:
            StateAbsent: there is none.
            StateUnavailable: it cannot be opened, reached or written.
            SchemaTooNew: a later OneSeat has upgraded it.
        """
        url = _url(where)
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
            raise StateAbsent(where=_shown(url))
        database = cls(_engine(url))
        with _reported(url), _closed_if_refused(database):
            if database._revision() is None:
                raise StateAbsent(where=_shown(url))
            database.upgrade()
        return database

    @property
    def where(self) -> str:
        """The address as it may be shown: without a password."""
        return _shown(self.engine.url)

    @property
    def rehearsal(self) -> bool:
        """Whether this database is for rehearsals only."""
        with self.reading() as connection:
            return connection.scalar(select(Mark.value).where(Mark.name == "rehearsal")) == "yes"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state and writes nothing."""
        with _reported(self.engine.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction for long reads: all its statements see the state of one moment, and hold nobody up.

        On PostgreSQL it is REPEATABLE READ, since by default each statement has a moment of
        its own; a transaction on SQLite's write-ahead log is like that by itself.
        """
        options = {"isolation_level": "REPEATABLE READ"} if self.engine.dialect.name == "postgresql" else {}
        with (
            _reported(self.engine.url),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and rolls back when it raises.

        On SQLite it takes the write lock at once, so that what it reads cannot be
        overtaken before it writes.
        """
        with (
            self._queue,
            _reported(self.engine.url),
            self._for_writing.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A connection whose statements each stand alone, for those that no transaction takes (VACUUM)."""
        options = {"isolation_level": "AUTOCOMMIT"}
        if self.engine.dialect.name == "sqlite":
            options = {"oneseat_begin": ""}
        with self._queue, self.engine.connect().execution_options(**options) as connection:
            yield connection

    def begin_nowait(self) -> OpenTransaction | None:
        """A transaction like :meth:`writing`'s, or None where it would have to wait for the write lock.

        Always None for a database that is reached over a network. Not thread-safe: call it
        from one thread at a time.
        """
        return self._nowait.begin() if self._nowait is not None else None

    def reported(self) -> AbstractContextManager[None]:
        """Turns the driver's failures into ours, for work in a transaction from :meth:`begin_nowait`.

        Raises:
            StateUnavailable: the database failed.
        """
        return _reported(self.engine.url)

    @contextmanager
    def exclusive(self, job: str) -> Iterator[None]:
        """Hold the lock of ``job`` (such as ``issue demo``) for the block.

        The lock dies with the process that holds it, however it dies: an advisory lock
        of the session on PostgreSQL, a lock on a file beside the database on SQLite.

        Raises:
            RunInProgress: a living process holds it.
        """
        holder = (
            self._advisory_lock(job) if self.engine.dialect.name == "postgresql" else self._file_lock(job)
        )
        with holder:
            yield

    def upgrade(self) -> None:
        """Bring the schema to :data:`SCHEMA_REVISION`; one read where it is there already."""
        found = self._revision()
        if found == SCHEMA_REVISION:
            return
        if found is not None and found > SCHEMA_REVISION:
            raise SchemaTooNew(where=self.where, found=found)
        from oneseat.state.upgrading import upgrade

        upgrade(self.engine, self.writing, _lock_key("upgrade"))

    def close(self) -> None:
        """Let go of every connection."""
        if self._nowait is not None:
            self._nowait.close()
        self.engine.dispose()

    def _revision(self) -> str | None:
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    def _mark(self, rehearsal: bool) -> None:
        wanted = "yes" if rehearsal else "no"
        with self.writing() as connection:
            offered = {"name": "rehearsal", "value": wanted}
            connection.execute(insert_or_ignore(connection, Mark, ["name"]), offered)
            found = connection.scalar(select(Mark.value).where(Mark.name == "rehearsal"))
        if found is not None and found != wanted:
            words = {"yes": "rehearsal", "no": "real"}
            raise RehearsalMixed(where=self.where, found=words[found], wanted=words[wanted])

    @contextmanager
    def _file_lock(self, job: str) -> Iterator[None]:
        lock = FileLock(f"{self.engine.url.database}.{_lock_key(job) & 0xFFFFFFFF:08x}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise RunInProgress(job=job) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _advisory_lock(self, job: str) -> Iterator[None]:
        key = {"key": _lock_key(job)}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in _NOTICE_DEATH:
                connection.execute(text(setting))
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                raise RunInProgress(job=job)
            try:
                yield
            finally:
                with suppress(DBAPIError):  # the connection is lost, and the lock with it
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _lock_key(job: str) -> int:
    """A signed 64-bit number for the name of a job, as PostgreSQL's advisory locks want it."""
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
        raise StateUnavailable(where="--state", reason="not a database URL") from None
    # The driver that is installed with us, where the address does not name another.
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.set(query={}).render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, **_engine_options(url))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StateUnavailable(where=_shown(url), reason=f"no driver ({error})") from None
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _engine_options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": _BUSY_TIMEOUT_MS / 1000}}
    return {"pool_pre_ping": True}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling starts them late and ends them before DDL.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # An activation that was acknowledged must outlive a power cut, so not NORMAL.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-65536")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("oneseat_begin", "BEGIN")
    driver: Any = connection.connection.driver_connection
    try:
        if begin:
            driver.execute(begin)
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN", None, error) from None


def _make_file(path: Path, url: URL) -> None:
    """An empty file that only its owner may read; SQLite gives its journals the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateUnavailable(where=_shown(url), reason=error.strerror) from None


@contextmanager
def _closed_if_refused(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


@contextmanager
def _reported(url: URL) -> Iterator[None]:
    """Turn the driver's failures into ours, without the statement's parameters."""
    try:
        yield
    except (OperationalError, DBAPIError) as error:
        if (
            isinstance(error, OperationalError)
            or error.connection_invalidated
            or "database" in str(error.orig)
        ):
            first_line = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
            raise StateUnavailable(where=_shown(url), reason=first_line) from None
        raise
