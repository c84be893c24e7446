"""The tables as they are in a database, for work that concerns all of them: backups, exports, purges.

Read from the database itself, so that a table which a later migration adds is not left out by oversight.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Date, LargeBinary, MetaData, Table, select

SCHEMA_TABLE = "alembic_version"
Plain = str | int | None
"""A value as a line of JSON holds it: bytes in base64, dates in ISO 8601, moments as they are stored."""


def all_tables(connection: Connection) -> list[Table]:
    """Every table but the schema's own, by name."""
    found = MetaData()
    found.reflect(connection, resolve_fks=False)
    return [table for name, table in sorted(found.tables.items()) if name != SCHEMA_TABLE]


def rows(connection: Connection, table: Table, *columns: str) -> Iterator[list[Plain]]:
    """The rows as plain values, streamed; chosen columns, or all in the table's order."""
    chosen = [table.c[name] for name in columns] if columns else list(table.c)
    for row in connection.execute(select(*chosen).execution_options(stream_results=True, yield_per=1000)):
        yield [_plain(value) for value in row]


def reader(column: Column[Any]) -> Any:  # noqa: ANN401 -- a function from a plain value to the driver's
    """What turns a plain value of this column back into what the driver takes."""
    if isinstance(column.type, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value, validate=True)
    if isinstance(column.type, Date):
        return lambda value: None if value is None else dt.date.fromisoformat(value)
    return lambda value: value


def _plain(value: Any) -> Plain:  # noqa: ANN401 -- whatever the driver gives
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value  # type: ignore[no-any-return]
