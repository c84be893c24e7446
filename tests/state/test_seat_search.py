"""Seats are found by the end of a number and the beginning of a pseudonym, on both databases, by an index."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.state.accounts import audit
from oneseat.state.candidates import downloads, seat_search
from oneseat.state.database import Database
from oneseat.state.errors import AuditBroken
from oneseat.state.issuing import licences
from oneseat.state.issuing.licences import NewLicence

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
EXAM = "demo"
NUMBERS = ["100000001234", "100000011234", "100000015678", "AB-1234", "77"]


def _jti(number: int) -> str:
    return f"{number:08x}{number:024x}"


@pytest.fixture
def filled(database: Database) -> Database:
    rows = [NewLicence(number, 1, _jti(at), b"t", b"s", "token") for at, number in enumerate(NUMBERS, 1)]
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "b" * 64, "build", AT)
        licences.add_seats(connection, EXAM, edition.id, rows)
    return database


@pytest.mark.parametrize(
    ("ending", "found"),
    [
        ("1234", [NUMBERS[0], NUMBERS[1], NUMBERS[3]]),
        ("01234", [NUMBERS[0]]),
        ("-1234", [NUMBERS[3]]),
        ("9100000001234", []),
        ("0000", []),
    ],
)
def test_an_ending_finds_the_numbers_that_have_it(filled: Database, ending: str, found: list[str]) -> None:
    with filled.reading() as connection:
        assert seat_search.by_ending(connection, EXAM, ending, 10) == found
        assert seat_search.by_ending(connection, "other", ending, 10) == []


def test_a_limit_holds(filled: Database) -> None:
    with filled.reading() as connection:
        assert seat_search.by_ending(connection, EXAM, "1234", 2) == NUMBERS[:2]
        assert seat_search.by_pseudonym(connection, EXAM, "0000000", 2) == NUMBERS[:2]


def test_a_pseudonyms_beginning_finds_its_seat(filled: Database) -> None:
    with filled.reading() as connection:
        assert seat_search.by_pseudonym(connection, EXAM, _jti(2)[:8], 9) == [NUMBERS[1]]
        assert seat_search.by_pseudonym(connection, EXAM, _jti(2), 9) == [NUMBERS[1]]
        assert seat_search.by_pseudonym(connection, EXAM, "ffffffff", 9) == []
        assert seat_search.by_pseudonym(connection, "other", _jti(2), 9) == []


def test_what_is_found_is_described_in_order(filled: Database) -> None:
    with filled.writing() as connection:
        downloads.grant(connection, EXAM, _jti(1), AT)
        downloads.finish(connection, _jti(1), AT)
        described = seat_search.describe(connection, EXAM, [NUMBERS[2], NUMBERS[0], "nothing"])
    assert [seat.admission_number for seat in described] == [NUMBERS[2], NUMBERS[0]]
    assert [seat.downloaded for seat in described] == [False, True]


def test_both_searches_use_an_index(tmp_path: Path) -> None:
    database = Database.create(tmp_path / "state.db")
    queries = {
        "SELECT admission_number FROM seats WHERE exam = 'x' AND tail = '1234'": "ix_seats_exam_tail",
        "SELECT jti FROM licences WHERE jti >= 'a' AND jti < 'ag'": "sqlite_autoindex_licences_1",
        "SELECT id FROM audit WHERE jti = 'x' ORDER BY id DESC": "ix_audit_jti_id",
        "SELECT id FROM audit WHERE actor = 'x' ORDER BY id DESC": "ix_audit_actor_id",
    }
    with database.reading() as connection:
        for query, index in queries.items():
            plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
            assert f"SEARCH {query.split()[3]}" in plan
            assert index in plan
            assert "TEMP B-TREE" not in plan
    database.close()


def test_an_entrys_pseudonym_cannot_be_changed_unseen(database: Database) -> None:
    with database.writing() as connection:
        audit.append(connection, AT, "operator:a", "seat.moved", EXAM, {"jti": _jti(1)})
        audit.append(connection, AT, "operator:a", "desk.logout", EXAM, {})
        assert audit.recent_seats(connection, EXAM, "operator:a", 5) == [_jti(1)]
        assert audit.verify(connection)[0] == 2
    with database.writing() as connection:
        connection.execute(text("UPDATE audit SET jti = NULL"))
        with pytest.raises(AuditBroken):
            audit.verify(connection)
