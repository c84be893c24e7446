"""A question lets an owner in while a stranger keeps the number waiting; it never lets guesses run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.rate_limits import EXAM_BUDGET, answered_delay
from oneseat.portal.settings import PortalSettings
from oneseat.portal.tokens.challenge import Question, number_in, question
from oneseat.portal.tokens.signed_values import SignedValues
from oneseat.state.candidates import login_budget
from signing.clock import FixedClock
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.portal.test_candidate_pages import Page
from tests.simulator import Candidate, Person, form_token

HOME, ELSEWHERE, SCHOOL = "198.51.100.1", "203.0.113.9", "192.0.2.7"


@pytest.fixture
def settings(exam: PublishedExam) -> PortalSettings:
    """Addresses are what a trusted proxy says, so that a test has several."""
    return exam.settings(trusted_proxies=("127.0.0.0/8",))


@pytest.fixture
def portal(settings: PortalSettings) -> Any:
    with running(settings, FixedClock(INSIDE)) as served:
        yield served


def at(candidate: Candidate, address: str) -> Candidate:
    candidate.http.headers["x-forwarded-for"] = address
    return candidate


def solved(portal: Running, refused: httpx.Response) -> dict[str, Any]:
    """A right reply to the question in a refusal, found as only the portal could."""
    asked = refused.json()["challenge"]
    return {"reply": {"stamp": asked["stamp"], "answer": str(answer_to(asked["question"]["zh"]))}}


def answer_to(text: str) -> int:
    """What a person makes of the Chinese text."""
    numbers = [found for sign in text if (found := number_in(sign)) is not None]
    if "加" in text:
        return sum(numbers)
    if "减" in text:
        return numbers[0] - numbers[1]
    return max(numbers) if "最大" in text else min(numbers)


def block(stranger: Candidate, exam: PublishedExam) -> None:
    """Fail on purpose until the number waits."""
    while stranger.authenticate(name="别人").status_code == 401:
        pass


@given(st.binary(min_size=4, max_size=32))
def test_every_question_has_the_answer_that_its_words_ask_for(seed: bytes) -> None:
    made: Question = question(seed)
    assert answer_to(made.text.zh) == made.answer
    assert number_in(str(made.answer)) == made.answer
    assert 0 < made.answer <= 18
    assert made.text.en.endswith("?")
    if "其中" in made.text.zh:
        assert len(set(made.text.zh.partition("，")[0].split("、"))) == 3


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", 12),
        (" １２ ", 12),
        ("十二", 12),
        ("两", 2),
        ("seven", 7),
        ("Seven.", 7),
        ("十", 10),
        ("八。", 8),
    ],
)
def test_answers_are_taken_as_people_type_them(typed: str, number: int) -> None:
    assert number_in(typed) == number


@given(st.text(max_size=30))
def test_anything_may_be_typed(typed: str) -> None:
    found = number_in(typed)
    assert found is None or 0 <= found <= 999


def test_the_owner_passes_at_once_by_answering(portal: Running, exam: PublishedExam) -> None:
    owner = exam.people[0]
    with portal.candidate(owner) as stranger, portal.candidate(owner) as candidate:
        block(at(stranger, ELSEWHERE), exam)
        refused = at(candidate, HOME).authenticate()
        assert (refused.status_code, refused.json()["code"]) == (429, "OS-171")
        assert candidate.authenticate(**solved(portal, refused)).status_code == 200


def test_a_stranger_who_never_stops_cannot_make_the_owner_wait(portal: Running, exam: PublishedExam) -> None:
    owner, moment = exam.people[0], INSIDE
    with portal.candidate(owner) as stranger, portal.candidate(owner) as candidate:
        at(stranger, ELSEWHERE)
        at(candidate, HOME)
        for _ in range(12):
            block(stranger, exam)
            refused = candidate.authenticate()
            assert candidate.authenticate(**solved(portal, refused)).status_code == 200
            moment += timedelta(seconds=int(refused.headers["retry-after"]))
            portal.at(moment)


def test_answering_does_not_let_guesses_run(portal: Running, exam: PublishedExam) -> None:
    owner = exam.people[0]
    with portal.candidate(owner) as stranger:
        block(at(stranger, ELSEWHERE), exam)
        looked_at = 0
        for _ in range(20):
            refused = stranger.authenticate()
            if "challenge" not in refused.json():
                break
            guess = stranger.authenticate(name="别人", **solved(portal, refused))
            looked_at += guess.status_code == 401
        assert looked_at == 2
        assert stranger.authenticate().status_code == 429
    with exam.database.reading() as connection:
        spent = login_budget.failures(
            connection, login_budget.subject(exam.pepper, EXAM, owner.admission_number)
        )
    assert spent == 5 + looked_at, "guesses of both lanes count towards the exam's budget"


def test_the_second_lane_slows_down_and_opens_again_by_itself(portal: Running, exam: PublishedExam) -> None:
    owner, moment, waits = exam.people[0], INSIDE, []
    with portal.candidate(owner) as stranger:
        at(stranger, ELSEWHERE)
        for _ in range(400):
            refused = stranger.authenticate(name="别人")
            if refused.status_code == 401:
                continue
            if "challenge" in refused.json():
                stranger.authenticate(name="别人", **solved(portal, refused))
            else:
                waits.append(int(refused.headers["retry-after"]))
                moment += timedelta(seconds=waits[-1])
                portal.at(moment)
            if len(waits) > 25:
                break
    assert max(waits) <= 900
    assert sum(waits) > 3600


@pytest.mark.parametrize("failures", range(1, 30))
def test_delays_of_the_second_lane_grow_and_end(failures: int) -> None:
    fresh = answered_delay(failures, 0)
    assert fresh <= answered_delay(failures + 1, 0) <= timedelta(minutes=15)
    assert (fresh == timedelta(0)) == (failures < 2)
    assert answered_delay(failures, EXAM_BUDGET) == timedelta(minutes=15)


@pytest.mark.parametrize("how", ["wrong", "stale", "other number", "other address", "forged", "used"])
def test_a_reply_that_is_not_right_opens_nothing_and_costs_the_seat_nothing(
    portal: Running, exam: PublishedExam, how: str
) -> None:
    owner, other = exam.people[:2]
    with portal.candidate(owner) as candidate, portal.candidate(other) as second:
        block(at(candidate, HOME), exam)
        block(at(second, HOME), exam)
        reply = solved(portal, (second if how == "other number" else candidate).authenticate())
        if how == "wrong":
            reply["reply"]["answer"] = "99"
        if how == "stale":
            # Kept waiting by failing again whenever it could go on.
            for minutes in range(12):
                portal.at(INSIDE + timedelta(minutes=minutes))
                block(candidate, exam)
        if how == "other address":
            at(candidate, ELSEWHERE)
            candidate.http.headers["x-forwarded-for"] = ELSEWHERE
        if how == "forged":
            reply["reply"]["stamp"] = reply["reply"]["stamp"][:-6] + "AAAAAA"
        if how == "used":
            assert candidate.authenticate(name="别人", **reply).status_code == 401
        with exam.database.reading() as connection:
            subject = login_budget.subject(exam.pepper, EXAM, owner.admission_number)
            spent = login_budget.failures(connection, subject)
        answer = candidate.authenticate(**reply)
        assert (answer.status_code, answer.json()["code"]) == (429, "OS-171")
        assert answer.json()["challenge"]["stamp"] != reply["reply"]["stamp"], "another question"
        with exam.database.reading() as connection:
            assert login_budget.failures(connection, subject) == spent


def test_numbers_that_do_not_exist_are_asked_the_same_way(portal: Running, exam: PublishedExam) -> None:
    told = []
    for number in (exam.people[0].admission_number, "999999999999"):
        with portal.candidate(Person("别人", exam.people[3].id_number, number)) as stranger:
            block(at(stranger, ELSEWHERE), exam)
            refused = stranger.authenticate()
            answers = [stranger.authenticate(**solved(portal, refused)).status_code]
            answers += [stranger.authenticate(**solved(portal, stranger.authenticate())).status_code]
            told.append(
                (sorted(refused.json()), refused.status_code, answers, stranger.authenticate().status_code)
            )
    assert told[0] == told[1]
    assert told[0][2] == [401, 401]


def test_a_school_behind_one_address_is_not_shut_out_by_one_who_fails(exam: PublishedExam) -> None:
    settings = exam.settings(address_burst=5, address_per_minute=1, trusted_proxies=("127.0.0.0/8",))
    with running(settings, FixedClock(INSIDE)) as portal:
        with portal.candidate(exam.people[7]) as vandal:
            at(vandal, SCHOOL)
            while (
                vandal.authenticate(admission_number=f"9{vandal.http.headers.get('n', '')}").status_code
                == 401
            ):
                pass
        for person in exam.people[:7]:
            with portal.candidate(person) as pupil:
                refused = at(pupil, SCHOOL).authenticate()
                assert refused.json()["code"] == "OS-172"
                assert pupil.authenticate(**solved(portal, refused)).status_code == 200


def test_the_page_asks_ties_the_question_to_its_field_and_takes_the_answer(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        block(at(candidate, HOME), exam)
        page = candidate.log_in()
        assert page.status_code == 429
        fields = {field.get("name"): field for field in Page(page).all("input")}
        assert "answer-hint" in str(fields["answer"]["aria-describedby"])
        assert {"for": "answer"} in Page(page).all("label")
        reply = {"challenge": str(fields["challenge"]["value"]), "form_token": form_token(page)}
        again = candidate.http.post(
            f"/e/{EXAM}/login", data={**candidate.person.body(), **reply, "answer": "99"}
        )
        assert "上一题回答有误" in again.text
        asked = again.text.partition('<label for="answer">')[2].partition("</label>")[0]
        stamp = {field.get("name"): field.get("value") for field in Page(again).all("input")}["challenge"]
        data = {**candidate.person.body(), "form_token": form_token(again), "challenge": stamp}
        done = candidate.http.post(f"/e/{EXAM}/login", data={**data, "answer": str(answer_to(asked))})
        assert done.headers["location"] == f"/e/{EXAM}/download"


def test_the_question_cannot_be_read_out_of_its_stamp() -> None:
    """Two portals with other secrets make other questions of one stamp; the stamp says only a nonce."""
    one = SignedValues(b"1" * 64, EXAM)
    stamp = one.challenge(b"about", INSIDE)
    seed = one.challenge_seed(stamp, b"about", INSIDE)
    assert seed.hex() not in stamp
    assert one.challenge_seed(stamp, b"about", INSIDE + timedelta(minutes=10) - SECOND) == seed
    for secret, about, late in ((b"2", b"about", 0), (b"1", b"other", 0), (b"1", b"about", 600)):
        with pytest.raises(Exception, match="form"):
            SignedValues(secret * 64, EXAM).challenge_seed(stamp, about, INSIDE + timedelta(seconds=late))
