"""Activations, downloads, and the budget of failed identity checks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from oneseat.state.candidates import activations, downloads, login_budget
from oneseat.state.database import Database
from oneseat.state.errors import SeatTaken
from oneseat.state.tables.metadata import whole_metadata
from tests.forked import PROCESSES

NOW = datetime(2035, 1, 4, 3, 0, tzinfo=UTC)
JTI = "0" * 31 + "1"


def _claim(where: str, device: int) -> str | None:
    database = Database.open(where)
    try:
        with database.writing() as connection:
            key = device.to_bytes(32, "big")
            return activations.claim(connection, "demo", JTI, key, f"token-{device}", NOW).token
    except SeatTaken:
        return None
    finally:
        database.close()


def test_a_hundred_simultaneous_claims_from_several_processes_have_one_winner(where: str) -> None:
    Database.create(where).close()
    with PROCESSES.Pool(4) as pool:
        answers = pool.starmap(_claim, [(where, device) for device in range(100)])
    winners = [answer for answer in answers if answer is not None]
    assert len(winners) == 1


def test_threads_of_one_process_have_one_winner_too(database: Database) -> None:
    def claim(device: int) -> bool:
        try:
            with database.writing() as connection:
                activations.claim(connection, "demo", JTI, device.to_bytes(32, "big"), "t", NOW)
        except SeatTaken:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(claim, range(100))) == 1


def test_the_same_device_gets_the_same_activation_again(database: Database) -> None:
    key = b"k" * 32
    with database.writing() as connection:
        first = activations.claim(connection, "demo", JTI, key, "first", NOW)
    with database.writing() as connection:
        again = activations.claim(connection, "demo", JTI, key, "second", NOW + timedelta(hours=1))
    assert again == first
    assert again.token == "first"
    with database.reading() as connection:
        assert activations.find(connection, JTI) == first


def test_a_download_keeps_its_first_times(database: Database) -> None:
    later = NOW + timedelta(minutes=5)
    with database.writing() as connection:
        downloads.start(connection, JTI, NOW)
        downloads.grant(connection, "demo", JTI, NOW)
        downloads.grant(connection, "demo", JTI, later)
        downloads.start(connection, JTI, later)
        downloads.start(connection, JTI, later + timedelta(1))
        record = downloads.find(connection, JTI)
        assert record == downloads.DownloadRecord(JTI, NOW, later, later, None)
        assert downloads.counts(connection, "demo") == (1, 1, 0)
        downloads.finish(connection, JTI, later)
        downloads.finish(connection, JTI, later + timedelta(1))
        finished = downloads.find(connection, JTI)
        assert finished is not None
        assert finished.finished_at == later
        assert downloads.counts(connection, "demo") == (1, 1, 1)


def test_a_download_that_ended_began_at_some_time_too(database: Database) -> None:
    with database.writing() as connection:
        downloads.grant(connection, "demo", JTI, NOW)
        downloads.finish(connection, JTI, NOW)
        record = downloads.find(connection, JTI)
    assert record == downloads.DownloadRecord(JTI, NOW, NOW, NOW, NOW)


def _delay(failures: int) -> timedelta:
    return timedelta(seconds=max(0, failures - 2) * 10)


def test_failed_proofs_delay_the_next_one(database: Database) -> None:
    subject = login_budget.subject(b"pepper", "demo", "１２３ ")
    assert subject == login_budget.subject(b"pepper", "demo", "123")
    now = NOW
    with database.writing() as connection:
        for failures in (1, 2, 3):
            assert login_budget.spend(connection, subject, now, _delay) == login_budget.SpendResult(
                True, failures, now + _delay(failures)
            )
        refused = login_budget.spend(connection, subject, now + timedelta(seconds=9), _delay)
        assert refused == login_budget.SpendResult(False, 3, now + timedelta(seconds=10))
        assert login_budget.spend(connection, subject, now + timedelta(seconds=10), _delay).allowed
        login_budget.refund(connection, subject)
        assert login_budget.failures(connection, subject) == 3
        login_budget.reset(connection, subject)
        assert login_budget.failures(connection, subject) == 0


def test_who_came_a_moment_earlier_and_is_looked_at_later_need_not_wait(database: Database) -> None:
    earlier = NOW - timedelta(milliseconds=30)
    with database.writing() as connection:
        assert login_budget.spend(connection, b"s" * 32, NOW, _delay).allowed
        login_budget.refund(connection, b"s" * 32)
        assert login_budget.spend(connection, b"s" * 32, earlier, _delay).allowed
        assert login_budget.spend(connection, b"s" * 32, NOW, _delay).allowed


def test_simultaneous_guesses_are_each_counted(database: Database) -> None:
    def guess(_: int) -> bool:
        with database.writing() as connection:
            return login_budget.spend(
                connection, b"s" * 32, NOW, lambda failures: timedelta(hours=failures // 5)
            ).allowed

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(guess, range(60))) == 5


def test_no_column_could_hold_a_person() -> None:
    names = {column.name for table in whole_metadata().tables.values() for column in table.columns}
    assert not {name for name in names if "id_number" in name or name in ("person", "candidate", "birth")}


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_proof_subject_hides_the_number(number: str) -> None:
    assert number.encode() not in login_budget.subject(b"pepper" * 10, "demo", number * 20)
