"""Backup and restore: one file format for SQLite and PostgreSQL.

The file is gzip (RFC 1952) over JSON Lines. The first line is a header. Each table has a line
with its name and columns, then a line for each row. The last line holds each table's count and
digest, and the audit log's head. Everything is read in one snapshot, while the portal may write.

A table's digest is the sum of its rows' SHA-256 modulo 2**256. A sum does not depend on the
order of rows, in which the two databases differ. It detects damage and omissions. It is no
signature: anyone who can write the file can write its digests.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from oneseat.files.atomic import writing
from oneseat.state.accounts import audit
from oneseat.state.database import SCHEMA_REVISION, Database
from oneseat.state.errors import BackupUnusable, StateNotEmpty
from oneseat.state.upkeep.reflection import Plain, all_tables, reader, rows
from signing.os_faults import system_reason
from signing.text import Text, quoted

FORMAT = "oneseat-state/1"
MARKS = "marks"
"""The only table that is not empty in a new database: the rehearsal mark, stored in the header."""

_CHUNK = 1000
_CHUNK_BYTES = 2**23
"""Rows are inserted as soon as either is reached: a row with a picture is hundreds of kilobytes long."""
_MODULUS = 2**256
_DAMAGED = Text("it is damaged or cut off", "已损坏或不完整")
_MAX_LINE_BYTES = 2**24
_NEVER_STORED = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL takes in no text, and no backup therefore holds."""

OnProgress = Callable[[int], None]
"""A callback with the number of rows done, called once per chunk."""


@dataclass(frozen=True)
class TableSum:
    """A table's row count and digest (64 hexadecimal digits)."""

    rows: int
    digest: str


@dataclass(frozen=True)
class BackupSummary:
    """A backup's contents: its time, its tables, and the audit log's length and last digest."""

    made_at: datetime
    schema: str
    rehearsal: bool
    rows: int
    tables: dict[str, TableSum]
    audit_entries: int
    audit_digest: str


class _Sum:
    """Computes a table's row count and digest."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest(), "big")

    def done(self) -> TableSum:
        return TableSum(self.rows, f"{self._sum % _MODULUS:064x}")


def _ignore_progress(_: int) -> None:
    """Default callback: ignore progress."""


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# ------------------------------------------------------------------------------------------ backup


def backup(
    database: Database, path: Path, at: datetime, on_progress: OnProgress = _ignore_progress
) -> BackupSummary:
    """Write the database atomically to ``path``, readable by its owner only.

    The audit log is verified, so that a broken log does not go into a backup.

    Raises:
        AuditBroken: the audit log's hash chain is broken.
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
                    on_progress(done)
        tables = {name: one.done() for name, one in sums.items()}
        file.write(_line(_trailer(tables, entries, digest)))
    return BackupSummary(at, SCHEMA_REVISION, rehearsal, done, tables, entries, digest.hex())


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
    taken = BackupUnusable(file=path.name, reason=Text("it exists already", "已存在"))
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
        raise BackupUnusable(file=path.name, reason=system_reason(error)) from None


# ----------------------------------------------------------------------------------------- restore


def restore(path: Path, where: str | Path, on_progress: OnProgress = _ignore_progress) -> BackupSummary:
    """Restore a backup into an empty state database, in one transaction that commits if all checks pass.

    Each table's count and digest is checked twice: as read from the file and as read back from the
    database. The audit log is verified against the head in the backup.

    Raises:
        BackupUnusable: the file is no backup, has another schema, is damaged or truncated.
        StateNotEmpty: a table of the database has rows.
        AuditBroken: the audit log's hash chain is broken, or does not lead to the head in the backup.
        AuditTruncated: the audit log is shorter than the head in the backup.
        StateUnavailable: the database failed.
    """
    with _opened(path) as lines:
        first = _first(path, lines)
        database = Database.create(where, rehearsal=first["rehearsal"])
        try:
            with database.writing() as connection:
                return _Restore(path, connection, on_progress).run(first, lines, database.where)
        finally:
            database.close()


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(path, "rb") as file:
            yield iter(lambda: file.readline(_MAX_LINE_BYTES), b"")
    except (OSError, EOFError, zlib.error) as error:
        reason = system_reason(error) if isinstance(error, OSError) and error.errno else _DAMAGED
        raise BackupUnusable(file=path.name, reason=reason) from None


