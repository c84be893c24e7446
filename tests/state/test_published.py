"""A publication changes what the portal sees in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.errors import CharterConflict, CharterOlder
from oneseat.state.issuing import licences
from oneseat.state.publishing import charters, releases
from tests.published import published_seats

EXAM = "demo"
NOW = datetime(2035, 1, 3, 2, 0, tzinfo=UTC)
EXPIRES = datetime(2035, 1, 31, tzinfo=UTC)
BASE = releases.BaseFile("c" * 64, "bases/" + "c" * 64, "{}")


def _licence(number: str, generation: int = 0, tag: bytes = b"t" * 32) -> licences.NewLicence:
    jti = f"{int(number):028x}{generation:04x}"
    return licences.NewLicence(number, generation, jti, tag, b"sealed", f"token-{jti}")


def _edition(database: Database, base: str = "a" * 64) -> int:
    with database.writing() as connection:
        return licences.edition(connection, EXAM, base, "build-1", EXPIRES).id


def _issue(database: Database, edition: int, *numbers: str) -> None:
    with database.writing() as connection:
        licences.add_seats(connection, EXAM, edition, [_licence(number) for number in numbers])


def _publish(database: Database, edition: int, at: datetime = NOW) -> releases.PublishedRelease:
    with database.writing() as connection:
        return releases.publish(connection, EXAM, edition, BASE, at)


def _find(database: Database, number: str) -> seats.PublishedSeat | None:
    with database.reading() as connection:
        return seats.find_by_admission_number(connection, EXAM, number)


def test_an_issued_seat_is_invisible_until_it_is_published(database: Database) -> None:
    edition = _edition(database)
    _issue(database, edition, "1")
    assert _find(database, "1") is None
    release = _publish(database, edition)
    seat = _find(database, "1")
    assert seat is not None
    assert (seat.jti, seat.base, seat.revoked) == (_licence("1").jti, "a" * 64, False)
    assert release.seats == 1
    with database.reading() as connection:
        assert seats.find_by_jti(connection, EXAM, seat.jti) == seat
        assert seats.find_by_jti(connection, "other", seat.jti) is None
        assert releases.current(connection, EXAM) == release


def test_a_reissue_shows_only_when_published_and_revokes_what_it_replaces(database: Database) -> None:
    edition = _edition(database)
    _issue(database, edition, "1", "2")
    _publish(database, edition)
    moved = _licence("1", generation=1, tag=b"u" * 32)
    with database.writing() as connection:
        licences.advance_seats(connection, EXAM, edition, [moved])
    before = _find(database, "1")
    assert before is not None
    assert before.jti == _licence("1").jti
    _publish(database, edition)
    after = _find(database, "1")
    assert after is not None
    assert (after.jti, after.login_tag) == (moved.jti, b"u" * 32)
    with database.reading() as connection:
        assert seats.find_by_jti(connection, EXAM, before.jti) is None
    untouched = _find(database, "2")
    assert untouched is not None
    assert not untouched.revoked


def test_a_new_base_is_served_to_all_at_once(database: Database) -> None:
    old, new = _edition(database), _edition(database, "b" * 64)
    _issue(database, old, "1", "2")
    _publish(database, old)
    with database.writing() as connection:
        licences.add_licences(connection, EXAM, new, [_licence("1"), _licence("2")])
    assert {seat.base for n in "12" if (seat := _find(database, n))} == {"a" * 64}
    _publish(database, new)
    assert {seat.base for n in "12" if (seat := _find(database, n))} == {"b" * 64}
    with database.reading() as connection:
        assert seats.issued_for_base(connection, _licence("1").jti, "a" * 64)
        assert not seats.issued_for_base(connection, _licence("1").jti, "d" * 64)


def test_the_plan_says_what_publication_does(database: Database) -> None:
    old, new = _edition(database), _edition(database, "b" * 64)
    _issue(database, old, "1", "2", "3")
    _publish(database, old)
    with database.writing() as connection:
        licences.add_licences(connection, EXAM, new, [_licence("1")])
        licences.advance_seats(connection, EXAM, new, [_licence("2", generation=1)])
        licences.add_seats(connection, EXAM, new, [_licence("4")])
    with database.reading() as connection:
        assert releases.plan(connection, EXAM, new) == releases.PublicationPlan(
            3, new=1, replaced=1, left_out=1, hidden=1
        )
    assert _publish(database, new).seats == 3
    assert _find(database, "3") is None
    assert _find(database, "4") is not None


def test_a_publication_that_fails_changes_nothing(database: Database) -> None:
    old, new = _edition(database), _edition(database, "b" * 64)
    _issue(database, old, "1")
    _publish(database, old)
    with database.writing() as connection:
        licences.add_licences(connection, EXAM, new, [_licence("1")])

    def fail_after_publishing() -> None:
        with database.writing() as connection:
            releases.publish(connection, EXAM, new, BASE, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_publishing()
    seat = _find(database, "1")
    assert seat is not None
    assert seat.base == "a" * 64


def test_a_revoked_seat_is_found_and_says_so(database: Database) -> None:
    edition = _edition(database)
    _issue(database, edition, "1")
    _publish(database, edition)
    with database.writing() as connection:
        seats.revoke(connection, EXAM, _licence("1").jti, NOW, "desk")
        seats.revoke(connection, EXAM, _licence("1").jti, NOW, "again")
    seat = _find(database, "1")
    assert seat is not None
    assert seat.revoked


def test_charters_only_go_forward(database: Database) -> None:
    with database.writing() as connection:
        assert charters.publish(connection, EXAM, 2, "two", NOW)
        assert not charters.publish(connection, EXAM, 2, "two", NOW + timedelta(hours=1))
    with pytest.raises(CharterConflict), database.writing() as connection:
        charters.publish(connection, EXAM, 2, "another two", NOW)
    with pytest.raises(CharterOlder), database.writing() as connection:
        charters.publish(connection, EXAM, 1, "one", NOW)
    with database.reading() as connection:
        newest = charters.newest(connection, EXAM)
        assert newest is not None
        assert (newest.version, newest.token, newest.published_at) == (2, "two", NOW)
        assert charters.newest(connection, "other") is None


def test_what_is_published_is_visible(database: Database) -> None:
    edition = _edition(database)
    _issue(database, edition, "3", "1", "2")
    _publish(database, edition)
    with database.reading() as connection:
        assert [seat.admission_number for seat in published_seats(connection, EXAM)] == ["1", "2", "3"]
        assert seats.count(connection, EXAM) == 3
