"""Papers in the database: processes that wait, messages to each, keys stored once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from oneseat.state.database import Database
from oneseat.state.room import papers
from oneseat.state.room.papers import Message, StoredKey, WaitingPaper, WaitingProcess

AT = datetime(2035, 1, 10, 2, 55, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAPER, OTHER = b"p" * 32, b"q" * 32
WAITING = WaitingPaper("formal-0.a", AT.isoformat(), ("wang",))
FIRST = WaitingProcess("a" * 32, b"k" * 32, b"s" * 64, AT, {PAPER: WAITING})
SECOND_ONE = replace(FIRST, process="b" * 32, seen_at=AT - 60 * SECOND)
SHARE = Message(FIRST.process, PAPER, "wang-id", "wang", b"sealed", AT)


def test_processes_that_wait_are_known_until_they_are_silent(database: Database) -> None:
    with database.writing() as connection:
        for process in (FIRST, SECOND_ONE):
            papers.announce(connection, "demo", process)
        again = replace(FIRST, papers={PAPER: replace(WAITING, unlocked=True)}, seen_at=AT + SECOND)
        papers.announce(connection, "demo", again)
        papers.announce(connection, "other", FIRST)
        assert papers.list_waiting(connection, "demo", AT) == [again]
        papers.send(connection, "demo", [replace(SHARE, process=SECOND_ONE.process)])
        papers.forget_processes(connection, "demo", AT)
        assert papers.list_messages(connection, "demo", SECOND_ONE.process) == []
        assert papers.list_waiting(connection, "demo", AT - 90 * SECOND) == [again]


def test_a_message_is_for_one_process_and_replaces_the_one_before(database: Database) -> None:
    newer = replace(SHARE, sealed=b"anew", sent_at=AT + SECOND)
    by_other = replace(SHARE, sender="li-id", sender_name="li")
    elsewhere = replace(SHARE, process=SECOND_ONE.process)
    with database.writing() as connection:
        papers.send(connection, "demo", [SHARE, elsewhere])
        papers.send(connection, "demo", [newer, by_other])
    with database.writing() as connection:
        assert papers.list_messages(connection, "demo", FIRST.process) == [by_other, newer]
        papers.delete_messages(connection, "demo", [by_other, newer])
        assert papers.list_messages(connection, "demo", FIRST.process) == []
        assert papers.list_messages(connection, "demo", SECOND_ONE.process) == [elsewhere]


def test_a_key_is_stored_once(database: Database) -> None:
    key = StoredKey(PAPER, "formal-0.a", b"sealed", "li,wang", AT)
    with database.writing() as connection:
        assert papers.store_key(connection, "demo", key)
        assert not papers.store_key(connection, "demo", replace(key, sealed_key=b"other"))
        assert papers.find_key(connection, "demo", PAPER) == key
        assert papers.find_key(connection, "demo", OTHER) is None
        assert papers.find_key(connection, "other", PAPER) is None
