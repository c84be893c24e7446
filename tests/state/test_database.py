from __future__ import annotations

import multiprocessing.synchronize
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from oneseat.state.accounts import audit
from oneseat.state.database import SCHEMA_REVISION, Caches, Database
from oneseat.state.errors import (
    AuditBroken,
    RehearsalMixed,
    RunInProgress,
    SchemaTooNew,
    StateAbsent,
    StateUnavailable,
)
from oneseat.state.tables.accounts import AuditEntry
from oneseat.state.tables.metadata import whole_metadata
from oneseat.state.upgrading import MIGRATIONS
from tests.forked import PROCESSES
from tests.patience import PATIENCE_S, wait_until


@pytest.mark.usefixtures("real_migrations")
def test_the_migrations_lead_to_what_the_models_say(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, whole_metadata()) == []


def test_the_head_that_the_code_names_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == SCHEMA_REVISION


def test_a_database_is_opened_again_without_change(tmp_path: Path) -> None:
    Database.create(tmp_path / "state.db", rehearsal=True).close()
    again = Database.open(tmp_path / "state.db")
    assert again.rehearsal
    again.close()


def test_what_sqlite_commits_is_on_the_disk(tmp_path: Path) -> None:
    """Asked in a process of its own, since this one's databases are not synced."""
    asking = (
        "import sys; from oneseat.state.database import Database\n"
        "with Database.create(sys.argv[1]).reading() as connection:\n"
        "    print(connection.exec_driver_sql('PRAGMA synchronous').scalar_one())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asking, str(tmp_path / "state.db")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "2", "FULL"


def test_an_absent_database_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StateAbsent):
        Database.open(tmp_path / "state.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(StateUnavailable):
        Database.open(tmp_path / "state.db")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(StateUnavailable) as caught:
        Database.create("postgresql+nosuchdriver://app:hunter2@db.example/app")
    assert "hunter2" not in caught.value.diagnostics()
    with pytest.raises(StateUnavailable) as caught:
        Database.create("postgresql://[app:hunter2@")
    assert "hunter2" not in caught.value.diagnostics()


def test_a_schema_from_the_future_is_refused(where: str) -> None:
    database = Database.create(where)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(SchemaTooNew):
        Database.open(where)


def test_rehearsal_and_real_data_never_meet(where: str) -> None:
    Database.create(where).close()
    with pytest.raises(RehearsalMixed):
        Database.create(where, rehearsal=True)


def _create(where: str) -> str:
    database = Database.create(where)
    database.close()
    return "made"


def test_many_processes_may_create_at_once(where: str) -> None:
    with PROCESSES.Pool(4) as pool:
        assert pool.map(_create, [where] * 4) == ["made"] * 4


def test_a_failed_block_writes_nothing(database: Database) -> None:
    def fail_after_writing() -> None:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO marks (name, value) VALUES ('x', 'y')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM marks WHERE name = 'x'")) == 0


def test_one_job_runs_once_and_other_jobs_beside_it(database: Database) -> None:
    with database.exclusive("issue demo"):
        with pytest.raises(RunInProgress), database.exclusive("issue demo"):
            pass
        with database.exclusive("issue other"):
            pass
    with database.exclusive("issue demo"):
        pass


def test_the_lock_of_a_process_dies_with_it(where: str) -> None:
    ready = PROCESSES.Event()
    holder = PROCESSES.Process(target=_hold, args=(where, ready))
    holder.start()
    assert ready.wait(PATIENCE_S)
    database = Database.open(where)
    with pytest.raises(RunInProgress), database.exclusive("issue demo"):
        pass
    holder.kill()
    holder.join()
    _wait_until_free(database)
    database.close()


def _wait_until_free(database: Database) -> None:
    """A server frees the lock when it notices that its client is gone: soon, and not at once."""

    def is_free() -> bool:
        try:
            with database.exclusive("issue demo"):
                return True
        except RunInProgress:
            return False

    wait_until(is_free)


def _hold(where: str, ready: multiprocessing.synchronize.Event) -> None:
    database = Database.create(where)
    with database.exclusive("issue demo"):
        ready.set()
        PROCESSES.Event().wait()


def test_times_keep_their_instant_and_need_an_offset(database: Database) -> None:
    beijing = timezone(timedelta(hours=8))
    at = datetime(2035, 1, 4, 10, 0, 0, 123456, tzinfo=beijing)
    with database.writing() as connection:
        audit.append(connection, at, "test", "one")
    with database.reading() as connection:
        assert connection.scalar(AuditEntry.__table__.select().with_only_columns(AuditEntry.at)) == at
    with pytest.raises(Exception, match="aware"), database.writing() as connection:
        audit.append(connection, at.replace(tzinfo=None), "test", "two")


def test_the_audit_log_shows_a_changed_and_a_missing_entry(database: Database) -> None:
    at = datetime(2035, 1, 4, tzinfo=UTC)
    with database.writing() as connection:
        digests = [audit.append(connection, at, "test", f"act.{i}", "demo", {"count": i}) for i in range(5)]
    with database.reading() as connection:
        assert audit.verify(connection) == (5, digests[-1])
    for damage in ("UPDATE audit SET actor = 'other' WHERE id = 3", "DELETE FROM audit WHERE id = 2"):
        with database.engine.connect() as connection:
            connection.execute(text(damage))
            with pytest.raises(AuditBroken):
                audit.verify(connection)


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database.create(tmp_path / "state.db")
    with database.writing() as connection:
        connection.execute(text("SELECT 1"))
        files = list(tmp_path.glob("state.db*"))
        assert len(files) >= 2, "the journals beside it are looked at too"
        for path in files:
            if not path.name.endswith(".lock"):
                assert path.stat().st_mode & 0o077 == 0, path.name
    database.close()


def test_a_connection_in_use_when_the_database_is_closed_is_closed_when_given_back(
    database: Database,
) -> None:
    with database.reading() as connection:
        driver = connection.connection.dbapi_connection
        database.close()
    assert driver is not None
    with pytest.raises(Exception, match="closed"):
        driver.cursor().execute("SELECT 1")


def test_what_connections_keep_of_the_file_is_bounded(tmp_path: Path) -> None:
    Database.create(tmp_path / "state.db").close()
    kib = []
    for options in ({}, {"caches": Caches(4, 32)}):
        database = Database.open(tmp_path / "state.db", **options)
        with database.reading() as connection:
            kib.append(connection.scalar(text("PRAGMA cache_size")))
        database.close()
    assert kib == [-64 * 1024, -4 * 1024]
