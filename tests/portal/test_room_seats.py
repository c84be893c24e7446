"""Rooms learn what rosters gave to seats: by scope, in pages, with a version; our room copies it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from oneseat.portal.sdk.models import SeatsAnswer
from oneseat.room.exam.seat_copy import KnownSeat, SeatCopy
from oneseat.room.services.portal import seat_refresh
from oneseat.room.services.portal.seat_refresh import PortalSeats, SeatRefresher
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.database import Database
from signing.authority.sealing import Sealer
from signing.clock import FixedClock
from signing.session_times import SeatTerms
from tests.patience import wait_until
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running


@dataclass
class Caller:
    """A room that asks with a service token."""

    portal: Running
    token: str
    path: str = f"/api/v1/exams/{EXAM}/room/seats"

    def ask(self, **body: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.post(f"{self.portal.url}{self.path}", json=body, headers=headers)

    def page(self, **body: Any) -> SeatsAnswer:
        answer = self.ask(**body)
        assert answer.status_code == 200, answer.text
        return SeatsAnswer.model_validate_json(answer.content)

    def all(self, limit: int) -> list[str]:
        """The jtis of all pages."""
        page = self.page(limit=limit)
        found = [seat.jti for seat in page.seats]
        while page.next is not None:
            page = self.page(limit=limit, after=page.next)
            found += [seat.jti for seat in page.seats]
        return found


@dataclass
class Copying:
    """The parts of a room that its copy of the seats needs."""

    database: Database
    exam: str = EXAM
    clock: FixedClock = field(default_factory=lambda: FixedClock(INSIDE))

    def __post_init__(self) -> None:
        self.seats = SeatCopy(self.database, EXAM, Sealer(bytes(64)))


@pytest.fixture
def caller(portal: Running, exam: PublishedExam) -> Caller:
    return Caller(portal, exam.service_token(Scope.ROOM_SEATS))


@pytest.fixture
def copying(tmp_path: Path) -> Iterator[Copying]:
    database = Database.create(tmp_path / "room.db")
    yield Copying(database)
    database.close()


def give_some(exam: PublishedExam) -> None:
    exam.give_terms(exam.people[0], session=0, paper="b", extra_minutes=5, adjustments=("hearing_aid",))
    for person in exam.people[1:5]:
        exam.give_terms(person, session=0)


def test_only_the_scope_for_it_reads_seats(portal: Running, exam: PublishedExam, caller: Caller) -> None:
    assert caller.ask().status_code == 200
    other = Caller(portal, exam.service_token(Scope.ROOM_REPORT, Scope.SEAT_READ)).ask()
    assert (other.status_code, other.json()["code"]) == (403, "OS-221")
    stranger = Caller(portal, "").ask()
    assert (stranger.status_code, stranger.json()["code"]) == (401, "OS-220")


def test_a_seat_is_told_whole_and_no_number_or_name_with_it(exam: PublishedExam, caller: Caller) -> None:
    give_some(exam)
    answer = caller.ask()
    first = next(seat for seat in answer.json()["seats"] if seat["jti"] == exam.jti(exam.people[0]))
    assert first == {
        "jti": exam.jti(exam.people[0]),
        "session": 0,
        "paper": "b",
        "extra_minutes": 5,
        "adjustments": ["hearing_aid"],
    }
    for person in exam.people:
        assert person.admission_number not in answer.text
        assert person.name not in answer.text


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_pages_hold_every_seat_with_terms_once(exam: PublishedExam, caller: Caller, limit: int) -> None:
    give_some(exam)
    assert caller.all(limit) == [exam.jti(person) for person in exam.people[:5]]


def test_the_version_changes_with_terms_and_spares_the_list(exam: PublishedExam, caller: Caller) -> None:
    give_some(exam)
    version = caller.page().version
    same = caller.page(since=version)
    assert (same.unchanged, same.seats, same.version) == (True, [], version)
    exam.give_terms(exam.people[6], extra_minutes=3)
    changed = caller.page(since=version)
    assert not changed.unchanged
    assert len(changed.seats) == 6
    assert changed.version != version


@pytest.mark.parametrize(
    "body",
    [{"after": "AAAA"}, {"after": "*"}, {"limit": 0}, {"limit": 1001}, {"more": 1}],
    ids=["cursor", "base64", "none", "many", "member"],
)
def test_a_request_of_another_shape_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    answer = caller.ask(**body)
    assert (answer.status_code, answer.json()["code"]) == (400, "OS-184")


def test_our_room_copies_the_list_page_by_page(
    exam: PublishedExam, caller: Caller, copying: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_refresh, "_PAGE", 2)
    give_some(exam)
    source = PortalSeats(copying, caller.portal.url, caller.token)  # type: ignore[arg-type]
    assert source.fetch()
    jti = exam.jti(exam.people[0])
    assert copying.seats.of(jti) == KnownSeat(SeatTerms(jti, 300, 0), "b", ("hearing_aid",))
    last = exam.jti(exam.people[4])
    assert copying.seats.of(last).terms == SeatTerms(last, 0, 0)
    exam.give_terms(exam.people[0])
    assert source.fetch()
    assert copying.seats.of(jti) == KnownSeat(SeatTerms(jti))
    source.close()


def test_while_the_portal_is_away_the_last_copy_stays(
    exam: PublishedExam, caller: Caller, copying: Copying
) -> None:
    give_some(exam)
    source = PortalSeats(copying, caller.portal.url, caller.token)  # type: ignore[arg-type]
    source.fetch()
    known = copying.seats.of(exam.jti(exam.people[0]))
    for url, token in (("http://127.0.0.1:9", caller.token), (caller.portal.url, "ost1.none")):
        away = PortalSeats(copying, url, token)  # type: ignore[arg-type]
        assert not away.fetch()
        assert copying.seats.of(known.terms.jti) == known
        away.close()
    source.close()


def test_the_rooms_thread_asks_at_once_and_sees_what_another_process_fetched(
    exam: PublishedExam, caller: Caller, copying: Copying
) -> None:
    give_some(exam)
    jti, other = exam.jti(exam.people[0]), Copying(copying.database)
    source = PortalSeats(copying, caller.portal.url, caller.token)  # type: ignore[arg-type]
    away = PortalSeats(other, "http://127.0.0.1:9", caller.token)  # type: ignore[arg-type]
    threads = [
        SeatRefresher(copying, source, 60),  # type: ignore[arg-type]
        SeatRefresher(other, away, 0.02),  # type: ignore[arg-type]
    ]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: copying.seats.of(jti).paper == other.seats.of(jti).paper == "b")
    finally:
        for thread in threads:
            thread.stop()