def _parsed(path: Path, line: bytes) -> Any:  # noqa: ANN401 -- JSON holds anything
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BackupUnusable(file=path.name, reason=_DAMAGED) from None


def _object(path: Path, line: bytes) -> dict[str, Any]:
    value = _parsed(path, line)
    if not isinstance(value, dict):
        raise BackupUnusable(file=path.name, reason=_DAMAGED)
    return value


def _is_time(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_plain(value: object) -> bool:
    """Whether a value is one that :func:`backup` writes and every database takes."""
    if isinstance(value, str):
        return not _NEVER_STORED.search(value)
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63)


def _first(path: Path, lines: Iterator[bytes]) -> dict[str, Any]:
    first = _object(path, next(lines, b""))
    if first.get("format") != FORMAT:
        raise BackupUnusable(
            file=path.name, reason=Text("it is no backup of a state database", "不是状态数据库的备份")
        )
    if first.get("schema") != SCHEMA_REVISION:
        theirs = quoted(first.get("schema"))
        reason = Text(
            f"its schema is '{theirs}' and this OneSeat's '{SCHEMA_REVISION}'",
            f"其结构版本为“{theirs}”，当前程序为“{SCHEMA_REVISION}”",
        )
        raise BackupUnusable(file=path.name, reason=reason)
    if not isinstance(first.get("rehearsal"), bool) or not _is_time(first.get("made_at")):
        raise BackupUnusable(file=path.name, reason=Text("its first line is damaged", "首行已损坏"))
    return first


