"""Recorded traits, and the daily budgets of re-binding, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from oneseat.state import upgrading
from oneseat.state.candidates import activations, login_budget
from oneseat.state.database import SCHEMA_REVISION, Database, _engine, _url
from oneseat.state.errors import SeatTaken

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
JTI, KEY = "a" * 32, b"k" * 32
TRAITS = {"machine-guid": "1" * 32, "system-disk": "2" * 32, "system-volume": "3" * 32}
SUBJECT = login_budget.rebind_subject(b"p" * 32, "demo", JTI)


def _claim(
    database: Database, traits: dict[str, str] | None, device: bytes = KEY
) -> activations.ActiveDevice | None:
    with database.writing() as connection:
        activations.claim(connection, "demo", JTI, device, "t", AT, traits=traits)
    with database.reading() as connection:
        return activations.find(connection, JTI)


def _take(database: Database, now: datetime) -> bool:
    with database.writing() as connection:
        before = login_budget.has_daily_token(connection, SUBJECT, now, 3)
        taken = login_budget.take_daily_token(connection, SUBJECT, now, 3)
    assert before == taken
    return taken


def test_the_device_that_holds_the_seat_says_what_its_computer_is(database: Database) -> None:
    for sent, recorded in ((None, {}), (TRAITS, TRAITS), (None, TRAITS), ({**TRAITS, "a": "4"},) * 2):
        held = _claim(database, sent)
        assert held is not None
        assert held.traits == recorded
        assert "1111" not in repr(held)
    with pytest.raises(SeatTaken):
        _claim(database, {"a": "5"}, b"o" * 32)
    after = _claim(database, None)
    assert after is not None
    assert after.traits == {**TRAITS, "a": "4"}


def test_three_a_day_at_once_and_then_one_each_eight_hours(database: Database) -> None:
    assert [_take(database, AT) for _ in range(4)] == [True, True, True, False]
    assert not _take(database, AT + 8 * HOUR - timedelta(microseconds=1))
    assert [_take(database, AT + 8 * HOUR) for _ in range(2)] == [True, False]
    later = AT + 48 * HOUR
    assert [_take(database, later) for _ in range(4)] == [True, True, True, False]


def test_support_resets_it(database: Database) -> None:
    assert [_take(database, AT) for _ in range(4)][-1] is False
    with database.writing() as connection:
        login_budget.reset_seat(connection, b"p" * 32, "demo", "1", JTI)
    assert _take(database, AT)


def test_activations_of_an_earlier_version_have_no_traits(where: str) -> None:
    """The migration adds the column to rows that exist, and changes nothing in them."""
    database = Database(_engine(_url(where)))
    config = Config()
    config.set_main_option("script_location", str(upgrading.MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        assert "traits" not in {column["name"] for column in inspect(connection).get_columns("activations")}
        row = "INSERT INTO activations (jti, exam, device_key, token, at) VALUES (:jti, 'demo', :key, 't', 1)"
        connection.execute(text(row), {"jti": JTI, "key": KEY})
    database.upgrade()
    with database.reading() as connection:
        held = activations.find(connection, JTI)
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == SCHEMA_REVISION
    assert held is not None
    assert (held.device_key, held.traits) == (KEY, {})
    database.close()
