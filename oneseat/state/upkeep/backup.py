"""A state database as one file, and back: the same file for SQLite and PostgreSQL.

Gzip (RFC 1952) over JSON Lines. The first line says what it is; then for each table a line
with its name and columns, and a line for each row; the last line holds each table's count and
digest, and the audit log's head. All of it is of one moment: it is read in one snapshot, while
the portal goes on writing.

A table's digest is the sum of its rows' SHA-256 modulo 2**256. A sum does not depend on the
order of rows, in which the two databases differ. It shows damage and omissions; it is no
signature: whoever can write the file can write its digests.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from oneseat.files.atomic import writing
from oneseat.state.accounts import audit
from oneseat.state.database import SCHEMA_REVISION, Database
from oneseat.state.errors import BackupUnusable, StateNotEmpty
from oneseat.state.upkeep.reflection import Plain, all_tables, reader, rows

FORMAT = "oneseat-state/1"
MARKS = "marks"
"""The one table that a new database has a row in: the rehearsal mark, which the first line carries."""

_CHUNK = 1000
_MODULUS = 2**256
_MAX_LINE_BYTES = 2**24

Heard = Callable[[int], None]
"""Told how many rows are done, a chunk at a time."""


@dataclass(frozen=True)
class TableSum:
    """A table's rows: how many, and their digest (64 hexadecimal digits)."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Summary:
    """What a backup holds: when it was made, its tables, and the audit log's length and last digest."""

    made_at: datetime
    schema: str
    rehearsal: bool
    rows: int
    tables: dict[str, TableSum]
    audit_entries: int
    audit_digest: str


