"""Incidents of an exam room reach a portal with a database of its own: once, in any order, within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from oneseat.portal.sdk.client import PortalClient
from oneseat.portal.sdk.models import IncidentAnswer, IncidentBody
from oneseat.portal.services import room_incidents
from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.help import incidents
from signing.clock import FixedClock
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running

WORDS = "录像上传缓慢，正在处理。\nUploading is slow."
BODY = {"reason": "upload", "words": WORDS, "opened_at": INSIDE.isoformat(), "opened_by": "lead"}
OVER = {**BODY, "closed_at": (INSIDE + timedelta(minutes=9)).isoformat()}
OPEN_NEW, OPEN_KNOWN = ({"open": True, "known": known} for known in (False, True))
OVER_NEW, OVER_KNOWN = ({"open": False, "known": known} for known in (False, True))


class Room:
    """A third party's exam room."""

    def __init__(self, portal: Running, token: str, exam: str = EXAM) -> None:
        self._portal = portal
        headers = {"authorization": f"Bearer {token}"} if token else {}
        url = f"{portal.url}/api/v1/exams/{exam}/room/incidents/"
        self.http = httpx.Client(base_url=url, headers=headers, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def put(self, number: int | str = 7, body: dict[str, Any] = BODY, **changes: Any) -> httpx.Response:
        return self.http.put(f"{number}", json={**body, **changes})

    def told(self, number: int = 7, body: dict[str, Any] = BODY) -> dict[str, Any]:
        """The answer to one that the portal takes, without the number."""
        answer = self.put(number, body)
        assert answer.status_code == 200, answer.text
        members = dict(answer.json())
        assert members.pop("number") == number
        return members


@pytest.fixture
def room(portal: Running, exam: PublishedExam) -> Iterator[Room]:
    portal.at(INSIDE + timedelta(minutes=10))
    with Room(portal, exam.service_token(Scope.ROOM_INCIDENTS)) as made:
        yield made


def shows(portal: Running) -> bool:
    return "录像上传缓慢" in httpx.get(f"{portal.url}/e/{EXAM}/").text


def taken(exam: PublishedExam) -> list[dict[str, Any]]:
    """What the audit log has of incidents, the oldest first."""
    with exam.database.reading() as connection:
        entries = audit.latest(connection, EXAM, 20)
    assert all(entry.actor.startswith("service:") for entry in entries if entry.act == "incident.taken")
    return [json.loads(entry.facts) for entry in reversed(entries) if entry.act == "incident.taken"]


def test_an_incident_is_shown_from_its_opening_to_its_close_and_each_is_kept_once(
    portal: Running, exam: PublishedExam, room: Room
) -> None:
    assert not shows(portal)
    assert [room.told() for _ in range(2)] == [OPEN_NEW, OPEN_KNOWN]
    assert shows(portal)
    with portal.candidate(exam.people[0]) as candidate:
        assert "Uploading is slow." in candidate.log_in().text
    with exam.database.reading() as connection:
        (kept,) = incidents.list_open(connection, EXAM)
    assert (kept.reason, kept.words, kept.opened_at, kept.opened_by) == ("upload", WORDS, INSIDE, "lead")
    assert [room.told(body=OVER) for _ in range(2)] == [OVER_NEW, OVER_KNOWN]
    assert not shows(portal)
    plain = {"incident": 7, "about": "upload"}
    assert taken(exam) == [{**plain, "state": "open"}, {**plain, "state": "closed"}]


def test_an_opening_that_comes_after_the_close_is_stale(
    portal: Running, exam: PublishedExam, room: Room
) -> None:
    assert room.told(body=OVER) == OVER_NEW
    assert room.told() == OVER_KNOWN
    assert room.told(body=OVER) == OVER_KNOWN
    assert not shows(portal)
    assert [each["state"] for each in taken(exam)] == ["closed"]


def test_one_that_the_desk_has_ended_is_not_opened_by_a_repetition(
    portal: Running, exam: PublishedExam, room: Room
) -> None:
    room.told()
    with exam.database.writing() as connection:
        (kept,) = incidents.list_open(connection, EXAM)
        assert incidents.end(connection, EXAM, kept.id, INSIDE + timedelta(minutes=5))
    assert room.told() == OVER_KNOWN
    assert room.told(body=OVER) == OVER_KNOWN
    assert not shows(portal)


def test_a_portal_that_shares_the_database_knows_it(portal: Running, exam: PublishedExam, room: Room) -> None:
    told = incidents.Incident(0, "upload", WORDS, INSIDE, "lead")
    with exam.database.writing() as connection:
        incidents.begin_of_room(connection, EXAM, 7, told)
    assert room.told() == OPEN_KNOWN
    with exam.database.writing() as connection:
        incidents.end_of_room(connection, EXAM, 7, INSIDE)
    assert room.told(body=OVER) == OVER_KNOWN
    assert taken(exam) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"words": "另一个故障"},
        {"reason": "device"},
        {"reason": None},
        {"opened_by": "wang"},
        {"opened_at": (INSIDE + SECOND).isoformat()},
        {"closed_at": INSIDE.isoformat(), "words": "另一个故障"},
    ],
)
def test_a_number_is_one_incidents(
    portal: Running, exam: PublishedExam, room: Room, changes: dict[str, Any]
) -> None:
    room.told()
    differs = room.put(**changes)
    assert (differs.status_code, differs.json()["code"]) == (409, "OS-977")
    assert room.told() == OPEN_KNOWN
    assert len(taken(exam)) == 1


