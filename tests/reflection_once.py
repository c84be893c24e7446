"""Equal SQLite databases are reflected once a process: backups, exports and purges ask for all tables.

Reflecting takes about 100 ms, and every statement about tables that are new objects is compiled anew. The key
is the text of all statements that made the database, so that a table more or another column is seen.
PostgreSQL has no such text: its tests reflect each time, as production does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, text

from oneseat.state.upkeep import reflection

_MADE = text("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")


class _MetaDataOnce(MetaData):
    """Reflects as MetaData does, unless an equal database was reflected before."""

    _known: dict[tuple[Any, ...], MetaData] = {}  # noqa: RUF012 -- one for all, that is its purpose

    def reflect(self, bind: Any, **options: Any) -> None:  # type: ignore[override]
        assert isinstance(bind, Connection)
        if bind.dialect.name != "sqlite":
            super().reflect(bind, **options)
            return
        key = (*sorted(options.items()), *(tuple(row) for row in bind.execute(_MADE)))
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
