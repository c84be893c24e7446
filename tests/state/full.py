"""Fills all tables of a database, for tests that concern all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Date, Integer, LargeBinary, String, Table, insert
from sqlalchemy.types import BigInteger

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.tables.metadata import whole_metadata
from oneseat.state.upkeep.reflection import all_tables

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
SECRET_LOOKING = "SECRET-"


def fill(database: Database, exam: str, first: int, count: int = 3) -> None:
    """``count`` rows in every table but the marks; numbers from ``first`` on, so that no keys meet."""
    with database.writing() as connection:
        for table in all_tables(connection):
            if table.name in ("marks", "audit"):
                continue
            wanted = min(count, rows_of(table))
            connection.execute(insert(table), [_row(table, exam, first + number) for number in range(wanted)])
        for number in range(count):
            audit.append(connection, AT, "pipeline", "test", exam, {"number": number})


def rows_of(table: Table) -> int:
    """How many rows an exam can have in a table: one, where the exam is the key."""
    return 1 if [column.name for column in table.primary_key] == ["exam"] else 1_000_000


def _row(table: Table, exam: str, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.c:
        if column.name == "exam":
            row[column.name] = exam
        elif isinstance(column.type, Date):
            row[column.name] = date(2035, 1, 1 + number % 28)
        elif isinstance(column.type, LargeBinary):
            row[column.name] = f"{SECRET_LOOKING}{exam}-{table.name}-{column.name}-{number}".encode()
        elif isinstance(column.type, (Integer, BigInteger)):
            row[column.name] = number
        elif isinstance(column.type, String):
            row[column.name] = _text(exam, column.name, number)[: column.type.length]
        else:
            raise AssertionError(f"{table.name}.{column.name}: {column.type}")
    return row


def _text(exam: str, name: str, number: int) -> str:
    if name in ("token", "ticket", "password", "manifest", "traits"):
        return f"{SECRET_LOOKING}{number}"
    return f"{number}" if name == "kind" else f"{exam}考-{number}"


def models() -> dict[str, Table]:
    """The tables by name as the models have them."""
    return dict(whole_metadata().tables)