def test_equal_moments_are_equal_however_they_are_written(room: Room) -> None:
    room.told()
    assert room.told(body={**BODY, "opened_at": INSIDE.astimezone(UTC).isoformat()}) == OPEN_KNOWN


def test_it_needs_its_own_scope_and_a_token_of_the_exam(
    portal: Running, exam: PublishedExam, room: Room
) -> None:
    others = [scope for scope in Scope if scope is not Scope.ROOM_INCIDENTS]
    for token, code in (
        (exam.service_token(*others), "OS-221"),
        (exam.service_token(Scope.ROOM_INCIDENTS, exam="other"), "OS-220"),
        ("", "OS-220"),
    ):
        with Room(portal, token) as other:
            assert other.put().json()["code"] == code
    with Room(portal, exam.service_token(Scope.ROOM_INCIDENTS), exam="other") as elsewhere:
        assert elsewhere.put().status_code == 404
    assert not shows(portal)


@pytest.mark.parametrize(
    "changes",
    [
        {"words": ""},
        {"words": "字" * 501},
        {"words": "坏\u202e"},
        {"words": "坏\x00"},
        {"words": " 空格 "},
        {"reason": "weather"},
        {"opened_by": ""},
        {"opened_by": "x" * 33},
        {"opened_by": "<b>"},
        {"opened_at": 2051222400},
        {"opened_at": "2035-01-04T12:00:00"},
        {"closed_at": "never"},
        {"sent_by": "room"},
    ],
)
def test_what_is_too_long_or_of_another_form_is_refused(
    portal: Running, exam: PublishedExam, room: Room, changes: dict[str, Any]
) -> None:
    refused = room.put(**changes)
    assert (refused.status_code, refused.json()["code"]) == (400, "OS-184")
    assert taken(exam) == []


@pytest.mark.parametrize("number", [0, -1, 1 << 31, "x", "7.5"])
def test_a_number_is_a_positive_one_of_31_bits(portal: Running, room: Room, number: int | str) -> None:
    assert room.put(number).json()["code"] == "OS-184"
    assert room.told((1 << 31) - 1) == OPEN_NEW


def test_a_long_body_is_not_read(room: Room) -> None:
    assert room.put(words="字" * 20_000).status_code == 413


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        (INSIDE + timedelta(minutes=15, seconds=1), None),
        (INSIDE, INSIDE + timedelta(minutes=15, seconds=1)),
        (INSIDE, INSIDE - SECOND),
        (INSIDE - timedelta(days=367), None),
        (datetime(1, 1, 1, tzinfo=INSIDE.tzinfo), None),
    ],
)
def test_times_that_cannot_be_are_refused(
    portal: Running, room: Room, opened: datetime, closed: datetime | None
) -> None:
    times = {"opened_at": opened.isoformat(), "closed_at": closed.isoformat() if closed else None}
    refused = room.put(body={**BODY, **times})
    assert (refused.status_code, refused.json()["code"]) == (409, "OS-978")
    portal.at(INSIDE + timedelta(days=3))
    assert room.told() == OPEN_NEW, "days late, where the portal was away"


def test_so_many_are_open_and_no_more(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_incidents, "MOST_OPEN", 2)
    assert [room.told(number) for number in (1, 2)] == [OPEN_NEW, OPEN_NEW]
    refused = room.put(3)
    assert (refused.status_code, refused.json()["code"]) == (409, "OS-979")
    assert room.told(2) == OPEN_KNOWN
    assert room.told(3, OVER) == OVER_NEW, "one that is over takes nobody's place"
    assert room.told(1, OVER) == OVER_NEW
    assert room.told(4) == OPEN_NEW


def test_calls_at_once_make_one_incident_and_the_close_counts(on_either: PublishedExam) -> None:
    with running(on_either.settings(), FixedClock(INSIDE + timedelta(minutes=10))) as portal:
        bodies = [BODY, OVER] * 6
        with (
            Room(portal, on_either.service_token(Scope.ROOM_INCIDENTS)) as room,
            ThreadPoolExecutor(len(bodies)) as pool,
        ):
            answers = list(pool.map(lambda body: room.told(7, body), bodies))
            assert room.told() == OVER_KNOWN
        assert not shows(portal)
    states = [each["state"] for each in taken(on_either)]
    assert states in (["open", "closed"], ["closed"])
    assert len([answer for answer in answers if not answer["known"]]) == len(states)


def test_programs_tell_by_the_typed_client(portal: Running, exam: PublishedExam, room: Room) -> None:
    with PortalClient(portal.url, EXAM, exam.service_token(Scope.ROOM_INCIDENTS)) as program:
        told = program.put_incident(3, IncidentBody.model_validate(BODY))
        assert told == IncidentAnswer(number=3, open=True, known=False)
        assert shows(portal)
        over = program.put_incident(3, IncidentBody.model_validate(OVER))
        assert over == IncidentAnswer(number=3, open=False, known=False)
