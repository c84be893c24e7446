"""What the identity step leaves in the database, and databases from before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from oneseat.state import upgrading
from oneseat.state.database import SCHEMA_REVISION, Database, _engine, _url
from oneseat.state.room import identity
from oneseat.state.room.identity import Decision, Photo

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ATTEMPT, LATER, JTI = "a" * 32, "b" * 32, "c" * 32


def test_photographs_are_listed_without_their_contents(database: Database) -> None:
    photos = [Photo(ATTEMPT, "card", AT, 2, "dark"), Photo(ATTEMPT, "face", AT, 1, "good")]
    with database.writing() as connection:
        for photo in photos:
            identity.add_photo(connection, "demo", photo, photo.what.encode())
    with database.reading() as connection:
        assert identity.photos_of(connection, "demo", ATTEMPT) == [photos[1], photos[0]]
        assert identity.sealed_photos(connection, "demo", ATTEMPT) == {"face": b"face", "card": b"card"}
        assert identity.photos_of(connection, "other", ATTEMPT) == []


def test_a_claim_is_due_until_it_is_answered_and_taken_by_one_process(database: Database) -> None:
    with database.writing() as connection:
        identity.add_claim(connection, "demo", ATTEMPT, JTI, b"sealed", AT)
        identity.add_claim(connection, "demo", ATTEMPT, JTI, b"another", AT)
        taken = identity.take_due_claims(connection, "demo", AT, AT + MINUTE, 9)
        again = identity.take_due_claims(connection, "demo", AT, AT + MINUTE, 9)
    assert ([claim.sealed for claim in taken], again) == ([b"sealed"], [])
    with database.writing() as connection:
        identity.postpone_claim(connection, ATTEMPT, AT + 3 * MINUTE, "away")
        assert identity.take_due_claims(connection, "demo", AT + 2 * MINUTE, AT + MINUTE, 9) == []
        (later,) = identity.take_due_claims(connection, "demo", AT + 3 * MINUTE, AT + 4 * MINUTE, 9)
        identity.finish_claim(connection, ATTEMPT, AT, agrees=False)
        assert identity.take_due_claims(connection, "demo", AT + 9 * MINUTE, AT, 9) == []
        answered = identity.claim_of_seat(connection, "demo", JTI)
    assert later.tries == 1 and answered is not None and answered.agrees is False


def test_the_newest_claim_of_a_seat_counts(database: Database) -> None:
    with database.writing() as connection:
        identity.add_claim(connection, "demo", LATER, JTI, b"later", AT + MINUTE)
        identity.add_claim(connection, "demo", ATTEMPT, JTI, b"sealed", AT)
        claim = identity.claim_of_seat(connection, "demo", JTI)
        assert identity.claim_of_seat(connection, "demo", "d" * 32) is None
    assert claim is not None and claim.sealed == b"later"


def test_decisions_are_listed_in_their_order(database: Database) -> None:
    made = [Decision(ATTEMPT, AT, name, "doubtful", "other", "") for name in ("zhang", "li")]
    with database.writing() as connection:
        for decision in made:
            identity.add_decision(connection, "demo", decision)
        assert identity.decisions_of(connection, "demo", [ATTEMPT, LATER]) == {ATTEMPT: made, LATER: []}


def test_a_database_from_before_the_step_keeps_its_sessions_and_attempts(where: str) -> None:
    database = Database(_engine(_url(where)))
    config = Config()
    config.set_main_option("script_location", str(upgrading.MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0018")
        assert not [name for name in inspect(connection).get_table_names() if "identity" in name]
        columns = "token_sha256, exam, name, created_at, seen_at"
        row = f"INSERT INTO desk_sessions ({columns}) VALUES (:token, 'demo', 'zhang', 1, 1)"
        connection.execute(text(row), {"token": b"t" * 32})
    database.upgrade()
    with database.reading() as connection:
        assert connection.scalar(text("SELECT place FROM desk_sessions")) == "desk"
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == SCHEMA_REVISION
        assert identity.photos_of(connection, "demo", ATTEMPT) == []
    database.close()
