"""Ending sessions raises a seat's epoch, each time by one, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import select

from oneseat.state.candidates import sessions
from oneseat.state.database import Database
from oneseat.state.tables.activation import SessionEpoch

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)


def _epochs(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        rows = connection.execute(select(SessionEpoch.jti, SessionEpoch.epoch)).all()
    return {row.jti: row.epoch for row in rows}


def test_each_end_counts_for_its_seat_alone(database: Database) -> None:
    for jti in ("a", "a", "b"):
        with database.writing() as connection:
            sessions.end_all(connection, "demo", jti, AT)
    assert _epochs(database) == {"a": 2, "b": 1}


def test_of_many_ends_at_once_none_is_lost(database: Database) -> None:
    def end(_: int) -> None:
        with database.writing() as connection:
            sessions.end_all(connection, "demo", "a", AT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, range(24)))
    assert _epochs(database) == {"a": 24}
