"""Groups of attempts and the log of watches in the database, and databases from before them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from oneseat.state.database import Database
from oneseat.state.room import attempts, groups, watches
from oneseat.state.room.attempts import NewAttempt
from oneseat.state.room.groups import GroupKey

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = NewAttempt("a" * 32, "demo", "b" * 32, "formal", 0, 1, bytes(32), "ticket", AT)
PLACE = ("demo", "formal", 0)
ONE = GroupKey(*PLACE, 1)


def _begin(database: Database, number: int, size: int, session: int = 0) -> int:
    new = replace(FIRST, id=f"{number:032x}", jti=f"{number:032x}", session=session)
    with database.writing() as connection:
        assert attempts.create(connection, new)
        return groups.join(connection, new, size)


def test_an_attempt_joins_the_fullest_open_group_or_a_new_one(database: Database) -> None:
    with database.writing() as connection:
        assert groups.prepare(connection, *PLACE, 2) == 2
        assert groups.prepare(connection, *PLACE, 2) == 0
    assert [_begin(database, number, 2) for number in range(5)] == [1, 1, 2, 2, 3]
    assert _begin(database, 5, 2, session=1) == 1, "another session has groups of its own"
    assert _begin(database, 6, 3) == 1, "a larger size opens full ones again"
    with database.reading() as connection:
        members = {each.number: each.members for each in groups.list_of(connection, *PLACE)}
        assert members == {1: 3, 2: 2, 3: 1}
        assert Counter(groups.members_of(connection, *PLACE).values()) == members
        assert groups.group_of(connection, f"{2:032x}") == 2
        assert groups.group_of(connection, "none") is None


def test_a_seat_that_comes_again_goes_where_it_was(database: Database) -> None:
    assert [_begin(database, number, 1) for number in range(3)] == [1, 2, 3]
    again = replace(FIRST, id="f" * 32, jti=f"{1:032x}", ordinal=2)
    with database.writing() as connection:
        attempts.create(connection, again)
        assert groups.join(connection, again, 1) == 2
        assert [each.members for each in groups.list_of(connection, *PLACE)] == [1, 1, 1]


def test_no_group_grows_too_large_where_many_begin_at_once(database: Database) -> None:
    wanted = iter(range(24))
    lock, faults = threading.Lock(), []

    def begin_some() -> None:
        try:
            while True:
                with lock:
                    number = next(wanted, None)
                if number is None:
                    return
                _begin(database, number, 5)
        except Exception as error:  # noqa: BLE001 -- told below
            faults.append(error)

    threads = [threading.Thread(target=begin_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with database.reading() as connection:
        shown = groups.list_of(connection, *PLACE)
        counted = Counter(groups.members_of(connection, *PLACE).values())
    assert sorted(each.members for each in shown) == [4, 5, 5, 5, 5]
    assert counted == {each.number: each.members for each in shown}


def test_invigilators_are_of_their_groups(database: Database) -> None:
    assert [_begin(database, number, 1) for number in range(2)] == [1, 2]
    with database.writing() as connection:
        assert groups.assign(connection, ONE, "chen", "sun")
        assert not groups.assign(connection, ONE._replace(number=9), "chen", "sun")
        group = groups.find_of(connection, f"{0:032x}")
        assert group is not None and group.has("chen") and group.has("sun") and not group.has("li")
        assert {name: each.watchers for name, each in groups.memberships_of(connection, *PLACE).items()} == {
            f"{0:032x}": frozenset({"chen", "sun"}),
            f"{1:032x}": frozenset(),
        }
        assert groups.record_unwatched(connection, ONE, AT)
        assert not groups.record_unwatched(connection, ONE, AT + MINUTE), "one process says so"
        assert groups.list_of(connection, *PLACE)[0].unwatched_since == AT
        assert groups.record_unwatched(connection, ONE, None)
        assert not groups.record_unwatched(connection, ONE, None)


def test_a_watch_goes_on_until_its_page_is_silent(database: Database) -> None:
    with database.writing() as connection:
        for seconds in (0, 20, 40, 99, 100, 160):
            at = AT + timedelta(seconds=seconds)
            watches.record(connection, ONE, "chen", at, MINUTE)
        watches.record(connection, ONE, "sun", AT, MINUTE)
        log = watches.list_of(connection, ONE)
        spans = [((w.began_at - AT).seconds, (w.seen_at - AT).seconds) for w in log if w.operator == "chen"]
        assert spans == [(0, 100), (160, 160)]
        heard = watches.heard(connection, *PLACE, AT + MINUTE)
        assert heard == {1: {"chen": AT + timedelta(seconds=160)}}
        assert watches.was_any(connection, *PLACE) and not watches.was_any(connection, "demo", "formal", 1)


@pytest.mark.usefixtures("real_migrations")
def test_a_database_of_all_migrations_has_the_tables(where: str) -> None:
    database = Database.create(where)
    _begin(database, 1, 40)
    with database.writing() as connection:
        watches.record(connection, ONE, "chen", AT, MINUTE)
        assert connection.scalar(text("SELECT COUNT(*) FROM room_watches")) == 1
    database.close()
