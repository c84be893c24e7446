"""Equal databases are reflected once a process: backups, exports and purges ask for all tables.

Reflecting takes about 100 ms, and every statement about tables that are new objects is compiled anew. The
key is what the database says of its tables, so that a table more or another column is seen: in SQLite the
text of all statements that made it, in PostgreSQL columns with their types and defaults, and constraints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, text

from oneseat.state.upkeep import reflection

_TABLES = {
    "sqlite": text("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"),
    "postgresql": text("""
        SELECT relname, attname, attnum::text, format_type(atttypid, atttypmod), attnotnull::text,
            (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
            AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT relname, conname, contype::text, pg_get_constraintdef(pg_constraint.oid), '', ''
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relnamespace = current_schema()::regnamespace
        ORDER BY 1, 2, 3
    """),
}


class _MetaDataOnce(MetaData):
    """Reflects as MetaData does, unless an equal database was reflected before."""

    _known: dict[tuple[Any, ...], MetaData] = {}  # noqa: RUF012 -- one for all, that is its purpose

    def reflect(self, bind: Any, **options: Any) -> None:  # type: ignore[override]
        assert isinstance(bind, Connection)
        dialect = bind.dialect.name
        key = (dialect, *sorted(options.items()), *(tuple(row) for row in bind.execute(_TABLES[dialect])))
        if key not in self._known:
            super().reflect(bind, **options)
            self._known[key] = self
        self.tables = self._known[key].tables


@pytest.fixture(scope="session", autouse=True)
def _reflection_once() -> Iterator[None]:
    """On for the whole run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reflection, "MetaData", _MetaDataOnce)
        yield
