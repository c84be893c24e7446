"""Reflects the tables of a database, for backups, exports and purges.

They are read from the database itself, so that tables of later migrations are included.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Date, LargeBinary, MetaData, Table, select

SCHEMA_TABLE = "alembic_version"
_ROWS_AT_ONCE = 1000
_LARGE_ROWS_AT_ONCE = {"help_pictures": 20}
"""Rows of hundreds of kilobytes: a thousand of them would be held in memory at once."""
Plain = str | int | None
"""A value in JSON: bytes in base64, dates in ISO 8601, times as they are stored."""


def all_tables(connection: Connection) -> list[Table]:
    """List all tables except Alembic's, by name."""
    metadata = MetaData()
    metadata.reflect(connection, resolve_fks=False)
    return [table for name, table in sorted(metadata.tables.items()) if name != SCHEMA_TABLE]


def rows(connection: Connection, table: Table, *columns: str) -> Iterator[list[Plain]]:
    """Yield rows as plain values, with the given columns or all of them."""
    chosen = [table.c[name] for name in columns] if columns else list(table.c)
    at_once = _LARGE_ROWS_AT_ONCE.get(table.name, _ROWS_AT_ONCE)
    for row in connection.execute(select(*chosen).execution_options(stream_results=True, yield_per=at_once)):
        yield [_plain(value) for value in row]


def reader(column: Column[Any]) -> Any:  # noqa: ANN401 -- a function from a plain value to the driver's
    """Return a function that converts a plain value of this column to the driver's type."""
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
