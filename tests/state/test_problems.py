"""Candidates who are stuck are counted and listed, those first that wait longest, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oneseat.state import problems
from oneseat.state.candidates import activations, attendance, check_ins, downloads, failures, seats
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.candidates.failures import FailureCount, FailureKey, FailureKind
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.issuing.licences import NewLicence
from oneseat.state.problems import ProblemList, ProblemSeat
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import BaseFile

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXAM = "demo"


def _jti(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def exam(database: Database) -> Database:
    """Seven seats: 1 broke off, 2 is downloading, 3 and 4 downloaded, 5 and 6 activated, 7 is revoked."""
    rows = [NewLicence(str(number), 1, _jti(number), b"t", b"s", "token") for number in range(1, 8)]
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "b" * 64, "build", AT + 30 * HOUR)
        licences.add_seats(connection, EXAM, edition.id, rows)
        releases.publish(connection, EXAM, edition.id, BaseFile("b" * 64, "base", "{}"), AT)
        for number in (1, 2, 3, 4, 5, 6, 7):
            at = AT + 3 * HOUR if number == 2 else AT
            downloads.grant(connection, EXAM, _jti(number), at)
            downloads.start(connection, _jti(number), at)
        for number in (4, 3, 5, 6, 7):
            downloads.finish(connection, _jti(number), AT + timedelta(minutes=10 - number))
        for number in (5, 6):
            activations.claim(connection, EXAM, _jti(number), bytes([number]) * 32, "token", AT)
        check_ins.record(connection, EXAM, _jti(6), "build", AT + 2 * HOUR)
        seats.revoke(connection, EXAM, _jti(7), AT, "operator")
        place = AttendanceRecord(EXAM, "5", _jti(5), "mock", 0, date(2035, 1, 4), b"d" * 32, "t", AT, AT, AT)
        attendance.record_first_ticket(connection, place)
        unbegun = replace(place, admission_number="6", started_at=None)
        attendance.record_first_ticket(connection, unbegun)
    return database


def test_downloads_that_run_are_not_broken_off(exam: Database) -> None:
    with exam.reading() as connection:
        assert problems.broken_off(connection, EXAM, AT + HOUR) == ProblemList(1, (ProblemSeat("1", AT),))
        assert problems.broken_off(connection, EXAM, AT + 4 * HOUR).count == 2
        assert problems.broken_off(connection, "other", AT + 4 * HOUR) == ProblemList(0)


def test_those_who_downloaded_and_did_not_activate_come_by_age(exam: Database) -> None:
    with exam.reading() as connection:
        found = problems.not_activated(connection, EXAM, AT + HOUR)
        assert [seat.admission_number for seat in found.seats] == ["4", "3"]
        assert found.seats[0].since == AT + timedelta(minutes=6)
        assert problems.not_activated(connection, EXAM, AT).count == 0


def test_devices_that_were_not_heard_of(exam: Database) -> None:
    with exam.reading() as connection:
        assert problems.silent(connection, EXAM, AT + HOUR).seats == (ProblemSeat("5", AT),)
        both = problems.silent(connection, EXAM, AT + 3 * HOUR).seats
    assert both == (ProblemSeat("5", AT), ProblemSeat("6", AT + 2 * HOUR))


def test_a_ticket_alone_is_no_mock(exam: Database) -> None:
    with exam.reading() as connection:
        found = problems.no_mock(connection, EXAM)
    assert [seat.admission_number for seat in found.seats] == ["1", "2", "3", "4", "6"]
    assert found.count == 5


def test_a_list_is_bounded_and_its_count_is_not(exam: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "MAX_LISTED", 2)
    with exam.reading() as connection:
        found = problems.no_mock(connection, EXAM)
    assert (found.count, len(found.seats)) == (5, 2)


def test_refusals_are_counted_and_listed_by_code(exam: Database) -> None:
    seen = FailureCount("client", 1, AT, AT)
    counted = {
        FailureKey(_jti(1), True, FailureKind.CLIENT, "OS-026"): seen,
        FailureKey("2", False, FailureKind.CLIENT, "OS-026"): replace(seen, last_at=AT + HOUR),
        FailureKey("2", False, FailureKind.HEALTH, "antivirus"): seen,
        FailureKey("3", False, FailureKind.LOGIN, "OS-170"): seen,
        FailureKey("99", False, FailureKind.LOGIN, "OS-170"): seen,
    }
    kinds = (FailureKind.CLIENT, FailureKind.HEALTH)
    with exam.writing() as connection:
        failures.record(connection, EXAM, counted)
        assert failures.count_codes(connection, EXAM, kinds) == [
            ("client", "OS-026", 2),
            ("health", "antivirus", 1),
        ]
        rows = failures.list_by_code(connection, EXAM, FailureKind.CLIENT, "OS-026", 9, 0)
        assert [row.admission_number for row in rows] == ["2", "1"]
        rows = failures.list_by_code(connection, EXAM, FailureKind.CLIENT, "OS-026", 9, 1)
        assert [row.admission_number for row in rows] == ["1"]
        assert problems.refused_since(connection, EXAM, AT - HOUR, 9) == ["3"]
        assert problems.refused_since(connection, EXAM, AT, 9) == []
