"""Purges an exam after its retention period: deletes its rows and reclaims the space.

Rows are deleted in chunks, one transaction each. A run that was killed can be run again. Then the
space is reclaimed. SQLite overwrites deleted rows (``secure_delete``), empties its write-ahead log
and rewrites the file (``VACUUM``). PostgreSQL rewrites its tables (``VACUUM FULL``) if no other
exam is in them, and marks the space as free (``VACUUM``) otherwise.

The audit log is one hash chain over all exams and holds pseudonyms, counts and versions only. It
is kept, with an entry about the purge. If the exam is the only one, the log can be purged too: a
new log then begins with the length and the last digest of the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, event, func, or_, select, text, tuple_

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import PurgeRefused
from oneseat.state.tables.room_keeping import RoomHoldRow
from oneseat.state.upkeep.reflection import all_tables
from signing.text import Text

AUDIT = "audit"
UNATTRIBUTED = frozenset({"proof_budget", "failed_calls"})
"""Tables whose rows name no exam: keyed hashes. They are purged with the last exam of a database."""
KEPT = frozenset({"marks", AUDIT})
_FIRST = ("current_releases",)
"""Purged first, so that a portal stops showing the exam before its seats are deleted."""

_CHUNK = 5000


@dataclass(frozen=True)
class PurgeResult:
    """The deleted rows by table, and the audit log's length and last digest after the purge.

    ``alone`` is True if no other exam is in the database.
    """

    exam: str
    rows: int
    tables: dict[str, int]
    alone: bool
    audit_entries: int
    audit_digest: str


@dataclass(frozen=True)
class PurgePlan:
    """The rows to delete by table, and the other exams of the database."""

    tables: dict[str, int]
    others: list[str]


def plan(database: Database, exam: str) -> PurgePlan:
    """Count what a purge would delete.

    Raises:
        PurgeRefused: a table's rows cannot be attributed to an exam.
    """
    with database.snapshot() as connection:
        tables = all_tables(connection)
        others = _other_exams(connection, tables, exam)
        counted = {
            table.name: connection.scalar(select(func.count()).select_from(table).where(condition)) or 0
            for table, condition in _rows_to_erase(tables, exam, alone=not others)
        }
    return PurgePlan(counted, others)


def purge(
    database: Database,
    exam: str,
    at: datetime,
    on_progress: Callable[[int], None] = lambda _: None,
    *,
    with_audit: bool = False,
) -> PurgeResult:
    """Delete an exam's rows, check that none is left, and reclaim the space.

    Raises:
        PurgeRefused: a hold on a seat of the exam's room, ``with_audit`` while other exams are in the
            database, a table whose rows cannot be attributed, or rows written meanwhile, for example by a
            running portal.
        RunInProgress: the exam is being purged, or a hold is being placed on a seat of its room.
        StateUnavailable: the database failed.
    """
    with database.exclusive(job(exam)):
        _refuse_held(database, exam)
        return _purge(database, exam, at, on_progress, with_audit=with_audit)


def job(exam: str) -> str:
    """The job whose lock a purge holds while it runs. A hold takes it too, so one excludes the other."""
    return f"state-purge-{exam}"


def _purge(
    database: Database, exam: str, at: datetime, on_progress: Callable[[int], None], *, with_audit: bool
) -> PurgeResult:
    planned = plan(database, exam)
    alone = not planned.others
    if with_audit and not alone:
        raise PurgeRefused(exam=exam, reason=_SHARED_LOG)
    enable_secure_delete(database)
    erased = dict.fromkeys(planned.tables, 0)
    for name, count in _chunks(database, exam, alone=alone):
        erased[name] += count
        on_progress(sum(erased.values()))
    left = {name: count for name, count in plan(database, exam).tables.items() if count}
    if left:
        names = ", ".join(sorted(left))
        raise PurgeRefused(
            exam=exam, reason=Text(f"rows came meanwhile ({names})", f"期间有新数据写入：{names}")
        )
    head = _log_purge(database, exam, at, sum(erased.values()), with_audit=with_audit)
    reclaim_space(database, alone=alone)
    return PurgeResult(exam, sum(erased.values()), erased, alone, head.entries, head.digest.hex())


def _refuse_held(database: Database, exam: str) -> None:
    """Refuse while the exam room must keep what it has of a seat, for an appeal for example."""
    held = select(func.count(RoomHoldRow.jti.distinct()))
    held = held.where(RoomHoldRow.exam == exam, RoomHoldRow.released_at.is_(None))
    with database.reading() as connection:
        seats = connection.scalar(held) or 0
    if seats:
        reason = Text(
            f"what the exam room keeps of {seats} seats is held (`room hold --list`)",
            f"考场有 {seats} 名考生的数据被暂停清除（见 `room hold --list`）",
        )
        raise PurgeRefused(exam=exam, reason=reason)


_SHARED_LOG = Text("other exams share its audit log", "审计日志与其他考试共用")


def _rows_to_erase(
    tables: list[Table], exam: str, *, alone: bool
) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield the tables to purge, each with the condition of its rows; referenced tables come last."""
    named = {table.name: table for table in tables}
    pairs = []
    for table in tables:
        if table.name in KEPT or (table.name in UNATTRIBUTED and not alone):
            continue
        pairs.append((table, _rows_of_exam(table, named, exam)))
    pairs.sort(key=lambda pair: (pair[0].name not in _FIRST, "exam" in pair[0].c, pair[0].name))
    yield from pairs


