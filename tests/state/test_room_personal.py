"""Requests about personal data in the database: those from before salts are read, and answered with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from oneseat.state.database import Database, _url
from oneseat.state.room import personal
from oneseat.state.room.personal import NewPersonalRequest, PersonalAnswer
from oneseat.state.tables.room_personal import RoomPersonalRequestRow
from oneseat.state.upgrading import MIGRATIONS

AT = datetime(2035, 1, 11, tzinfo=UTC)
JTI = "a" * 32
ANSWER = PersonalAnswer(AT + timedelta(days=1), "wang", "granted", "done")


def salts(database: Database) -> list[str | None]:
    with database.reading() as connection:
        query = select(RoomPersonalRequestRow.salt).order_by(RoomPersonalRequestRow.id)
        return list(connection.scalars(query))


def test_each_request_has_a_salt_of_its_own_that_its_answer_keeps(where: str) -> None:
    database = Database.create(where)
    new = NewPersonalRequest(JTI, "copy", AT, AT, "wang", "words")
    with database.writing() as connection:
        first, second = (personal.add(connection, "test", new) for _ in range(2))
    before = salts(database)
    assert first != second and len(set(before)) == 2 and None not in before
    with database.writing() as connection:
        assert personal.answer(connection, "test", JTI, first, ANSWER)
        assert not personal.answer(connection, "test", JTI, first, ANSWER)
    assert salts(database) == before
    database.close()


@pytest.mark.usefixtures("real_migrations")
def test_a_request_from_before_salts_is_read_and_has_one_once_it_is_answered(where: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config).get_revision("0040")
    assert script is not None
    engine = create_engine(_url(where))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(script.down_revision))
        connection.execute(
            text(
                "INSERT INTO room_personal_requests (exam, jti, kind, received_at, due_at, operator, words)"
                f" VALUES ('test', '{JTI}', 'copy', 0, 1, 'wang', 'words')"
            )
        )
    engine.dispose()
    database = Database.open(where)
    with database.reading() as connection:
        (request,) = personal.of_seat(connection, "test", JTI)
    assert (request.words, salts(database)) == ("words", [None])
    with database.writing() as connection:
        assert personal.answer(connection, "test", JTI, request.id, ANSWER)
    assert salts(database) != [None]
    database.close()
