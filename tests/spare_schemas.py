"""PostgreSQL schemas that a test has used, emptied for the next: that takes a tenth of making one anew.

What is handed on is what the migrations make, to the last column, constraint and index, with no row in it
but the revision, and with sequences at their start. What a test changed, filled with much or still locks is
dropped.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

_LOCK_WITHIN = "1s"
_MUCH_BYTES = 1024 * 1024
"""A table of this size was filled with many rows, whose remains would slow the next test."""

_SHAPE = text("""
    WITH relations AS
        (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = CAST(:schema AS regnamespace))
    SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
        SELECT concat_ws(' ', relname, relkind, attname, atttypid, atttypmod, attnotnull,
                         pg_get_expr(adbin, adrelid) LIKE '%nextval%', adbin IS NULL)
        FROM relations LEFT JOIN pg_attribute ON attrelid = oid AND attnum > 0
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        UNION ALL
        SELECT concat_ws(' ', relname, conname, contype, conkey, confkey, condeferrable, convalidated)
        FROM pg_constraint JOIN relations ON conrelid = relations.oid
        UNION ALL
        SELECT concat_ws(' ', relname, indisunique, indkey, indisvalid, indpred IS NULL)
        FROM pg_index JOIN relations ON indexrelid = relations.oid
        UNION ALL
        SELECT concat_ws(' ', relname, tgname) FROM pg_trigger JOIN relations ON tgrelid = relations.oid
        WHERE NOT tgisinternal
    ) AS parts(part)
""")
"""All that a schema consists of, but for its rows."""
_FILLED = text("""
    SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class
    WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind = 'r' AND pg_relation_size(oid) > 0
    AND relname <> 'alembic_version'
""")
_RESTART = text("""
    SELECT setval(CAST(format('%I.%I', schemaname, sequencename) AS regclass), start_value, false)
    FROM pg_sequences WHERE schemaname = :schema AND last_value IS NOT NULL
""")
_EMPTY = text("SELECT count(*) FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace)")


@dataclass
class SpareSchemas:
    """The emptied schemas of one server, and what a schema that the migrations just made looks like."""

    left: list[str] = field(default_factory=list)
    _fresh: str | None = None

    def note_fresh(self, connection: Connection) -> None:
        """Remember the current schema as what the migrations make."""
        if self._fresh is None:
            self._fresh = _looks(connection, str(connection.scalar(text("SELECT current_schema()"))))

    def take(self, connection: Connection) -> bool:
        """Put a spare schema in the place of the current one, if there is one and the current is empty."""
        if not self.left or connection.scalar(_EMPTY):
            return False
        name = connection.scalar(text("SELECT current_schema()"))
        connection.execute(text(f"DROP SCHEMA {name}"))
        connection.execute(text(f"ALTER SCHEMA {self.left.pop()} RENAME TO {name}"))
        return True

    def give_back(self, connection: Connection, name: str) -> bool:
        """Empty a schema and keep it under another name, or return False: then nothing was changed."""
        try:
            with connection.begin_nested():
                emptied = self._emptied(connection, name)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            return False
        if emptied:
            self.left.append(f"spare_{name}")
        return emptied

    def _emptied(self, connection: Connection, name: str) -> bool:
        if self._fresh is None or _looks(connection, name) != self._fresh:
            return False
        filled = connection.execute(_FILLED, {"schema": name}).all()
        if any(size > _MUCH_BYTES for _, size in filled):
            return False
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_WITHIN}'"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys need no order
        for table, _ in filled:
            connection.execute(text(f"DELETE FROM {name}.{table}"))
        connection.execute(_RESTART, {"schema": name})
        connection.execute(text(f"ALTER SCHEMA {name} RENAME TO spare_{name}"))
        return True


def _looks(connection: Connection, schema: str) -> str | None:
    """The shape and the revision of a schema; None for one that never was migrated."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"}) is None:
        return None
    revisions = connection.execute(text(f"SELECT version_num FROM {schema}.alembic_version")).scalars().all()
    return f"{connection.scalar(_SHAPE, {'schema': schema})} {revisions}"


SPARE: defaultdict[str, SpareSchemas] = defaultdict(SpareSchemas)
"""By a server's folder, the host of its addresses."""
