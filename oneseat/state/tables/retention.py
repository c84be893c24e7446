"""Declares of each table of the exam room how long its rows are kept, and which columns never leave it.

A table names its retention class in ``__table_args__``: ``{"info": {"retention": "events"}}``. A column with
``info={"private": True}`` is read by the room alone: no export holds it.
"""

from __future__ import annotations

from sqlalchemy import Column, Table

from oneseat.state.tables.base import Base
from oneseat.state.tables.metadata import whole_metadata

RECORDINGS, IDENTITY, REQUESTS, EVENTS, UNKEPT = "recordings", "identity", "requests", "events", "none"
CLASSES = (RECORDINGS, IDENTITY, REQUESTS, EVENTS, UNKEPT)
"""The retention classes. Rows of class ``none`` end by themselves within minutes or days."""
ROOM_PREFIX = "room_"
"""What the names of the room's tables begin with."""


def room_tables() -> list[Table]:
    """List the room's tables by name, those of every module of this package."""
    named = whole_metadata().tables
    return [named[name] for name in sorted(named) if name.startswith(ROOM_PREFIX)]


def table_of(row: type[Base]) -> Table:
    """The table of a row's class."""
    table = row.__table__
    if not isinstance(table, Table):
        raise TypeError(row)
    return table


def class_of(table: Table) -> str:
    """The retention class that a table of the room declares."""
    declared: str = table.info["retention"]
    return declared


def exported_columns(table: Table) -> list[Column[object]]:
    """List a table's columns that may leave the room, in their order."""
    return [column for column in table.columns if not column.info.get("private")]
