"""Symptoms and incidents in the database, and databases from before them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from oneseat.state.database import Database
from oneseat.state.help import incidents as desk_incidents
from oneseat.state.room import announcements, incidents, symptoms
from oneseat.state.room.announcements import Announcement
from oneseat.state.room.incidents import Proposal
from oneseat.state.room.symptoms import Figures, Symptom

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
NEW = Proposal("upload-fault", None, Figures(20, AT, AT))


def test_seats_are_counted_once_and_repeated_reports_seldom_written(database: Database) -> None:
    with database.writing() as connection:
        first = [
            Symptom("upload-fault", attempt, jti, AT) for attempt, jti in (("a", "x"), ("b", "x"), ("c", "y"))
        ]
        symptoms.record(connection, "demo", first)
        symptoms.record(connection, "other", [Symptom("upload-fault", "d", "z", AT)])
        assert symptoms.count_since(connection, "demo", AT - SECOND) == {"upload-fault": 2}
        assert symptoms.count_since(connection, "demo", AT - SECOND, 3) == {}
        assert symptoms.count_since(connection, "demo", AT) == {}
        symptoms.record(connection, "demo", [Symptom("upload-fault", "a", "x", AT + 29 * SECOND)])
        assert symptoms.figures(connection, "demo", ["upload-fault"]) == {"upload-fault": (2, AT, AT)}
        later = AT + 31 * SECOND
        symptoms.record(connection, "demo", [Symptom("upload-fault", "a", "x", later)])
        assert symptoms.figures(connection, "demo", ["upload-fault"]) == {"upload-fault": (2, AT, later)}
        assert symptoms.forget(connection, "demo", later, ["upload-fault"], AT, 10) == 0, "it is kept"
        assert symptoms.forget(connection, "demo", later, [], AT, 1) == 1
        assert symptoms.forget(connection, "demo", later, [], AT, 10) == 1
        assert symptoms.forget(connection, "demo", later, ["upload-fault"], later + SECOND, 10) == 1
        assert connection.scalar(text("SELECT COUNT(*) FROM room_symptoms")) == 1, "another exam's"


def test_a_cause_is_proposed_once_and_again_after_a_quiet_time(database: Database) -> None:
    with database.writing() as connection:
        assert incidents.propose(connection, "demo", NEW, AT, AT - HOUR) == 1
        assert incidents.propose(connection, "demo", NEW, AT, AT - HOUR) is None
        other = Proposal("track-ended", "2035.1", Figures(21, AT, AT))
        assert incidents.propose(connection, "demo", other, AT, AT - HOUR) == 2
        found = incidents.lock(connection, "demo", 1)
        assert found is not None and found.is_proposed and incidents.find(connection, "other", 1) is None
        incidents.close(connection, found, AT, "li", "mistaken", Figures(30, AT, AT + SECOND))
        assert incidents.propose(connection, "demo", NEW, AT, AT - SECOND) is None, "too soon"
        assert incidents.propose(connection, "demo", NEW, AT, AT) == 3
        assert [each.number for each in incidents.list_unclosed(connection, "demo")] == [3, 2]
        (closed,) = incidents.list_closed(connection, "demo", 5)
    assert (closed.seats, closed.last_at, closed.closed_by) == (30, AT + SECOND, "li")


def test_an_announcement_of_an_incident_ends_and_the_edition_says_so(database: Database) -> None:
    with database.writing() as connection:
        number = announcements.add(
            connection, Announcement("demo", 0, AT, "li", None, None, "慢", "slow", incident=4)
        )
        assert announcements.news(connection, "demo", AT).edition == (1, 0)
        announcements.end(connection, "demo", number, AT + SECOND)
        announcements.end(connection, "demo", number, AT + HOUR)
        assert announcements.news(connection, "demo", AT).edition == (1, 1)
        (listed,) = announcements.list_all(connection, "demo")
    assert (listed.bulletin, listed.ended_at) == ("i1", AT + SECOND)


def test_the_desk_has_an_incident_of_the_room_once(database: Database) -> None:
    told = desk_incidents.Incident(0, "upload", "慢", AT, "li")
    with database.writing() as connection:
        for _ in range(2):
            desk_incidents.begin_of_room(connection, "demo", 7, told)
        (kept,) = desk_incidents.list_open(connection, "demo")
        assert (kept.reason, kept.words) == ("upload", "慢")
        desk_incidents.end_of_room(connection, "demo", 8, AT)
        assert desk_incidents.list_open(connection, "demo") == [kept]
        desk_incidents.end_of_room(connection, "demo", 7, AT)
        assert desk_incidents.list_open(connection, "demo") == []


@pytest.mark.usefixtures("real_migrations")
def test_a_database_of_all_migrations_has_the_tables(where: str) -> None:
    database = Database.create(where)
    with database.writing() as connection:
        assert incidents.propose(connection, "demo", NEW, AT, AT) == 1
        symptoms.record(connection, "demo", [Symptom("upload-fault", "a", "x", AT)])
    database.close()
