"""The candidate's help page: with a login and without, and what strangers cannot do there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from oneseat.portal.pages import help as help_page
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.rules.help_rules import Urgency
from oneseat.portal.services.help import submitting
from oneseat.state.help import requests
from oneseat.state.help.requests import HelpRequest
from oneseat.web import event_streams
from oneseat.web.refusals import StreamsBusy
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running
from tests.simulator import Candidate, form_token

PAGE = f"/e/{EXAM}/help"
SCRIPT = "<script>alert(1)</script>"
FILLED = {"reason": "device", "callback": "13800131234", "words": "摄像头黑屏"}


@pytest.fixture(autouse=True)
def _fresh_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the queue each time."""
    monkeypatch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 0.0)


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    with portal.candidate(exam.people[0]) as made:
        made.log_in()
        yield made


@pytest.fixture
def stranger(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    """A browser that is not logged in."""
    with portal.candidate(exam.people[0]) as made:
        yield made


def _ask(browser: Candidate, **changes: str) -> httpx.Response:
    page = browser.http.get(f"{PAGE}?new=1")
    form = {**FILLED, "form_token": form_token(page), **changes}
    return browser.http.post(PAGE, data=form, follow_redirects=True)


def _open(exam: PublishedExam) -> list[HelpRequest]:
    with exam.database.reading() as connection:
        return requests.list_open(connection, EXAM, 1000)


def _code(answer: httpx.Response) -> str:
    found = re.search(r"OS-\d{3}", answer.text)
    return found[0] if found else ""


def test_a_candidate_sees_number_place_and_which_numbers_call(
    candidate: Candidate, exam: PublishedExam
) -> None:
    page = _ask(candidate)
    assert page.status_code == 200
    (stored,) = _open(exam)
    assert f"{stored.number[:4]} {stored.number[4:]}" in page.text
    assert "已提交" in page.text and "前面还有 0 人" in page.text and "预计等待：无法估计" in page.text
    assert "138****1234" in page.text and "13800131234" not in page.text
    assert all(number in page.text for number in exam.charter.support.calls_from)
    assert stored.admission_number == candidate.person.admission_number
    token = form_token(page)
    candidate.http.post(f"{PAGE}/withdraw", data={"form_token": token})
    assert "已撤回" in candidate.http.get(PAGE).text
    assert _open(exam) == []


def test_a_form_needs_its_own_browsers_token(candidate: Candidate, exam: PublishedExam) -> None:
    for path, form in ((PAGE, FILLED), (f"{PAGE}/withdraw", {})):
        assert _code(candidate.http.post(path, data={**form, "form_token": "x"})) == "OS-185"
    assert _open(exam) == []


def test_what_is_typed_comes_back_escaped(candidate: Candidate) -> None:
    refused = _ask(candidate, words=SCRIPT, callback="12")
    assert (refused.status_code, _code(refused)) == (400, "OS-960")
    page = _ask(candidate, words=SCRIPT)
    for answer in (refused, page):
        assert SCRIPT not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_stranger_who_knows_a_number_takes_nothing_from_its_owner(
    stranger: Candidate, portal: Running, exam: PublishedExam
) -> None:
    owner = exam.people[0]
    _ask(stranger, admission_number=owner.admission_number)
    (unverified,) = _open(exam)
    assert (unverified.admission_number, unverified.jti) == (None, None)
    assert unverified.urgency == Urgency.UNVERIFIED
    with portal.candidate(owner) as candidate:
        candidate.log_in()
        assert "提交求助" in candidate.http.get(PAGE).text, "the stranger's request is not the owner's"
        assert "前面还有 0 人" in _ask(candidate).text
    assert len(_open(exam)) == 2


def test_only_the_browser_that_asked_sees_an_unverified_request(
    stranger: Candidate, portal: Running, exam: PublishedExam
) -> None:
    assert "摄像头黑屏" in _ask(stranger).text
    with portal.candidate(exam.people[1]) as other:
        assert "摄像头黑屏" not in other.http.get(PAGE).text
        other.http.cookies.set(f"oneseat-help-{EXAM}", "forged")
        assert "摄像头黑屏" not in other.http.get(PAGE).text


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_PER_CALLBACK", 2), ("MOST_PER_ADDRESS", 2), ("MOST_UNVERIFIED", 2)]
)
def test_floods_end_at_each_limit_and_never_for_who_is_logged_in(
    stranger: Candidate,
    portal: Running,
    exam: PublishedExam,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
) -> None:
    monkeypatch.setattr(submitting, limit, value)
    codes = []
    for _ in range(4):
        stranger.http.cookies.clear()
        codes.append(_code(_ask(stranger)))
    assert codes == ["", "", "OS-963", "OS-963"]
    with portal.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        assert "已提交" in _ask(candidate).text


def test_an_answer_reaches_the_open_page(
    candidate: Candidate, stranger: Candidate, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help_page, "LIVE_INTERVAL_S", 0.05)
    monkeypatch.setattr(event_streams, "LIFE_S", 10.0)
    known = re.search(r'data-known="([^"]+)"', _ask(candidate).text)
    assert known is not None
    with candidate.http.stream("GET", f"{PAGE}/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        news = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert next(news) == f"data: {known[1]}", "nothing has changed since the page was made"
        _ask(stranger)
        (own,) = [request for request in _open(exam) if request.jti is not None]
        with exam.database.writing() as connection:
            requests.change(connection, own, touched_at=INSIDE + timedelta(minutes=1))
        assert next(news) not in ("data: closed", f"data: {known[1]}")
        with exam.database.writing() as connection:
            requests.change(connection, own, closed_at=INSIDE + timedelta(minutes=2))
        assert next(news) == "data: closed"


def test_one_request_has_few_streams(candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "LIFE_S", 10.0)
    monkeypatch.setattr(event_streams, "MAX_OF_LISTENER", 1)
    _ask(candidate)
    with candidate.http.stream("GET", f"{PAGE}/live") as answer:
        news = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert next(news)
        refused = candidate.http.get(f"{PAGE}/live")
        assert (refused.status_code, _code(refused)) == (503, f"OS-{StreamsBusy.number}")


def test_a_browser_without_a_request_follows_nothing(candidate: Candidate) -> None:
    refused = candidate.http.get(f"{PAGE}/live")
    assert (refused.status_code, _code(refused)) == (404, f"OS-{HelpRequestUnknown.number}")
