"""Requests about personal data: what is kept is stated; each has a deadline and is answered once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.room.evidence import export, looks, seats, tree
from oneseat.room.evidence.attempt_folder import Purpose
from oneseat.room.evidence.export import Order
from oneseat.room.rules.personal_requests import ANSWER_WITHIN
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import holds, personal
from signing.clock import FixedClock
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, EXAM, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.kept import LATER, interview, kept_room
from tests.room.staff_entry import FROM_DESK, Enter, Staff, entering, entry_of, hire
from tests.room.test_purge import TERMS
from tests.room.test_verify_export import Exported, findings, first


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, retention=TERMS)
    roles = {"wang": Role.SUPPORT, "judge": Role.JUDGE, "viewer": Role.VIEWER}
    hire(exam, roles)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture(scope="module")
def candidate(shared_room: RunningRoom) -> Iterator[Candidate]:
    with arriving(shared_room) as arrive:
        yield interview(shared_room, arrive())


@pytest.fixture
def staff(shared_room: RunningRoom) -> Iterator[Enter]:
    shared_room.at(LATER)
    with entering(shared_room, Staff) as entered:
        yield entered


def path(candidate: Candidate) -> str:
    return f"/staff/personal/{candidate.attempt['nonce']}"


def requests_of(room: RunningRoom, candidate: Candidate) -> list[personal.PersonalRequest]:
    with room.exam.database.reading() as connection:
        return personal.of_seat(connection, EXAM, candidate.jti)


def test_a_request_is_recorded_with_its_deadline_and_answered_once(
    shared_room: RunningRoom, candidate: Candidate, staff: Enter
) -> None:
    wang = staff("wang")
    for kind, said in (("access", " "), ("everything", "x"), ("", "x")):
        assert "OS-2270" in wang.post(f"{path(candidate)}/requests", kind=kind, said=said).text
    asked = wang.post(f"{path(candidate)}/requests", kind="erase", said="请删除录像。")
    assert asked.status_code == 303
    (request,) = requests_of(shared_room, candidate)
    assert (request.kind, request.operator, request.words) == ("erase", "wang", "请删除录像。")
    assert request.due_at - request.received_at == ANSWER_WITHIN == timedelta(days=30)
    assert path(candidate) in wang.get("/staff/personal").text
    target = f"{path(candidate)}/requests/{request.id}"
    assert "OS-2270" in wang.post(target, outcome="refused", said="").text
    assert wang.post(target, outcome="refused", said="申诉期内依法保留。").status_code == 303
    assert "OS-2271" in wang.post(target, outcome="granted", said="again").text
    assert "OS-2271" in wang.post(f"{path(candidate)}/requests/99", outcome="granted", said="x").text
    (answered,) = requests_of(shared_room, candidate)
    assert (answered.outcome, answered.answered_by) == ("refused", "wang")
    assert path(candidate) not in wang.get("/staff/personal").text, "none is open"
    with shared_room.exam.database.reading() as connection:
        acts = [entry.act for entry in audit.latest(connection, EXAM, 2, candidate.jti)]
    assert acts == ["room.personal-answer", "room.personal-request"]


def test_what_is_late_is_shown_as_late(shared_room: RunningRoom, candidate: Candidate, staff: Enter) -> None:
    assert (
        staff("wang").post(f"{path(candidate)}/requests", kind="copy", said="要一份录像。").status_code == 303
    )
    assert "已逾期" not in staff("wang").get("/staff/personal").text
    shared_room.at(LATER + ANSWER_WITHIN)
    late = staff_now(shared_room)
    assert "已逾期" in late.get("/staff/personal").text
    assert "已逾期" in late.get(path(candidate)).text
    late.http.close()


def staff_now(room: RunningRoom) -> Staff:
    """The service desk, without moving the clock."""
    http = httpx.Client(base_url=room.url, timeout=30)
    http.post("/staff/enter", headers=FROM_DESK, data={"entry": entry_of(room, "wang")})
    return Staff(room, http)


def test_the_page_says_what_is_kept_and_until_when(
    shared_room: RunningRoom, candidate: Candidate, staff: Enter
) -> None:
    page = staff("wang").get(path(candidate)).text
    assert re.findall(r"正式第 1 场", page) and "保存中" in page and "暂停清除" not in page
    assert page.count("2035-") >= 4, "each class has its day"
    with shared_room.exam.database.writing() as connection:
        holds.place(connection, EXAM, [candidate.jti], "appeal", "Li Lei", LATER)
    assert "暂停清除" in staff("wang").get(path(candidate)).text
    with shared_room.exam.database.reading() as connection:
        acts = [entry.act for entry in audit.latest(connection, EXAM, 1, candidate.jti)]
    assert acts == ["room.personal-seen"]


@pytest.mark.parametrize("name", ["judge", "viewer"])
def test_others_see_none_of_it(candidate: Candidate, staff: Enter, name: str) -> None:
    browser = staff(name)
    assert browser.get("/staff/personal").status_code == 403
    assert browser.get(path(candidate)).status_code == 403
    assert "个人信息" not in browser.get().text


def test_a_copy_for_the_person_is_without_what_people_noted(
    shared_room: RunningRoom, candidate: Candidate, tmp_path: Path, staff: Enter
) -> None:
    judge = staff("judge")
    marked = judge.post(f"/staff/review/{candidate.attempt['nonce']}/mark", finding="question", note="再看")
    assert marked.status_code == 303
    exam = shared_room.exam
    with exam.database.reading() as connection:
        attempts = seats.find(connection, EXAM, candidate.jti).attempts
    with kept_room(exam) as room:
        for name, for_person in (("own", True), ("all", False)):
            order = Order(attempts, Purpose(for_person=for_person), jti=candidate.jti)
            export.export(room, order, tmp_path / name, FixedClock(LATER), lambda _: None)
            assert findings(Exported(exam, room, tmp_path / name), tmp_path / name) == set()
    own, every = first(tmp_path / "own"), first(tmp_path / "all")
    among_staff = {looks.FILE, f"{tree.ROWS}/room_reviews.jsonl"}
    assert set(tree.files_below(every)) - set(tree.files_below(own)) == among_staff
    assert json.loads((own / tree.MANIFEST).read_bytes())["for_person"] is True
