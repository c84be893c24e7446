"""Migrations of a database that other processes are using."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from oneseat.state import upgrading
from oneseat.state.database import SCHEMA_REVISION, Database, _engine, _url
from oneseat.state.errors import StateUnavailable
from tests.patience import PATIENCE_S
from tests.postgres import Cluster

LICENCE = (
    "INSERT INTO licences (jti, edition_id, exam, admission_number, login_tag, sealed_key, token) "
    "VALUES (:jti, 1, 'demo', :jti, '\\x00', '\\x00', 't')"
)


@pytest.fixture
def old(postgres: Cluster) -> Iterator[Database]:
    """A PostgreSQL database of the third revision, with a licence in it."""
    with postgres.schema() as address:
        database = Database(_engine(_url(address)))
        config = Config()
        config.set_main_option("script_location", str(upgrading.MIGRATIONS))
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0003")
            connection.execute(text(LICENCE), {"jti": "a"})
        yield database
        database.close()


def _revision(database: Database) -> object:
    with database.reading() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _valid(database: Database) -> object:
    query = (
        "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE c.relname = 'ix_licences_exam_admission_number' AND pg_table_is_visible(c.oid)"
    )
    with database.reading() as connection:
        return connection.scalar(text(query))


def test_writers_do_not_wait_for_an_index_that_is_being_built(old: Database) -> None:
    done = threading.Event()

    def upgrade() -> None:
        old.upgrade()
        done.set()

    with old.engine.begin() as slow:
        slow.execute(text(LICENCE), {"jti": "b"})  # building waits for this transaction to end
        thread = threading.Thread(target=upgrade)
        thread.start()
        assert not done.wait(1)
        with old.engine.begin() as writer:
            writer.execute(text("SET LOCAL lock_timeout = '500ms'"))
            writer.execute(text(LICENCE), {"jti": "c"})
    thread.join(PATIENCE_S)
    assert done.is_set()
    assert (_revision(old), _valid(old)) == (SCHEMA_REVISION, True)


def test_an_index_whose_building_was_killed_is_built_anew(old: Database) -> None:
    with old.engine.begin() as connection:
        connection.execute(
            text("CREATE INDEX ix_licences_exam_admission_number ON licences (exam, admission_number)")
        )
        connection.execute(
            text(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
                "'ix_licences_exam_admission_number'::regclass"
            )
        )
    assert _valid(old) is False
    old.upgrade()
    assert (_revision(old), _valid(old)) == (SCHEMA_REVISION, True)


def test_a_migration_gives_way_and_tries_again(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "LOCK_TIMEOUT_S", 0.2)
    held, waited = threading.Event(), threading.Event()

    def hold() -> None:
        with old.engine.begin() as connection:
            connection.execute(text("LOCK TABLE batches IN ACCESS SHARE MODE"))
            held.set()
            assert waited.wait(PATIENCE_S)

    monkeypatch.setattr("oneseat.state.upgrading.time.sleep", lambda _: waited.set())
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE_S)
    old.upgrade()
    holder.join()
    assert waited.is_set()
    assert _revision(old) == SCHEMA_REVISION


def test_a_table_that_is_never_free_is_reported(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "LOCK_TIMEOUT_S", 0.1)
    monkeypatch.setattr(upgrading, "ATTEMPTS", 2)
    monkeypatch.setattr("oneseat.state.upgrading.time.sleep", lambda _: None)
    with old.engine.begin() as connection:
        connection.execute(text("LOCK TABLE batches IN ACCESS SHARE MODE"))
        with pytest.raises(StateUnavailable):
            Database.open(old.engine.url.render_as_string(hide_password=False))
    assert _revision(old) not in (SCHEMA_REVISION, "0003")
    with old.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM licences")) == 1


def test_a_current_database_is_opened_without_a_lock(old: Database) -> None:
    old.upgrade()
    with old.engine.begin() as connection:
        connection.execute(text("LOCK TABLE batches IN ACCESS EXCLUSIVE MODE"))
        old.upgrade()
