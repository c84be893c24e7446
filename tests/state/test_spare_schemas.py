"""A schema that one test leaves to the next is as good as new, or is not left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from oneseat.state.database import Database
from oneseat.state.help import incidents
from tests.charters import at
from tests.postgres import Cluster
from tests.spare_schemas import SPARE

MANY_ROWS = """
    INSERT INTO help_incidents (exam, reason, words, opened_at, opened_by)
    SELECT 'test', '', repeat('x', 1000), 0, 'wei' FROM generate_series(1, 2000)
"""


def _use(postgres: Cluster, use: Callable[[Connection], object]) -> tuple[int, object]:
    """Use a database in a schema of its own; how many schemas are left afterwards, and what it found."""
    with postgres.schema() as address:
        database = Database.create(address)
        with database.writing() as connection:
            found = use(connection)
        database.close()
    return len(SPARE[str(postgres.folder)].left), found


def _begin(connection: Connection) -> object:
    incidents.begin(connection, "test", "", "words", "wei", at(4, 12))
    return [incident.id for incident in incidents.list_open(connection, "test")]


@pytest.fixture
def left(postgres: Cluster) -> int:
    """How many schemas are left when some tests have come and gone."""
    for _ in range(3):
        count, _ = _use(postgres, lambda _: None)
    assert count >= 1
    return count


def test_the_next_finds_no_row_and_counts_from_one(postgres: Cluster, left: int) -> None:
    assert [_use(postgres, _begin) for _ in range(3)] == [(left, [1])] * 3


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE help_incidents ADD COLUMN other text",
        "ALTER TABLE help_incidents ALTER COLUMN words DROP NOT NULL",
        "ALTER TABLE help_incidents RENAME COLUMN words TO others",
        "CREATE INDEX ix_other ON help_incidents (words)",
        "CREATE VIEW other AS SELECT * FROM help_incidents",
        "DROP TABLE audit CASCADE",
        "UPDATE alembic_version SET version_num = '0001'",
        MANY_ROWS,
    ],
)
def test_what_was_changed_is_left_to_nobody(postgres: Cluster, left: int, change: str) -> None:
    assert _use(postgres, lambda connection: connection.execute(text(change)))[0] == left - 1


def test_what_is_locked_is_left_to_nobody(postgres: Cluster, left: int) -> None:
    """By a process that was killed, say, and whose connection is not closed yet."""
    with postgres.schema() as address:
        database = Database.create(address)
        with database.writing() as connection:
            _begin(connection)
        other = database.engine.connect()
        other.execute(text("LOCK TABLE help_incidents IN SHARE MODE"))
        spare = SPARE[str(postgres.folder)]
        name = other.scalar(text("SELECT current_schema()"))
        with database.writing() as connection:
            assert not spare.give_back(connection, str(name))
        other.close()
        database.close()
    assert len(spare.left) == left, "and could be once the lock was gone"
