"""Upserts and IN conditions for SQLite and PostgreSQL, whose SQLAlchemy constructs differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    SQLColumnExpression,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from oneseat.state.tables.base import Base


def insert_or_ignore(connection: Connection, table: type[Base], key: list[str]) -> Insert:
    """``INSERT ... ON CONFLICT (key) DO NOTHING``: the first writer wins; others have to read the row."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=key)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key)


def insert_unless_taken(connection: Connection, table: type[Base]) -> Insert:
    """``INSERT ... ON CONFLICT DO NOTHING``: no row is added where any unique index would be violated."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def insert_or_update(
    connection: Connection,
    table: type[Base],
    key: list[str],
    changed: Mapping[str, object],
    where: ColumnElement[bool] | None = None,
) -> Insert:
    """``INSERT ... ON CONFLICT (key) DO UPDATE SET changed WHERE where``."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_update(
            index_elements=key, set_=dict(changed), where=where
        )
    return sqlite.insert(table).on_conflict_do_update(index_elements=key, set_=dict(changed), where=where)


def in_values(
    connection: Connection, column: SQLColumnExpression[str], values: Sequence[str]
) -> ColumnElement[bool]:
    """``column IN (values)`` with all values in one parameter.

    The statement does not depend on the number of values, so it is compiled once. Compiling an IN
    of a thousand parameters takes longer than running it.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=postgresql.ARRAY(Text)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))
