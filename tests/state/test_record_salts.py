"""Salts of records: each row gets its own, and a request from before gets one when words are added to it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select, update

from oneseat.state.database import Database
from oneseat.state.room import endings
from oneseat.state.room.endings import NewEnding
from oneseat.state.tables.room_invigilation import RoomEndingRow

AT = datetime(2035, 1, 11, tzinfo=UTC)


def test_a_reopening_salts_a_request_that_has_no_salt_and_keeps_one_that_is_there(where: str) -> None:
    database = Database.create(where)
    with database.writing() as connection:

        def salt_of(ending: int) -> str | None:
            query = select(RoomEndingRow.salt).where(RoomEndingRow.id == ending)
            return connection.execute(query).scalar_one()

        new = NewEnding("test", "a", "danger", "words", AT, "zhang")
        salted, bare = endings.add(connection, new), endings.add(connection, new)
        before = salt_of(salted)
        assert before is not None and len(before) == 32 and before != salt_of(bare)
        connection.execute(update(RoomEndingRow).where(RoomEndingRow.id == bare).values(salt=None))
        for ending in (salted, bare):
            endings.reopen(connection, ending, AT, "li", "why", None)
        given = salt_of(bare)
        assert salt_of(salted) == before
        assert given is not None and len(given) == 32 and given != before
    database.close()
