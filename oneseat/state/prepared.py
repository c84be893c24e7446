"""Prepared SELECT statements: compiled once, run on the driver's own cursor.

SQLAlchemy takes up to fifty times longer to build a statement and its result than the database
takes to answer from its cache. Writes and rare reads use SQLAlchemy as usual.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVarTuple, cast

from sqlalchemy import Connection, Select
from sqlalchemy.exc import OperationalError

_Columns = TypeVarTuple("_Columns")


class Prepared(Generic[*_Columns]):
    """A SELECT with named parameters, compiled at its first use per dialect.

    Values and columns are the driver's, unconverted. Statements therefore avoid types that
    SQLAlchemy converts: times are cast to microseconds (:func:`oneseat.state.tables.base.instant`).
    """

    def __init__(self, statement: Select[*_Columns]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def first(self, connection: Connection, **values: object) -> tuple[*_Columns] | None:
        """Run the statement and return the first row, or None.

        Raises:
            OperationalError: the driver failed.
        """
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(connection)
        sql, order = compiled
        arguments: object = values if order is None else [values[name] for name in order]
        driver: Any = connection.connection.driver_connection
        try:
            row = driver.execute(sql, arguments).fetchone()
        except (dialect.loaded_dbapi.OperationalError, dialect.loaded_dbapi.InterfaceError) as error:
            raise OperationalError(sql, None, error) from None
        return cast("tuple[*_Columns] | None", row)

    def _compile(self, connection: Connection) -> tuple[str, list[str] | None]:
        compiled = self._statement.compile(dialect=connection.dialect)
        prepared = (str(compiled), getattr(compiled, "positiontup", None))
        self._compiled[connection.dialect.name] = prepared
        return prepared
