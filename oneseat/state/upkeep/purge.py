"""Erasing an exam when its retention has ended.

Rows go in chunks, so that no transaction grows with the exam and a run that is killed is
simply run again. Then the space is given back: SQLite overwrites what is deleted
(``secure_delete``), empties its write-ahead log and rewrites the file (``VACUUM``);
PostgreSQL rewrites its tables (``VACUUM FULL``) when nobody else's exam is in them, and marks
the space as free (``VACUUM``) otherwise.

The audit log is one chain over all exams and holds pseudonyms, counts and versions only. It
stays, with an entry that says what was erased. Where the exam is the only one it may go too:
then a new log begins with the length and the last digest of the old.
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
from oneseat.state.upkeep.reflection import all_tables
from signing.text import Text

AUDIT = "audit"
UNATTRIBUTED = frozenset({"proof_budget", "failed_calls"})
"""Tables whose rows name no exam: keyed hashes. They go with the last exam of a database."""
KEPT = frozenset({"marks", AUDIT})
_FIRST = ("current_releases",)
"""Erased before all others, so that a portal stops showing an exam whose seats are going."""

_CHUNK = 5000


@dataclass(frozen=True)
class Purged:
    """What was erased, by table; and the audit log's length and last digest, with the entry about it.

    ``alone`` is True when no other exam is in the database.
    """

    exam: str
    rows: int
    tables: dict[str, int]
    alone: bool
    audit_entries: int
    audit_digest: str


@dataclass(frozen=True)
class Plan:
    """What would be erased: rows by table, and the other exams of the database."""

    tables: dict[str, int]
    others: list[str]


def plan(database: Database, exam: str) -> Plan:
    """What a purge would erase, and what it would leave.

    Raises:
        PurgeRefused: a table is there of which this OneSeat cannot say whose its rows are.
    """
    with database.snapshot() as connection:
        tables = all_tables(connection)
        others = _other_exams(connection, tables, exam)
        counted = {
            table.name: connection.scalar(select(func.count()).select_from(table).where(whose)) or 0
            for table, whose in _erased(tables, exam, alone=not others)
        }
    return Plan(counted, others)


def purge(
    database: Database,
    exam: str,
    at: datetime,
    heard: Callable[[int], None] = lambda _: None,
    *,
    with_audit: bool = False,
) -> Purged:
    """Erase an exam, check that nothing of it is left, and give the space back.

    Raises:
        PurgeRefused: ``with_audit`` beside other exams, a table that nobody knows, or rows that
            came meanwhile, such as from a portal that still runs.
        StateUnavailable: the database failed.
    """
    planned = plan(database, exam)
    alone = not planned.others
    if with_audit and not alone:
        raise PurgeRefused(exam=exam, reason=_SHARED_LOG)
    _secure(database)
    erased = dict.fromkeys(planned.tables, 0)
    for name, count in _chunks(database, exam, alone=alone):
        erased[name] += count
        heard(sum(erased.values()))
    left = {name: count for name, count in plan(database, exam).tables.items() if count}
    if left:
        names = ", ".join(sorted(left))
        raise PurgeRefused(
            exam=exam, reason=Text(f"rows came meanwhile ({names})", f"期间有新数据写入：{names}")
        )
    head = _note(database, exam, at, sum(erased.values()), with_audit=with_audit)
    _give_back(database, alone=alone)
    return Purged(exam, sum(erased.values()), erased, alone, head.entries, head.digest.hex())


_SHARED_LOG = Text("other exams share its audit log", "审计日志与其他考试共用")


def _erased(tables: list[Table], exam: str, *, alone: bool) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The tables to be emptied of the exam, those that others hang on last, and which rows are meant."""
    named = {table.name: table for table in tables}
    found = []
    for table in tables:
        if table.name in KEPT or (table.name in UNATTRIBUTED and not alone):
            continue
        found.append((table, _whose(table, named, exam)))
    found.sort(key=lambda pair: (pair[0].name not in _FIRST, "exam" in pair[0].c, pair[0].name))
    yield from found


def _whose(table: Table, named: dict[str, Table], exam: str) -> ColumnElement[bool]:
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
    """Exams with rows, the log left out: what once was here is not here any more."""
    found: set[str] = set()
    for table in tables:
        if "exam" in table.c and table.name != AUDIT:
            others = select(table.c.exam).where(table.c.exam != exam).distinct()
            found.update(connection.scalars(others))
    return sorted(found)


def _chunks(database: Database, exam: str, *, alone: bool) -> Iterator[tuple[str, int]]:
    """Erase chunk by chunk; table and count of each."""
    with database.reading() as connection:
        work = list(_erased(all_tables(connection), exam, alone=alone))
    for table, whose in work:
        key = list(table.primary_key)
        while True:
            some = select(*key).where(whose).limit(_CHUNK)
            with database.writing() as connection:
                gone = connection.execute(delete(table).where(and_(whose, tuple_(*key).in_(some)))).rowcount
            if not gone:
                break
            yield table.name, gone


def _note(database: Database, exam: str, at: datetime, rows: int, *, with_audit: bool) -> audit.Head:
    """The entry about the purge; with ``with_audit``, as the first of a new log."""
    with database.writing() as connection:
        facts: dict[str, audit.Fact] = {"rows": rows}
        if with_audit:
            old = audit.head(connection)
            facts |= {"log_entries": old.entries, "log_digest": old.digest.hex()}
            log = next(table for table in all_tables(connection) if table.name == AUDIT)
            connection.execute(delete(log))
        audit.append(connection, at, "pipeline", "state.purge", exam, facts)
        return audit.head(connection)


def _secure(database: Database) -> None:
    """SQLite: what is deleted from here on is overwritten with zeros, whichever connection does it."""
    if database.engine.dialect.name == "sqlite":
        event.listen(database.engine, "begin", _overwrite)


def _overwrite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA secure_delete=ON")


def _give_back(database: Database, *, alone: bool) -> None:
    """Leave no copy of what was erased in free pages or the write-ahead log."""
    if database.engine.dialect.name == "sqlite":
        statements = ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
    else:
        statements = ["VACUUM (FULL)" if alone else "VACUUM"]
    with database.reported(), database.outside_transactions() as connection:
        for statement in statements:
            connection.execute(text(statement))
