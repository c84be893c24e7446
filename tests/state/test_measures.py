"""Measures in the database, and databases from before them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from oneseat.state.database import Database
from oneseat.state.room import measures
from oneseat.state.room.measures import GIVEN, WITHDRAWN, DueOrder, NewMeasure, Person

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
FIRST, SECOND = Person("zhang", "张主考"), Person("li", "李副主考")
DRAFT = NewMeasure("a" * 32, "demo", AT, FIRST, "postpone", 0, 600, ("b" * 32, "c" * 32), "power", None)


def test_a_draft_is_settled_once_and_sent_in_order(database: Database) -> None:
    later = AT + timedelta(seconds=30)
    with database.writing() as connection:
        measures.add(connection, DRAFT)
        draft = measures.find(connection, "demo", DRAFT.id)
        assert draft is not None and vars(draft).items() >= vars(DRAFT).items() and draft.outcome is None
        assert measures.find(connection, "other", DRAFT.id) is None
        assert measures.take_due(connection, "demo", AT, later) == []
        assert measures.settle(connection, DRAFT.id, GIVEN, SECOND, AT, 1)
        assert not measures.settle(connection, DRAFT.id, WITHDRAWN, FIRST, AT)
        assert measures.take_due(connection, "demo", AT, later) == [DueOrder(DRAFT.id, 1, 1)]
        assert measures.take_due(connection, "demo", AT, later) == []
        measures.send_later(connection, DRAFT.id, AT, "away")
        assert measures.take_due(connection, "demo", AT, later) == [DueOrder(DRAFT.id, 1, 2)]
        measures.finish_sending(connection, DRAFT.id, later)
        assert measures.take_due(connection, "demo", later, later) == []
        (settled,) = measures.list_newest(connection, "demo", 5)
    assert (settled.settled_by, settled.number, settled.sent_at) == (SECOND, 1, later)


@pytest.mark.usefixtures("real_migrations")
def test_a_database_of_all_migrations_has_the_table(where: str) -> None:
    database = Database.create(where)
    with database.writing() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM room_measures")) == 0
        measures.add(connection, DRAFT)
    database.close()