def _rows_of_exam(table: Table, named: dict[str, Table], exam: str) -> ColumnElement[bool]:
    if table.name in UNATTRIBUTED:
        return or_(*(column.is_not(None) for column in table.primary_key))
    if "exam" in table.c:
        return table.c.exam == exam
    if "batch_id" in table.c:
        batches = named["batches"]
        return table.c.batch_id.in_(select(batches.c.id).where(batches.c.exam == exam))
    reason = Text(
        f"nobody can say whose the rows of '{table.name}' are", f"无法确定表“{table.name}”的数据归属"
    )
    raise PurgeRefused(exam=exam, reason=reason)


def _other_exams(connection: Connection, tables: list[Table], exam: str) -> list[str]:
    """List other exams with rows. The audit log does not count: it also names purged exams."""
    names: set[str] = set()
    for table in tables:
        if "exam" in table.c and table.name != AUDIT:
            others = select(table.c.exam).where(table.c.exam != exam).distinct()
            names.update(connection.scalars(others))
    return sorted(names)


def _chunks(database: Database, exam: str, *, alone: bool) -> Iterator[tuple[str, int]]:
    """Delete rows chunk by chunk; yield table and count of each."""
    with database.reading() as connection:
        work = list(_rows_to_erase(all_tables(connection), exam, alone=alone))
    for table, condition in work:
        key = list(table.primary_key)
        while True:
            some = select(*key).where(condition).limit(_CHUNK)
            with database.writing() as connection:
                gone = connection.execute(
                    delete(table).where(and_(condition, tuple_(*key).in_(some)))
                ).rowcount
            if not gone:
                break
            yield table.name, gone


def _log_purge(
    database: Database, exam: str, at: datetime, rows: int, *, with_audit: bool
) -> audit.AuditHead:
    """Append the purge's audit entry; with ``with_audit``, as the first of a new log."""
    with database.writing() as connection:
        facts: dict[str, audit.Fact] = {"rows": rows}
        if with_audit:
            old = audit.read_head(connection)
            facts |= {"log_entries": old.entries, "log_digest": old.digest.hex()}
            log = next(table for table in all_tables(connection) if table.name == AUDIT)
            connection.execute(delete(log))
        audit.append(connection, at, "pipeline", "state.purge", exam, facts)
        return audit.read_head(connection)


def enable_secure_delete(database: Database) -> None:
    """On SQLite, overwrite deleted rows with zeros from now on, on all connections."""
    if database.engine.dialect.name == "sqlite":
        event.listen(database.engine, "begin", _overwrite)


def _overwrite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA secure_delete=ON")


def reclaim_space(database: Database, *, alone: bool) -> None:
    """Remove deleted rows from free pages and from the write-ahead log."""
    if database.engine.dialect.name == "sqlite":
        statements = ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
    else:
        statements = ["VACUUM (FULL)" if alone else "VACUUM"]
    with database.map_errors(), database.autocommit() as connection:
        for statement in statements:
            connection.execute(text(statement))
