"""Places in sessions and tokens of services, on every database that OneSeat runs on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import activations, attendance, seat_support
from oneseat.state.candidates.attendance import AttendanceRecord, Turnout
from oneseat.state.database import Database
from oneseat.state.errors import ServiceTokenUnknown
from oneseat.state.issuing import licences
from tests.patience import PATIENCE_S

EXAM, NUMBER, JTI = "demo", "1", "a" * 32
AT = datetime(2035, 1, 4, 4, 0, 0, 250_000, tzinfo=UTC)
MOCK = AttendanceRecord(EXAM, NUMBER, JTI, "mock", 0, date(2035, 1, 4), b"d" * 32, "ticket", AT, AT)
FORMAL = replace(MOCK, kind="formal", day=date(2035, 1, 10))


def _take(database: Database, place: AttendanceRecord) -> bool:
    with database.writing() as connection:
        return attendance.record_first_ticket(connection, place)


def _places(database: Database) -> tuple[AttendanceRecord, ...]:
    with database.reading() as connection:
        return attendance.find_by_seat(connection, EXAM, NUMBER)


def _issue(database: Database, *jtis: str) -> None:
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "a" * 64, "build-1", AT).id
        for generation, jti in enumerate(jtis):
            write = licences.advance_seats if generation else licences.add_seats
            licence = licences.NewLicence(NUMBER, generation, jti, b"t" * 32, b"sealed", f"token-{jti}")
            write(connection, EXAM, edition, [licence])


def test_there_is_one_mock_a_day_and_one_place_in_a_formal(database: Database) -> None:
    assert _take(database, MOCK)
    assert not _take(database, replace(MOCK, session=1, jti="b" * 32, ticket="second"))
    assert _take(database, replace(MOCK, day=date(2035, 1, 5), first_ticket_at=AT + timedelta(days=1)))
    assert _take(database, FORMAL)
    assert not _take(database, replace(FORMAL, day=date(2035, 1, 11)))
    assert _take(database, replace(FORMAL, session=1))
    assert _take(database, replace(FORMAL, admission_number="2"))
    assert [place.ticket for place in _places(database)] == ["ticket"] * 4


def test_of_many_at_once_one_takes_the_place(database: Database) -> None:
    gate = threading.Barrier(8)

    def rush(number: int) -> bool:
        gate.wait()
        return _take(database, replace(MOCK, session=number, ticket=f"ticket {number}"))

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(rush, range(8)))
    assert won.count(True) == 1
    (place,) = _places(database)
    assert place.session == won.index(True)


def test_what_the_room_reports_first_stays(database: Database) -> None:
    _take(database, MOCK)
    hour = timedelta(hours=1)
    with database.writing() as connection:
        attendance.record_start(connection, MOCK, AT + hour)
        attendance.record_start(connection, MOCK, AT + 2 * hour)
        attendance.record_end(connection, MOCK, AT + 3 * hour)
        attendance.record_end(connection, MOCK, AT + 4 * hour)
    assert _places(database) == (replace(MOCK, started_at=AT + hour, ended_at=AT + 3 * hour),)


def test_who_ended_has_started_though_the_start_was_never_reported(database: Database) -> None:
    _take(database, MOCK)
    _take(database, replace(FORMAL, first_ticket_at=AT + timedelta(days=6)))
    with database.writing() as connection:
        attendance.record_end(connection, MOCK, AT)
    assert _places(database)[0].started_at == AT
    with database.reading() as connection:
        turnout = attendance.count_turnout(connection, EXAM)
        assert attendance.count_turnout(connection, "other") == []
    assert turnout == [
        Turnout("mock", 0, MOCK.day, 1, 1, 1),
        Turnout("formal", 0, FORMAL.day, 1, 0, 0),
    ]


def test_the_latest_report_of_an_upload_stays_and_completion_is_final(database: Database) -> None:
    _take(database, MOCK)
    until, minute = AT + timedelta(days=3), timedelta(minutes=1)
    with database.writing() as connection:
        assert attendance.record_upload(connection, MOCK, 900, until, AT + minute)
        assert not attendance.record_upload(connection, MOCK, 999, until, AT)
        assert not attendance.record_upload(connection, MOCK, 999, until, AT + minute)
        assert attendance.record_completion(connection, MOCK, until, AT + 3 * minute)
        assert not attendance.record_completion(connection, MOCK, until, AT + 4 * minute)
        assert not attendance.record_upload(connection, MOCK, 1, until, AT + 5 * minute)
    (place,) = _places(database)
    assert (place.upload_left_bytes, place.upload_until) == (0, until)
    assert place.upload_reported_at == place.completed_at == AT + 3 * minute


def test_coming_back_keeps_the_first_ticket_and_what_the_room_said(database: Database) -> None:
    _take(database, MOCK)
    back = AT + timedelta(hours=1)
    with database.writing() as connection:
        attendance.record_start(connection, MOCK, AT)
        attendance.record_later_ticket(connection, MOCK, "b" * 32, b"n" * 32, "new ticket", back)
    (place,) = _places(database)
    assert (place.jti, place.device_key, place.ticket) == ("b" * 32, b"n" * 32, "new ticket")
    assert (place.first_ticket_at, place.last_ticket_at, place.started_at) == (AT, back, AT)


def test_a_ticket_finds_its_place_under_any_licence_of_its_candidate(database: Database) -> None:
    _issue(database, JTI, "b" * 32)
    _take(database, MOCK)
    after_midnight = replace(MOCK, day=date(2035, 1, 5), first_ticket_at=AT + timedelta(hours=9))
    _take(database, after_midnight)
    second = AT.replace(microsecond=0)
    with database.reading() as connection:
        for jti in (JTI, "b" * 32):
            assert attendance.find_by_ticket(connection, EXAM, jti, "mock", 0, second) == MOCK
            late = second + timedelta(hours=9)
            assert attendance.find_by_ticket(connection, EXAM, jti, "mock", 0, late) == after_midnight
        assert attendance.find_by_ticket(connection, EXAM, "c" * 32, "mock", 0, late) is None
        assert attendance.find_by_ticket(connection, "other", JTI, "mock", 0, late) is None
        assert attendance.find_by_ticket(connection, EXAM, JTI, "formal", 0, late) is None
        assert (
            attendance.find_by_ticket(connection, EXAM, JTI, "mock", 0, second - timedelta(seconds=1)) is None
        )


def test_who_asks_for_a_seats_device_makes_a_move_wait(database: Database) -> None:
    with database.writing() as connection:
        activations.claim(connection, EXAM, JTI, b"d" * 32, "token", AT)
    moved = threading.Event()

    def move() -> None:
        with database.writing() as connection:
            seat_support.retire_device(connection, EXAM, JTI, AT)
        moved.set()

    with database.writing() as connection:
        assert attendance.lock_active_device(connection, JTI) == b"d" * 32
        thread = threading.Thread(target=move)
        thread.start()
        assert not moved.wait(0.3)
    thread.join(PATIENCE_S)
    assert moved.is_set()
    with database.writing() as connection:
        assert attendance.lock_active_device(connection, JTI) is None


# ------------------------------------------------------------------------------------ service tokens


def test_a_token_is_recognised_in_its_own_exam_and_only_whole(database: Database) -> None:
    scopes = {Scope.ROOM_REPORT, Scope.SEAT_READ}
    with database.writing() as connection:
        made = service_tokens.make(connection, EXAM, "room 1", scopes, AT, AT + timedelta(days=1))
    wrong = made.token[:-1] + ("A" if made.token[-1] != "A" else "B")
    with database.reading() as connection:
        assert service_tokens.recognise(connection, EXAM, made.token) == made.service
        assert made.service.scopes == scopes
        for other in (wrong, made.token[:-1], made.token + "A", "", "ost1.x.y", f" {made.token}"):
            assert service_tokens.recognise(connection, EXAM, other) is None
        assert service_tokens.recognise(connection, "other", made.token) is None


def test_the_database_holds_nothing_that_opens_a_door(database: Database) -> None:
    with database.writing() as connection:
        made = service_tokens.make(connection, EXAM, "room", [Scope.ROOM_REPORT], AT, AT)
    secret = made.token.rpartition(".")[2]
    with database.reading() as connection:
        stored = connection.execute(text("SELECT * FROM service_tokens")).one()
    assert not any(secret in str(value) or secret.encode() in bytes(str(value), "utf8") for value in stored)
    assert secret not in repr(made)


def test_a_revoked_or_expired_token_is_known_and_no_longer_good(database: Database) -> None:
    ends = AT + timedelta(days=1)
    with database.writing() as connection:
        made = service_tokens.make(connection, EXAM, "room", [Scope.ROOM_REPORT], AT, ends)
        token_id = made.service.id
        assert made.service.good_at(ends - timedelta(microseconds=1))
        assert not made.service.good_at(ends)
        first = service_tokens.revoke(connection, EXAM, token_id, AT)
        again = service_tokens.revoke(connection, EXAM, token_id, ends)
        assert (first[1], again[1], first[0]) == (True, False, again[0])
        assert first[0].revoked_at == AT
        assert service_tokens.recognise(connection, EXAM, made.token) == first[0]
        assert not first[0].good_at(AT)
        assert service_tokens.list_all(connection, EXAM) == [first[0]]
        assert service_tokens.list_all(connection, "other") == []
        for exam, unknown in (("other", token_id), (EXAM, "0" * 16)):
            with pytest.raises(ServiceTokenUnknown):
                service_tokens.revoke(connection, exam, unknown, AT)
