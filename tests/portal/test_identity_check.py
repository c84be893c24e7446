"""A room learns whether a typed identity is a seat's, and nothing else; nobody's login is delayed by it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.tables.issuing import Licence
from signing.binding import login_tags
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running
from tests.simulator import Candidate

NO_SEAT = "0" * 32


class Program:
    """A program that asks."""

    def __init__(self, portal: Running, token: str) -> None:
        self._http = httpx.Client(base_url=portal.url, headers={"authorization": f"Bearer {token}"})

    def ask(self, **body: Any) -> httpx.Response:
        return self._http.post(f"/api/v1/exams/{EXAM}/identity/check", json=body)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def room(portal: Running, exam: PublishedExam) -> Iterator[Program]:
    made = Program(portal, exam.service_token(Scope.IDENTITY_CHECK))
    yield made
    made.close()


@pytest.fixture
def owner(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    with portal.candidate(exam.people[0]) as candidate:
        yield candidate


def right(exam: PublishedExam, number: int = 0) -> dict[str, str]:
    person = exam.people[number]
    return {"jti": exam.jti(person), "name": person.name, "id_number": person.id_number}


def test_it_agrees_as_the_login_does_and_says_no_more(room: Program, exam: PublishedExam) -> None:
    asked = right(exam)
    answer = room.ask(**asked)
    assert (answer.status_code, answer.json()) == (200, {"agrees": True})
    spaced = f" {asked['name'][:1]} {asked['name'][1:]} "
    assert room.ask(**{**asked, "name": spaced}).json() == {"agrees": True}
    assert room.ask(**{**asked, "id_number": asked["id_number"].lower()}).json() == {"agrees": True}
    others = right(exam, 1)
    for wrong in (
        {**asked, "name": "别人"},
        {**asked, "id_number": others["id_number"]},
        {**asked, "jti": others["jti"]},
        {**asked, "jti": NO_SEAT},
    ):
        assert room.ask(**wrong).json() == {"agrees": False}


@pytest.mark.parametrize("typed", ["阿卜杜拉·买买提", "阿卜杜拉.买买提", "阿卜杜拉 买买提", "阿卜杜拉买买提"])
def test_a_name_agrees_however_its_dot_is_typed(room: Program, exam: PublishedExam, typed: str) -> None:
    person = exam.people[0]
    tag = login_tags(exam.pepper, "阿卜杜拉·买买提", person.id_number, person.admission_number)[0]
    with exam.database.writing() as connection:
        connection.execute(update(Licence).where(Licence.jti == exam.jti(person)).values(login_tag=tag))
    assert room.ask(**{**right(exam), "name": typed}).json() == {"agrees": True}
    assert room.ask(**{**right(exam), "name": "阿卜杜拉"}).json() == {"agrees": False}


def test_it_needs_its_scope_and_a_whole_body(portal: Running, room: Program, exam: PublishedExam) -> None:
    others = [scope for scope in Scope if scope is not Scope.IDENTITY_CHECK]
    reader = Program(portal, exam.service_token(*others))
    assert reader.ask(**right(exam)).json()["code"] == "OS-221"
    reader.close()
    both = {**right(exam), "admission_number": exam.people[0].admission_number}
    assert room.ask(**both).json()["code"] == "OS-184"
    for missing in ("jti", "name", "id_number"):
        body = right(exam)
        del body[missing]
        assert room.ask(**body).json()["code"] == "OS-184"
    assert room.ask(**{**right(exam), "jti": "x"}).json()["code"] == "OS-184"


def test_what_does_not_agree_is_slowed_down_for_this_seat_and_program_alone(
    portal: Running, room: Program, owner: Candidate, exam: PublishedExam
) -> None:
    wrong = {**right(exam), "name": "别人"}
    while (answer := room.ask(**wrong)).status_code == 200:
        assert answer.json() == {"agrees": False}
    assert (answer.status_code, answer.json()["code"]) == (429, "OS-970")
    wait = int(answer.headers["retry-after"])
    assert room.ask(**right(exam)).status_code == 429, "the right one waits as well"
    assert room.ask(**right(exam, 1)).json() == {"agrees": True}
    assert owner.authenticate().status_code == 200, "the owner's login has a budget of its own"
    second = Program(portal, exam.service_token(Scope.IDENTITY_CHECK))
    assert second.ask(**right(exam)).json() == {"agrees": True}
    second.close()
    portal.at(INSIDE + timedelta(seconds=wait) - SECOND)
    assert room.ask(**right(exam)).status_code == 429
    portal.at(INSIDE + timedelta(seconds=wait))
    assert room.ask(**right(exam)).json() == {"agrees": True}


def test_a_seat_that_is_not_there_is_slowed_down_alike(room: Program, exam: PublishedExam) -> None:
    known, unknown = {**right(exam), "name": "别人"}, {**right(exam), "jti": NO_SEAT}
    answers = [[room.ask(**body).status_code for _ in range(8)] for body in (known, unknown)]
    assert answers[0] == answers[1]
    assert 429 in answers[0]


def test_failed_logins_delay_no_check(room: Program, owner: Candidate, exam: PublishedExam) -> None:
    while owner.authenticate(name="别人").status_code == 401:
        pass
    assert room.ask(**right(exam)).json() == {"agrees": True}


def test_each_check_is_in_the_audit_log_without_what_was_typed(
    room: Program, exam: PublishedExam, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = right(exam)
    room.ask(**asked)
    room.ask(**{**asked, "name": "没有的人"})
    with exam.database.reading() as connection:
        entries = audit.latest(connection, EXAM, 2)
    assert [entry.act for entry in entries] == ["identity.checked"] * 2
    assert [json.loads(entry.facts) for entry in entries] == [
        {"jti": asked["jti"], "agrees": False},
        {"jti": asked["jti"], "agrees": True},
    ]
    written = caplog.text + "".join(entry.facts + entry.actor for entry in entries)
    for value in (asked["name"], asked["id_number"], "没有的人"):
        assert value not in written


def on_phone(exam: PublishedExam, number: int = 0) -> dict[str, str]:
    person = exam.people[number]
    typed = {"name": person.name, "id_number": person.id_number}
    return {**typed, "admission_number": person.admission_number}


def test_a_number_on_a_phone_names_its_seat_only_where_all_agree(room: Program, exam: PublishedExam) -> None:
    asked = on_phone(exam)
    assert room.ask(**asked).json() == {"agrees": True, "jti": exam.jti(exam.people[0])}
    spaced = f" {asked['admission_number']} "
    assert room.ask(**{**asked, "admission_number": spaced}).json()["agrees"] is True
    others = on_phone(exam, 1)
    for wrong in (
        {**asked, "name": "别人"},
        {**asked, "id_number": others["id_number"]},
        {**asked, "admission_number": others["admission_number"]},
        {**asked, "admission_number": "99999999"},
    ):
        assert room.ask(**wrong).json() == {"agrees": False}


def test_numbers_on_phones_have_a_budget_of_their_own(
    room: Program, owner: Candidate, exam: PublishedExam
) -> None:
    wrong = {**on_phone(exam), "name": "别人"}
    answers = [room.ask(**wrong).status_code for _ in range(8)]
    nobody = {**wrong, "admission_number": "88888888"}
    assert answers == [room.ask(**nobody).status_code for _ in range(8)], "no oracle of numbers"
    assert 429 in answers
    assert room.ask(**right(exam)).json() == {"agrees": True}
    assert owner.authenticate().status_code == 200


def test_a_wrong_number_is_not_in_the_audit_log(room: Program, exam: PublishedExam) -> None:
    room.ask(**{**on_phone(exam), "admission_number": "77777777"})
    with exam.database.reading() as connection:
        (entry,) = audit.latest(connection, EXAM, 1)
    assert json.loads(entry.facts) == {"jti": None, "agrees": False}