class _Restore:
    """One run of a restore, inside its transaction."""

    def __init__(self, path: Path, connection: Connection, on_progress: OnProgress) -> None:
        self._path, self._connection, self._on_progress = path, connection, on_progress
        self._done = 0
        self._sums: dict[str, _Sum] = {}

    def run(self, first: dict[str, Any], lines: Iterator[bytes], where: str) -> BackupSummary:
        tables = {table.name: table for table in _copied(self._connection)}
        for table in tables.values():
            if self._connection.scalar(select(func.count()).select_from(table)):
                raise StateNotEmpty(where=where, table=table.name)
        trailer = self._fill(tables, lines)
        read = {name: one.done() for name, one in self._sums.items()}
        entries, digest = self._checked(trailer, read, tables)
        self._advance_sequences(tables)
        made_at = datetime.fromisoformat(first["made_at"])
        return BackupSummary(
            made_at, SCHEMA_REVISION, first["rehearsal"], self._done, read, entries, digest.hex()
        )

    def _fill(self, tables: dict[str, Table], lines: Iterator[bytes]) -> dict[str, Any]:
        """Insert all rows; return the last line."""
        table: Table | None = None
        waiting: list[bytes] = []
        size = 0
        for line in lines:
            if line.startswith(b"["):
                waiting.append(line)
                size += len(line)
                if len(waiting) == _CHUNK or size >= _CHUNK_BYTES:
                    self._write(table, waiting)
                    waiting, size = [], 0
                continue
            self._write(table, waiting)
            waiting, size = [], 0
            header = _object(self._path, line)
            if "tables" in header:
                return header
            table = self._begin_table(tables, header)
        raise BackupUnusable(file=self._path.name, reason=_DAMAGED)

    def _begin_table(self, tables: dict[str, Table], header: dict[str, Any]) -> Table:
        table = tables.get(str(header.get("table")))
        if table is None or header.get("columns") != [column.name for column in table.c]:
            raise BackupUnusable(
                file=self._path.name,
                reason=Text("its tables are not this schema's", "其中的表与当前结构不符"),
            )
        self._sums[table.name] = _Sum()
        return table

    def _write(self, table: Table | None, lines: list[bytes]) -> None:
        if not lines:
            return
        if table is None:
            raise BackupUnusable(
                file=self._path.name, reason=Text("a row comes before its table", "有行出现在所属的表之前")
            )
        readers = [(column.name, reader(column)) for column in table.c]
        batch = []
        for line in lines:
            self._sums[table.name].add(line)
            batch.append(self._values(readers, _parsed(self._path, line)))
        self._insert(table, batch)
        self._done += len(batch)
        self._on_progress(self._done)

    def _insert(self, table: Table, batch: list[dict[str, Any]]) -> None:
        try:
            self._connection.execute(insert(table), batch)
        except (IntegrityError, DataError, StatementError) as error:
            if isinstance(error, DBAPIError) and not isinstance(error, (IntegrityError, DataError)):
                raise
            # Neither the row nor the driver's text is shown: both hold admission numbers.
            reason = Text(
                f"table '{table.name}' has a row twice, or one that it cannot hold",
                f"表“{table.name}”中有重复的行，或无法存入的行",
            )
            raise BackupUnusable(file=self._path.name, reason=reason) from None

    def _values(self, readers: list[tuple[str, Any]], row: list[Plain]) -> dict[str, Any]:
        if len(row) != len(readers):
            raise BackupUnusable(
                file=self._path.name, reason=Text("a row has too many or too few values", "有行的列数不符")
            )
        if not all(map(_is_plain, row)):
            raise BackupUnusable(
                file=self._path.name,
                reason=Text("a value is not of its column's kind", "有值与所在列的类型不符"),
            )
        try:
            return {name: read(value) for (name, read), value in zip(readers, row, strict=True)}
        except (TypeError, ValueError):
            raise BackupUnusable(
                file=self._path.name,
                reason=Text("a value is not of its column's kind", "有值与所在列的类型不符"),
            ) from None

    def _checked(
        self, trailer: dict[str, Any], read: dict[str, TableSum], tables: dict[str, Table]
    ) -> tuple[int, bytes]:
        """Compare the rows read, and the rows now in the database, with the last line's digests."""
        try:
            announced = {
                name: TableSum(int(count), str(digest)) for name, (count, digest) in trailer["tables"].items()
            }
            head = audit.AuditHead(int(trailer["audit"][0]), bytes.fromhex(trailer["audit"][1]))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            raise BackupUnusable(
                file=self._path.name, reason=Text("its last line is damaged", "末行已损坏")
            ) from None
        if set(announced) != set(tables):
            raise BackupUnusable(file=self._path.name, reason=Text("it does not hold all tables", "表不齐全"))
        for name, table in tables.items():
            if read.get(name) != announced[name]:
                raise BackupUnusable(
                    file=self._path.name,
                    reason=Text(f"table '{name}' is damaged in it", f"其中的表“{name}”已损坏"),
                )
            if self._stored_sum(table) != announced[name]:
                reason = Text(
                    f"table '{name}' does not read back as it was written", f"表“{name}”写入后读回不一致"
                )
                raise BackupUnusable(file=self._path.name, reason=reason)
        entries, digest = audit.verify(self._connection, head)
        if entries != head.entries:
            raise BackupUnusable(
                file=self._path.name,
                reason=Text("its audit log is not the one it names", "其中的审计日志与所记的不符"),
            )
        return entries, digest

    def _stored_sum(self, table: Table) -> TableSum:
        adding = _Sum()
        for row in rows(self._connection, table):
            adding.add(_line(row))
        return adding.done()

    def _advance_sequences(self, tables: dict[str, Table]) -> None:
        """Advance PostgreSQL's sequences past the restored ids; SQLite does so itself."""
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
