"""The desk's figures: each series adds up to its total, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from oneseat.state import figures
from oneseat.state.candidates import activations, attendance, downloads, seat_lookup, seat_support, seats
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.issuing.licences import NewLicence
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import BaseFile

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXAM = "demo"


def _jti(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def exam(database: Database) -> Database:
    """Six published seats: 1 downloaded, activated, two mocks; 2 broke off; 3 re-issued; 4 revoked."""
    rows = [NewLicence(str(number), 1, _jti(number), b"t", b"s", "token") for number in range(1, 7)]
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "b" * 64, "build", AT + 30 * HOUR)
        licences.add_seats(connection, EXAM, edition.id, rows)
        file = BaseFile("b" * 64, "base", "{}")
        releases.publish(connection, EXAM, edition.id, file, AT)
        for number in (1, 2, 3, 4):
            downloads.grant(connection, EXAM, _jti(number), AT)
            downloads.start(connection, _jti(number), AT)
            if number != 2:
                downloads.finish(connection, _jti(number), AT + number * HOUR)
            activations.claim(
                connection, EXAM, _jti(number), bytes([number]) * 32, "token", AT + number * HOUR
            )
        seats.revoke(connection, EXAM, _jti(4), AT, "operator")
        licences.advance_seats(connection, EXAM, edition.id, [rows[2]._replace(generation=2, jti=_jti(33))])
        releases.publish(connection, EXAM, edition.id, file, AT + HOUR)
        place = AttendanceRecord(
            EXAM, "1", _jti(1), "mock", 0, date(2035, 1, 4), b"d" * 32, "t", AT, AT, AT, None
        )
        attendance.record_first_ticket(connection, place)
        second = replace(place, session=1, day=date(2035, 1, 5), started_at=AT + 24 * HOUR)
        attendance.record_first_ticket(connection, second)
        attendance.record_first_ticket(connection, replace(place, admission_number="2", started_at=None))
        seat_support.queue_reissue(connection, EXAM, "5", _jti(5), AT)
    return database


def test_totals_are_about_the_licences_that_candidates_have(exam: Database) -> None:
    with exam.reading() as connection:
        found = figures.totals(connection, EXAM)
        assert figures.totals(connection, "other") == figures.Totals(0, 0, 0, 0, 0, 0, 0)
    assert found == figures.Totals(
        seats=6, downloaded=1, begun=1, activated=2, mocks=1, revoked=1, reissues=1
    )
    assert found.missing == 4


def test_each_series_adds_up_to_its_total(exam: Database) -> None:
    with exam.reading() as connection:
        series = figures.count_over_time(connection, EXAM, HOUR)
        totals = figures.totals(connection, EXAM)
    summed = {one.name: sum(one.counts.values()) for one in series}
    assert summed == {
        "downloads": totals.downloaded,
        "activations": totals.activated,
        "mocks": totals.mocks,
    }
    assert series[0].counts == {AT + HOUR: 1}
    assert series[2].counts == {AT: 1}, "a candidate's second mock is not a second candidate"


def test_who_has_not_downloaded_is_told_in_order(exam: Database) -> None:
    with exam.reading() as connection:
        missing = list(figures.not_downloaded(connection, EXAM))
    assert missing == [("2", True), ("3", False), ("5", False), ("6", False)]


def test_a_seat_is_found_by_any_licence_it_ever_had(exam: Database) -> None:
    with exam.reading() as connection:
        by_number = seat_lookup.seat_by_number(connection, EXAM, "3")
        assert by_number is not None
        assert sorted(by_number.licences) == [_jti(3), _jti(33)]
        assert seat_lookup.seat_by_jti(connection, EXAM, _jti(3)) == by_number
        assert seat_lookup.seat_by_jti(connection, EXAM, _jti(33)) == by_number
        assert (by_number.jti, by_number.published_jti) == (_jti(33), _jti(33))
        assert seat_lookup.seat_by_jti(connection, EXAM, _jti(99)) is None
        assert seat_lookup.seat_by_jti(connection, "other", _jti(3)) is None
        assert seat_lookup.first_token(connection, EXAM, _jti(3)) == "token"
        revoked = seat_lookup.revocation(connection, _jti(3))
        assert revoked is not None
        assert revoked[1] == "re-issued"
