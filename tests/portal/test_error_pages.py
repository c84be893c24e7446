"""Pages of refusals speak to candidates; the list of exams says what each wants now."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.pages import candidate as pages
from oneseat.portal.pages.exam_list import ListedExam, listed
from oneseat.state.candidates import seat_support
from signing.charter import FormalSession, Window
from signing.clock import FixedClock
from tests import charters
from tests.patience import wait_until
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running
from tests.simulator import form_token

HOTLINE = "000-000-0000"
HOME = f"/e/{EXAM}/"
SENT = {
    "unknown page": ("GET", f"{HOME}nowhere", {}, 404),
    "wrong method": ("PUT", f"{HOME}login", {}, 405),
    "malformed form": ("POST", f"{HOME}login", {"data": {"name": "x" * 200}}, 400),
    "form that is too large": ("POST", f"{HOME}login", {"data": {"name": "x" * 20_000}}, 413),
}
FOR_PROGRAMS = ("/api/v1", "API", "接口", "string_too_long", "body.", "管理人员", "PUT", "字节")


@pytest.fixture
def browser(portal: Running, exam: PublishedExam) -> Iterator[httpx.Client]:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.http.get(HOME)
        yield candidate.http


def body(answer: httpx.Response) -> str:
    return answer.text.partition("<main")[2]


@pytest.mark.parametrize("name", SENT)
def test_a_refused_page_names_exam_hotline_and_number_in_plain_words(
    browser: httpx.Client, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    method, path, options, status = SENT[name]
    with caplog.at_level(logging.INFO, logger="portal.access"):
        answer = browser.request(method, path, **options)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "测试面试" in body(answer)
    assert HOTLINE in body(answer)
    assert not [words for words in FOR_PROGRAMS if words in body(answer)]
    identifier = re.search(r'<b class="number">([0-9a-f]{8})</b>', answer.text)
    assert identifier is not None
    # The line is written after the answer was sent.
    logged = wait_until(lambda: [record for record in caplog.records if record.name == "portal.access"])
    assert logged[-1].reference == identifier[1]  # type: ignore[attr-defined]


def test_programs_keep_their_words(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        answer = candidate.authenticate(name="x" * 20_000)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "接口文档" in answer.json()["remedy"]["zh"]


def test_a_fault_shows_the_number_that_the_log_has(
    portal: Running, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(secrets.token_hex())

    with portal.candidate(exam.people[0]) as candidate:
        candidate.http.get(HOME)
        monkeypatch.setattr(pages, "_exam_page", broken)
        answer = candidate.http.get(HOME)
    fault = next(record for record in caplog.records if record.name == "portal.faults")
    assert answer.status_code == 500
    assert f'告知编号 <b class="number">{fault.reference}</b>' in re.sub(r"\s+", " ", answer.text)  # type: ignore[attr-defined]
    assert "平台出现故障，您的操作没有完成。" in answer.text
    assert HOTLINE in body(answer)


def test_head_is_answered_where_get_is(browser: httpx.Client) -> None:
    for path in (HOME, "/c", f"{HOME}download"):
        head, got = browser.head(path), browser.get(path)
        assert head.status_code == got.status_code
        assert head.content == b""


def test_maintenance_reloads_itself_and_says_whom_to_call(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        token = form_token(candidate.http.get(HOME))
        with exam.database.writing() as connection:
            seat_support.start_maintenance(connection, EXAM, INSIDE, None)
        portal.app.state.portal.exams[EXAM].maintenance.invalidate()
        answers = [
            candidate.http.get(HOME),
            candidate.http.post(f"{HOME}login", data={**candidate.person.body(), "form_token": token}),
        ]
    for answer in answers:
        assert answer.status_code == 503
        assert f'data-reload-s="60" data-reload-at="{HOME}"' in answer.text
        assert HOTLINE in body(answer)
        assert candidate.person.id_number not in answer.text


def in_force(name: str, days: int) -> CharterInForce:
    """A charter whose dates are moved by days."""
    charter, moved = charters.charter(exam=name), timedelta(days=days)
    window = charter.download
    formals = tuple(
        FormalSession(*(moment + moved for moment in (f.login_opens, f.login_closes, f.starts, f.ends)))
        for f in charter.formals
    )
    download = Window(window.opens + moved, window.closes + moved)
    return CharterInForce(replace(charter, download=download, formals=formals), "")


def test_the_list_puts_what_wants_something_now_first() -> None:
    exams = [in_force("over", -30), in_force("later", 20), in_force("now", 0), in_force("closed", -4)]
    lines: list[ListedExam] = listed(exams, INSIDE)["exams"]
    assert [(line.home, line.state.zh) for line in lines] == [
        ("/e/now/", "下载开放中"),
        ("/e/later/", "下载尚未开放"),
        ("/e/closed/", "下载已截止"),
        ("/e/over/", "已结束"),
    ]
    assert lines[0].interview.zh == "2035年1月10日（星期三）11:00"


def test_several_interviews_are_counted() -> None:
    one, other = in_force("many", 0).charter, in_force("many", 1).charter
    many = replace(one, formals=(*one.formals, *other.formals))
    line = ListedExam.of(CharterInForce(many, ""), INSIDE)
    assert line.interview.zh == "2035年1月10日（星期三）11:00 起，共 2 场"


def test_the_list_shows_state_and_interview_and_hides_what_is_not_published(
    exam: PublishedExam,
) -> None:
    with running(exam.settings(), FixedClock(INSIDE)) as portal:
        whole = portal.app.state.portal
        whole.exams["second"] = whole.exams[EXAM]
        with portal.candidate(exam.people[0]) as candidate:
            answer = candidate.http.get("/")
            assert answer.status_code == 200
            assert "下载开放中" in answer.text
            assert "2035年1月10日（星期三）11:00" in re.sub(r"<[^>]+>", "", answer.text)
            exam.unpublish_charter()
            assert candidate.http.get("/").status_code == 503
        del whole.exams["second"]
