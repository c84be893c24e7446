"""The migration for the desk's search fills in what older rows lack."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from oneseat.state.accounts import audit
from oneseat.state.database import Database, _url
from oneseat.state.upgrading import MIGRATIONS

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)


@pytest.fixture
def old(where: str) -> str:
    """A database of the revision before, with a seat and two audit entries in it."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config).get_revision("0015")
    assert script is not None
    engine = create_engine(_url(where))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(script.down_revision))
        connection.execute(text("INSERT INTO seats VALUES ('demo', '100000001234', 1, 'j', NULL)"))
        genesis = audit.GENESIS
        for act, facts in (("seat.moved", '{"jti":"j"}'), ("publish", '{"seats":1}')):
            genesis = audit._digest(genesis, AT, "demo", "x", act, facts)
            values = {"at": int(AT.timestamp()) * 1_000_000, "act": act, "facts": facts, "digest": genesis}
            connection.execute(
                text(
                    "INSERT INTO audit (at, exam, actor, act, facts, digest) "
                    "VALUES (:at, 'demo', 'x', :act, :facts, :digest)"
                ),
                values,
            )
    engine.dispose()
    return where


@pytest.mark.usefixtures("real_migrations")
def test_older_rows_are_found_as_new_ones(old: str) -> None:
    database = Database.open(old)
    with database.reading() as connection:
        assert connection.scalar(text("SELECT tail FROM seats")) == "1234"
        assert connection.execute(text("SELECT jti FROM audit ORDER BY id")).scalars().all() == ["j", None]
        assert audit.verify(connection)[0] == 2
    database.close()
