"""Reviews and judgements in the database: a step is taken once, and older databases get the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from oneseat.state.database import Database, _url
from oneseat.state.room import reviews
from oneseat.state.room.reviews import JudgementStep
from oneseat.state.upgrading import MIGRATIONS

AT = datetime(2035, 1, 11, tzinfo=UTC)
STEP = JudgementStep("j", "proposed", AT, "zhang", "words", "clause", ("event-1", "guard-2"))


def test_a_step_is_taken_once(where: str) -> None:
    database = Database.create(where)
    with database.writing() as connection:
        assert reviews.add_step(connection, "test", "a", STEP)
        assert not reviews.add_step(connection, "test", "a", replace(STEP, words="others"))
        assert reviews.add_step(connection, "test", "a", replace(STEP, judgement="k"))
        kept = reviews.judgements_of(connection, "test", "a")
    assert kept == {"j": [STEP], "k": [replace(STEP, judgement="k")]}
    database.close()


@pytest.mark.usefixtures("real_migrations")
def test_a_database_from_before_gets_the_tables(where: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config).get_revision("0034")
    assert script is not None
    engine = create_engine(_url(where))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(script.down_revision))
    engine.dispose()
    database = Database.open(where)
    with database.reading() as connection:
        for table in ("room_reviews", "room_judgement_steps", "room_personal_requests"):
            assert connection.scalar(text(f"SELECT COUNT(*) FROM {table}")) == 0
    database.close()