class _Sum:
    """Adds up a table."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest(), "big")

    def done(self) -> TableSum:
        return TableSum(self.rows, f"{self._sum % _MODULUS:064x}")


def _unheard(_: int) -> None:
    """Default callback: ignore progress."""


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# ------------------------------------------------------------------------------------------ backup


def backup(database: Database, path: Path, at: datetime, heard: Heard = _unheard) -> Summary:
    """Write the database to ``path``, readable by its owner alone, whole or not at all.

    The audit log is verified on the way: a broken one is not passed on as a good backup.

    Raises:
        AuditBroken: the audit log does not hold.
        BackupUnusable: ``path`` exists, or cannot be written.
        StateUnavailable: the database failed.
    """
    rehearsal = database.rehearsal
    with _new_file(path) as file, database.snapshot() as connection:
        entries, digest = audit.verify(connection)
        first = {
            "format": FORMAT,
            "schema": SCHEMA_REVISION,
            "rehearsal": rehearsal,
            "made_at": at.isoformat(),
        }
        file.write(_line(first))
        done, sums = 0, {}
        for table in _copied(connection):
            file.write(_line({"table": table.name, "columns": [column.name for column in table.c]}))
            sums[table.name] = _Sum()
            for row in rows(connection, table):
                line = _line(row)
                file.write(line)
                sums[table.name].add(line)
                done += 1
                if done % _CHUNK == 0:
                    heard(done)
        tables = {name: one.done() for name, one in sums.items()}
        file.write(_line(_trailer(tables, entries, digest)))
    return Summary(at, SCHEMA_REVISION, rehearsal, done, tables, entries, digest.hex())


def _copied(connection: Connection) -> list[Table]:
    return [table for table in all_tables(connection) if table.name != MARKS]


def _trailer(tables: dict[str, TableSum], entries: int, digest: bytes) -> dict[str, object]:
    return {
        "tables": {name: [one.rows, one.digest] for name, one in tables.items()},
        "audit": [entries, digest.hex()],
    }


@contextmanager
def _new_file(path: Path) -> Iterator[gzip.GzipFile]:
    """A new gzip file, for its owner alone; it gets its name when it is complete and on the medium."""
    taken = BackupUnusable(file=path.name, reason="it exists already")
    if path.exists():  # before the work, which may take long; the name is looked at again at its end
        raise taken
    try:
        with (
            writing(path, mode=0o600, replace=False) as raw,
            # The fast level: most of a state is keys and signatures, which nothing makes shorter.
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as file,
        ):
            yield file
    except FileExistsError:
        raise taken from None
    except OSError as error:
        raise BackupUnusable(file=path.name, reason=error.strerror or "error") from None


# ----------------------------------------------------------------------------------------- restore


def restore(path: Path, where: str | Path, heard: Heard = _unheard) -> Summary:
    """Fill an empty state database from a backup, in one transaction that ends only if all checks hold.

    Checked are every row's digest as it is read, every table's count and digest as it then
    stands in the database, and the audit log with the head that the backup names.

    Raises:
        BackupUnusable: it is no backup, of another schema, damaged, or cut off.
        StateNotEmpty: the database holds something already.
        AuditBroken, AuditTruncated: the audit log does not hold.
        StateUnavailable: the database failed.
    """
    with _opened(path) as lines:
        first = _first(path, lines)
        database = Database.create(where, rehearsal=first["rehearsal"])
        try:
            with database.writing() as connection:
                return _Restoring(path, connection, heard).run(first, lines, database.where)
        finally:
            database.close()


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(path, "rb") as file:
            yield iter(lambda: file.readline(_MAX_LINE_BYTES), b"")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or cut off"
        raise BackupUnusable(file=path.name, reason=reason) from None


def _parsed(path: Path, line: bytes) -> Any:  # noqa: ANN401 -- JSON holds anything
    try:
        return json.loads(line)
    except ValueError:
        raise BackupUnusable(file=path.name, reason="it is damaged or cut off") from None


def _first(path: Path, lines: Iterator[bytes]) -> dict[str, Any]:
    first = _parsed(path, next(lines, b""))
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise BackupUnusable(file=path.name, reason="it is no backup of a state database")
    if first.get("schema") != SCHEMA_REVISION:
        reason = f"its schema is '{first.get('schema')}' and this OneSeat's '{SCHEMA_REVISION}'"
        raise BackupUnusable(file=path.name, reason=reason)
    if not isinstance(first.get("rehearsal"), bool) or not isinstance(first.get("made_at"), str):
        raise BackupUnusable(file=path.name, reason="its first line is damaged")
    return first


class _Restoring:
    """One run of a restore, inside its transaction."""

    def __init__(self, path: Path, connection: Connection, heard: Heard) -> None:
        self._path, self._connection, self._heard = path, connection, heard
        self._done = 0
        self._sums: dict[str, _Sum] = {}

    def run(self, first: dict[str, Any], lines: Iterator[bytes], where: str) -> Summary:
        tables = {table.name: table for table in _copied(self._connection)}
        for table in tables.values():
            if self._connection.scalar(select(func.count()).select_from(table)):
                raise StateNotEmpty(where=where, table=table.name)
        trailer = self._fill(tables, lines)
        read = {name: one.done() for name, one in self._sums.items()}
        entries, digest = self._checked(trailer, read, tables)
        self._count_on(tables)
        made_at = datetime.fromisoformat(first["made_at"])
        return Summary(made_at, SCHEMA_REVISION, first["rehearsal"], self._done, read, entries, digest.hex())

    def _fill(self, tables: dict[str, Table], lines: Iterator[bytes]) -> dict[str, Any]:
        """Write all rows; the last line."""
        table: Table | None = None
        waiting: list[bytes] = []
        for line in lines:
            if line.startswith(b"["):
                waiting.append(line)
                if len(waiting) == _CHUNK:
                    self._write(table, waiting)
                    waiting = []
                continue
            self._write(table, waiting)
            waiting = []
            said = _parsed(self._path, line)
            if "tables" in said:
                return dict(said)
            table = self._announced(tables, said)
        raise BackupUnusable(file=self._path.name, reason="it is damaged or cut off")

    def _announced(self, tables: dict[str, Table], said: dict[str, Any]) -> Table:
        table = tables.get(str(said.get("table")))
        if table is None or said.get("columns") != [column.name for column in table.c]:
            raise BackupUnusable(file=self._path.name, reason="its tables are not this schema's")
        self._sums[table.name] = _Sum()
        return table

    def _write(self, table: Table | None, lines: list[bytes]) -> None:
        if not lines:
            return
        if table is None:
            raise BackupUnusable(file=self._path.name, reason="a row comes before its table")
        readers = [(column.name, reader(column)) for column in table.c]
        batch = []
        for line in lines:
            self._sums[table.name].add(line)
            row = _parsed(self._path, line)
            if len(row) != len(readers):
                raise BackupUnusable(file=self._path.name, reason="a row has too many or too few values")
            batch.append(self._values(readers, row))
        self._connection.execute(insert(table), batch)
        self._done += len(batch)
        self._heard(self._done)

    def _values(self, readers: list[tuple[str, Any]], row: list[Plain]) -> dict[str, Any]:
        try:
            return {name: read(value) for (name, read), value in zip(readers, row, strict=True)}
        except (TypeError, ValueError):
            raise BackupUnusable(file=self._path.name, reason="a value is not of its column's kind") from None

    def _checked(
        self, trailer: dict[str, Any], read: dict[str, TableSum], tables: dict[str, Table]
    ) -> tuple[int, bytes]:
        """What was read and what now stands in the database, against the last line."""
        try:
            told = {
                name: TableSum(int(count), str(digest)) for name, (count, digest) in trailer["tables"].items()
            }
            head = audit.Head(int(trailer["audit"][0]), bytes.fromhex(trailer["audit"][1]))
        except (KeyError, TypeError, ValueError, IndexError):
            raise BackupUnusable(file=self._path.name, reason="its last line is damaged") from None
        if set(told) != set(tables):
            raise BackupUnusable(file=self._path.name, reason="it does not hold all tables")
        for name, table in tables.items():
            if read.get(name) != told[name]:
                raise BackupUnusable(file=self._path.name, reason=f"table '{name}' is damaged in it")
            if self._standing(table) != told[name]:
                reason = f"table '{name}' does not read back as it was written"
                raise BackupUnusable(file=self._path.name, reason=reason)
        entries, digest = audit.verify(self._connection, head)
        if entries != head.entries:
            raise BackupUnusable(file=self._path.name, reason="its audit log is not the one it names")
        return entries, digest

    def _standing(self, table: Table) -> TableSum:
        adding = _Sum()
        for row in rows(self._connection, table):
            adding.add(_line(row))
        return adding.done()

    def _count_on(self, tables: dict[str, Table]) -> None:
        """PostgreSQL's sequences do not notice rows that bring their own numbers; SQLite needs nothing."""
        if self._connection.dialect.name != "postgresql":
            return
        for table in tables.values():
            if "id" not in table.c:
                continue
            name = {"table": table.name}
            sequence = self._connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), name)
            last = sequence and self._connection.scalar(select(func.max(table.c.id)))
            if last is not None:
                self._connection.scalar(select(func.setval(sequence, last)))
