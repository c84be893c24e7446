"""The migration for phones: what was there before is of installers."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from oneseat.state.database import Database, _url
from oneseat.state.upgrading import MIGRATIONS


@pytest.fixture
def old(where: str) -> str:
    """A database of the revision before, with an edition and a log line in it."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config).get_revision("0028")
    assert script is not None
    engine = create_engine(_url(where))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(script.down_revision))
        connection.execute(text("INSERT INTO editions VALUES (1, 'demo', 'a', 'b', 0)"))
        connection.execute(text("INSERT INTO manifest_lines VALUES ('demo', 0, 's', 'j', NULL, NULL, NULL)"))
    engine.dispose()
    return where


@pytest.mark.usefixtures("real_migrations")
def test_editions_and_lines_from_before_are_of_installers(old: str) -> None:
    database = Database.open(old)
    with database.reading() as connection:
        for table in ("editions", "manifest_lines"):
            assert connection.scalar(text(f"SELECT artefact FROM {table}")) == "installer"
        assert connection.scalar(text("SELECT COUNT(*) FROM phone_downloads")) == 0
    database.close()
