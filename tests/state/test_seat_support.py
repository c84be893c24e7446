"""Changes by the operators' desk, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from oneseat.state.accounts import audit
from oneseat.state.candidates import activations, seat_support
from oneseat.state.database import Database
from oneseat.state.errors import AuditBroken, AuditTruncated, DeviceRetired, SeatTaken

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
JTI = "a" * 32
OLD, NEW, THIRD = b"o" * 32, b"n" * 32, b"t" * 32


def _claim(database: Database, device: bytes) -> bytes:
    with database.writing() as connection:
        return activations.claim(connection, "demo", JTI, device, device.decode(), LATER).device_key


def _move(database: Database) -> bytes | None:
    with database.writing() as connection:
        return seat_support.retire_device(connection, "demo", JTI, AT)


def test_a_moved_seat_goes_to_the_next_device_and_never_back(database: Database) -> None:
    _claim(database, OLD)
    assert _move(database) == OLD
    with pytest.raises(DeviceRetired):
        _claim(database, OLD)
    assert _claim(database, NEW) == NEW
    with pytest.raises(DeviceRetired):
        _claim(database, OLD)
    with pytest.raises(SeatTaken):
        _claim(database, THIRD)


def test_a_seat_without_a_device_cannot_be_moved(database: Database) -> None:
    assert _move(database) is None


def test_the_old_device_asking_while_the_seat_is_moved_never_keeps_it(database: Database) -> None:
    for _ in range(10):
        with database.writing() as connection:
            seat_support.retire_device(connection, "demo", JTI, AT)
        device = bytes(range(_, _ + 32))
        _claim_quietly(database, device)
        claiming = [threading.Thread(target=_claim_quietly, args=(database, device)) for _ in range(4)]
        moving = threading.Thread(target=_move, args=(database,))
        for thread in (*claiming, moving):
            thread.start()
        for thread in (*claiming, moving):
            thread.join()
        with database.reading() as connection:
            assert activations.find(connection, JTI) is None


def _claim_quietly(database: Database, device: bytes) -> None:
    try:
        with database.writing() as connection:
            activations.claim(connection, "demo", JTI, device, "token", LATER)
    except DeviceRetired:
        pass


def test_a_reissue_is_queued_once_and_taken_off_when_made(database: Database) -> None:
    with database.writing() as connection:
        assert seat_support.queue_reissue(connection, "demo", "1", JTI, AT)
        assert not seat_support.queue_reissue(connection, "demo", "1", JTI, AT)
        assert seat_support.queue_reissue(connection, "other", "1", JTI, AT)
        assert seat_support.pending_reissues(connection, "demo", ["1", "2"]) == {"1": JTI}
        seat_support.finish_reissues(connection, "demo", ["1"], LATER)
        assert seat_support.pending_reissues(connection, "demo", ["1"]) == {}
        assert seat_support.pending_reissues(connection, "other", ["1"]) == {"1": JTI}
        assert seat_support.reissues(connection, "demo", "1") == [(AT, LATER)]


def test_the_latest_word_on_an_allowance_counts(database: Database) -> None:
    with database.writing() as connection:
        assert seat_support.allowed_until(connection, "demo", "1") is None
        seat_support.allow(connection, "demo", "1", LATER, AT)
        seat_support.allow(connection, "demo", "1", AT, LATER)
        assert seat_support.allowed_until(connection, "demo", "1") == AT
        assert seat_support.allowed_until(connection, "other", "1") is None


def test_maintenance_is_on_until_it_is_off(database: Database) -> None:
    with database.writing() as connection:
        seat_support.start_maintenance(connection, "demo", AT, None)
        seat_support.start_maintenance(connection, "demo", LATER, LATER)
        assert seat_support.maintenance(connection, "demo") == seat_support.Maintenance(AT, LATER)
        assert seat_support.maintenance(connection, "other") is None
        assert seat_support.end_maintenance(connection, "demo")
        assert not seat_support.end_maintenance(connection, "demo")


def _log(database: Database, *acts: str) -> audit.AuditHead:
    with database.writing() as connection:
        for act in acts:
            audit.append(connection, AT, "test", act, "demo", {"jti": JTI})
        return audit.read_head(connection)


def test_an_older_head_shows_what_was_cut_off(database: Database) -> None:
    nothing = _log(database)
    two = _log(database, "a", "b")
    five = _log(database, "c", "d", "e")
    with database.reading() as connection:
        for head in (nothing, two, five):
            assert audit.verify(connection, head) == (five.entries, five.digest)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE act IN ('d', 'e')")
    with database.reading() as connection:
        assert audit.verify(connection)[0] == 3, "alone, the rest is sound"
        assert audit.verify(connection, two)[0] == 3
        with pytest.raises(AuditTruncated):
            audit.verify(connection, five)


def test_an_older_head_shows_a_log_that_was_written_anew(database: Database) -> None:
    head = _log(database, "a", "b", "c")
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit")
    _log(database, "a", "x", "c", "d")
    with database.reading() as connection, pytest.raises(AuditBroken):
        audit.verify(connection, head)


def test_a_moment_has_one_digest_whatever_zone_it_was_told_in(database: Database) -> None:
    with database.writing() as connection:
        audit.append(connection, AT.astimezone(timezone(timedelta(hours=8))), "test", "a")
        audit.verify(connection)


def test_the_log_is_read_newest_first_and_by_seat(database: Database) -> None:
    _log(database, "a", "b")
    with database.writing() as connection:
        audit.append(connection, AT, "test", "c", "demo", {"jti": "b" * 32})
        audit.append(connection, AT, "test", "d", "other", {"jti": JTI})
    with database.reading() as connection:
        assert [entry.act for entry in audit.latest(connection, "demo", 2)] == ["c", "b"]
        assert [entry.act for entry in audit.latest(connection, "demo", 9, JTI)] == ["b", "a"]
