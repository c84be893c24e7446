"""The statements that SQLite and PostgreSQL share but SQLAlchemy spells twice."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Insert
from sqlalchemy.dialects import postgresql, sqlite

from state.models import Base


def insert_or_ignore(connection: Connection, table: type[Base], key: list[str]) -> Insert:
    """``INSERT ... ON CONFLICT (key) DO NOTHING``: the first writer wins, the others notice by reading."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=key)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key)


def insert_or_update(
    connection: Connection, table: type[Base], key: list[str], changed: Mapping[str, object]
) -> Insert:
    """``INSERT ... ON CONFLICT (key) DO UPDATE SET changed``."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_update(index_elements=key, set_=dict(changed))
    return sqlite.insert(table).on_conflict_do_update(index_elements=key, set_=dict(changed))
