"""A candidate's own page tells the truth about this candidate, and its links lead to pages with reasons."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event

from oneseat.portal.exam.schedule import Mark, in_words, marked
from oneseat.portal.http.views import unbroken
from oneseat.portal.pages.own_page import masked_number
from oneseat.portal.pages.state_words import LABELS, words_of
from oneseat.portal.rules.candidate_stages import TABLE, Action, DeadlineKind, Stage
from oneseat.portal.rules.candidate_state import CandidateState, Deadline
from oneseat.state.candidates import activations, attendance, downloads, seat_support
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.tables.publishing import CurrentRelease
from signing.text import Text
from tests import charters
from tests.charters import at
from tests.patience import wait_until
from tests.portal.published_exam import CLOSES, EXAM, GRACE, INSIDE, SECOND, PublishedExam, Running
from tests.simulator import Candidate, Person, form_token

PAGE = f"/e/{EXAM}/download"
INSTALLER = f"/e/{EXAM}/installer"


def shown(answer: httpx.Response) -> str:
    """The text of a page's main part, without tags and line breaks."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s*\n\s*", " ", re.sub(r"<[^>]+>", "", f"<main{main}"))


def begin(exam: PublishedExam, person: Person, moment: datetime = INSIDE, *, finish: bool = False) -> None:
    """Record a download of the person's as the gate does."""
    with exam.database.writing() as connection:
        downloads.grant(connection, EXAM, exam.jti(person), moment)
        downloads.start(connection, exam.jti(person), moment)
        if finish:
            downloads.finish(connection, exam.jti(person), moment + timedelta(minutes=1))


def activate(exam: PublishedExam, person: Person) -> None:
    with exam.database.writing() as connection:
        activations.claim(connection, EXAM, exam.jti(person), b"d" * 32, "token", INSIDE)


UPLOAD_UNTIL = at(13, 11, 10)


def report_upload(exam: PublishedExam, person: Person, kind: str, moment: datetime, left: int | None) -> None:
    """Record the room's report of the upload of a session that is handed in; None is the completion."""
    day, device = moment.date(), b"d" * 32
    place = AttendanceRecord(
        EXAM, person.admission_number, exam.jti(person), kind, 0, day, device, "t", moment, moment
    )
    with exam.database.writing() as connection:
        attendance.record_first_ticket(connection, place)
        attendance.record_end(connection, place, moment)
        if left is None:
            attendance.record_completion(connection, place, UPLOAD_UNTIL, moment)
        else:
            attendance.record_upload(connection, place, left, UPLOAD_UNTIL, moment)


def take_mock(exam: PublishedExam, person: Person, *, finish: bool) -> None:
    jti = exam.jti(person)
    place = AttendanceRecord(
        EXAM, person.admission_number, jti, "mock", 0, INSIDE.date(), b"d" * 32, "t", INSIDE, INSIDE
    )
    with exam.database.writing() as connection:
        attendance.record_first_ticket(connection, place)
        attendance.record_start(connection, place, INSIDE)
        if finish:
            attendance.record_end(connection, place, INSIDE)


@pytest.fixture
def owner(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    """The first candidate, logged in inside the window."""
    with portal.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        yield candidate


def again(candidate: Candidate) -> httpx.Response:
    """The candidate's page after a new login: the first one ends after twelve hours."""
    candidate.http.cookies.clear()
    return candidate.log_in()


# ----------------------------------------------------------------------------------------------- words

VALUES: dict[str, object] = {
    name: Text("VALUE", "值")
    for name in ("until", "begun", "product", "companion", "hotline", "session", "left", "seen")
}
WITHOUT_A_PAGE_HERE = {Stage.MAINTENANCE, Stage.CLOSED}


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in WITHOUT_A_PAGE_HERE])
def test_every_row_of_the_table_has_words(stage: Stage) -> None:
    row = TABLE[stage]
    deadlines: list[Deadline | None] = [Deadline(kind, INSIDE) for kind in row.deadlines]
    if not row.deadlines or row.may_lack_deadline:
        deadlines.append(None)
    for action in row.actions:
        if action is Action.LOG_IN:
            continue
        for deadline in deadlines:
            words = words_of(CandidateState(stage, action, deadline))
            assert words.heading.filled(VALUES).zh
            assert words.lead.filled(VALUES).zh
            if deadline is None:
                assert "until" not in words.lead.placeholders()


def test_every_deadline_but_the_date_to_keep_has_a_countdown() -> None:
    assert set(LABELS) == set(DeadlineKind) - {DeadlineKind.KEEP_UNTIL}


# ------------------------------------------------------------------------------------ whose page it is


@given(number=st.text(st.characters(min_codepoint=48, max_codepoint=90), min_size=1, max_size=40))
def test_a_masked_number_never_shows_its_middle(number: str) -> None:
    masked = masked_number(number)
    head, _, tail = masked.partition("****")
    assert number.startswith(head)
    assert number.endswith(tail)
    assert len(head) + len(tail) <= max(8, len(number) // 3)
    assert number not in masked


def test_a_page_says_whose_it_is_at_the_top_and_at_the_button(owner: Candidate, exam: PublishedExam) -> None:
    page = owner.http.get(PAGE)
    top, _, lead = page.text.partition("card-lead")
    for part in (top, lead):
        assert "2035****0001" in part
        assert "不是本人？退出" in part
    assert exam.people[0].admission_number not in page.text


def test_the_next_person_at_a_shared_computer_logs_the_first_out_and_gets_another_page(
    portal: Running, exam: PublishedExam, owner: Candidate
) -> None:
    kept = owner.http.cookies[f"oneseat-{EXAM}"]
    first = owner.http.get(PAGE)
    left = owner.http.post(f"/e/{EXAM}/logout", data={"form_token": form_token(first)}, follow_redirects=True)
    assert "考生登录" in left.text
    owner.person = exam.people[1]
    assert "2035****0002" in owner.log_in().text
    again = httpx.get(f"{portal.url}{PAGE}", headers={"cookie": f"oneseat-{EXAM}={kept}"})
    assert again.status_code == 303, "the first login has ended at the server as well"


# ------------------------------------------------------------------------------------- the page's links


def test_no_link_or_form_of_a_page_leads_into_the_api(owner: Candidate, exam: PublishedExam) -> None:
    begin(exam, exam.people[0], finish=True)
    for path in (PAGE, f"/e/{EXAM}/", "/"):
        page = owner.http.get(path, follow_redirects=True)
        addresses = re.findall(r'(?:href|action)="([^"]+)"', page.text)
        assert INSTALLER in addresses
        assert not [address for address in addresses if address.startswith("/api")]
        assert " download>" not in page.text


def test_the_installer_route_leads_to_the_very_bytes(owner: Candidate, exam: PublishedExam) -> None:
    answer = owner.http.get(INSTALLER, follow_redirects=True)
    assert answer.content == exam.stamped(exam.people[0])
    assert owner.http.head(INSTALLER).headers["location"].startswith("/api/v1/")


def test_an_ended_login_is_told_and_the_download_goes_on_after_the_next_one(
    owner: Candidate, portal: Running
) -> None:
    owner.http.cookies.delete(f"oneseat-{EXAM}")
    login = owner.http.get(INSTALLER, follow_redirects=True)
    assert "登录已失效，请重新登录" in login.text
    refused = owner.log_in(name="别人")
    assert "登录已失效" not in refused.text, "the refusal comes first"
    page = owner.log_in()
    assert page.url.query == b"start=1"
    assert f'content="0; url={INSTALLER}"' in page.text
    assert "没有开始下载？" in page.text
    owner.http.cookies.delete(f"oneseat-{EXAM}")
    assert "登录已失效" not in owner.http.get(f"/e/{EXAM}/").text
    assert owner.log_in().url.query == b"", "only once"


def test_a_download_that_is_over_or_revoked_leads_to_the_page_with_the_reason(
    owner: Candidate, portal: Running, exam: PublishedExam
) -> None:
    begin(exam, exam.people[0], finish=True)
    portal.at(CLOSES + GRACE)
    again(owner)
    over = owner.http.get(INSTALLER, follow_redirects=True)
    assert (over.url.path, over.status_code) == (PAGE, 200)
    assert "OS-174" in over.text
    exam.withdraw()
    assert "OS-247" in owner.http.get(INSTALLER, follow_redirects=True).text
    exam.revoke(exam.people[0])
    revoked = owner.http.get(INSTALLER, follow_redirects=True)
    assert revoked.status_code == 403
    assert "OS-179" in revoked.text


def test_maintenance_is_a_page_with_the_hotline_that_reloads_itself(
    owner: Candidate, portal: Running, exam: PublishedExam
) -> None:
    with exam.database.writing() as connection:
        seat_support.start_maintenance(connection, EXAM, INSIDE, None)
    portal.app.state.portal.exams[EXAM].maintenance.invalidate()
    answer = owner.http.get(INSTALLER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "平台正在维护" in answer.text
    assert "000-000-0000" in answer.text
    assert 'data-reload-s="60"' in answer.text


def test_head_is_answered_as_get_without_the_body(owner: Candidate) -> None:
    for path in (PAGE, f"/e/{EXAM}/", "/", f"/e/{EXAM}", "/nowhere"):
        head, get = owner.http.head(path), owner.http.get(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        assert head.headers.get("content-type") == get.headers.get("content-type")


def test_a_form_that_is_too_long_is_answered_with_a_page(owner: Candidate) -> None:
    answer = owner.http.post(f"/e/{EXAM}/login", data={"name": "长" * 200_000})
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    programs = owner.http.post(f"{owner.api}/authenticate", content=b"x" * 500_000)
    assert programs.headers["content-type"] == "application/problem+json"


# ---------------------------------------------------------------------------------------------- states


def test_a_broken_off_download_is_never_called_done(
    owner: Candidate, portal: Running, exam: PublishedExam
) -> None:
    begin(exam, exam.people[0])
    inside = owner.http.get(PAGE)
    assert "下载尚未完成" in shown(inside)
    assert "继续下载考生端" in shown(inside)
    portal.at(CLOSES)
    assert "您已开始的下载可在 2035年1月5日（星期五）23:30 前继续完成" in shown(again(owner))
    portal.at(CLOSES + GRACE)
    lost = owner.http.get(PAGE)
    assert "您的下载没有完成" in shown(lost)
    assert "请立即拨打技术服务热线 000-000-0000" in shown(lost)
    assert 'id="downloaded"' not in lost.text
    for words in ("已下载的安装文件", "显示安装码", "完成登记"):
        assert words not in shown(lost)


def test_a_finished_download_is_confirmed_and_nothing_counts_down_to_its_end(
    owner: Candidate, exam: PublishedExam
) -> None:
    fresh = owner.http.get(PAGE).text
    assert f'data-until="{int(CLOSES.timestamp()) * 1000}"' in fresh
    assert owner.http.get(INSTALLER, follow_redirects=True).status_code == 200
    # The end is recorded after the last byte.
    wait_until(lambda: 'id="downloaded"' in owner.http.get(PAGE).text)
    page = owner.http.get(PAGE)
    for words in (
        "下载完成",
        "2035年1月4日（星期四）12:00",
        "再次下载",
        f"-{EXAM}-{exam.jti(exam.people[0])[:8]}.exe",
    ):
        assert words in shown(page), words
    assert "距离下载截止" not in page.text
    assert page.text.count("data-until") == 1
    assert f'data-until="{int(at(5, 0).timestamp()) * 1000}"' in page.text, "the mock of today"


def test_no_page_has_two_countdowns_and_each_is_labelled(
    owner: Candidate, portal: Running, exam: PublishedExam
) -> None:
    person = exam.people[0]
    begin(exam, person, finish=True)
    activate(exam, person)
    take_mock(exam, person, finish=True)
    for moment, label in (
        (at(4, 20), "距离正式面试开放登录还有"),
        (at(6, 0), "距离正式面试开放登录还有"),
        (at(10, 9), "距离正式面试开放登录还有"),
        (at(10, 10, 30), "距离截止登录还有"),
        (at(12, 0), None),
    ):
        portal.at(moment)
        page = again(owner).text
        assert page.count("data-until") == (label is not None)
        assert label is None or label in page


@pytest.mark.parametrize(
    ("moment", "finish", "words"),
    [
        (at(4, 20), None, "请参加模拟面试"),
        (at(4, 20), False, "已参加，未完成"),
        (at(4, 20), True, "模拟面试已完成"),
        (at(5, 0), None, "接下来：参加模拟面试"),
        (at(6, 0), None, "您无法参加正式面试"),
        (at(6, 0), False, "接下来：参加正式面试"),
        (at(10, 9), True, "今天是正式面试日"),
        (at(10, 10, 30), True, "请立即登录，参加正式面试"),
        (at(10, 11), True, "已过截止登录时间"),
        (at(12, 0), True, "面试已结束，请保留软件"),
    ],
)
def test_the_page_knows_what_day_it_is(
    owner: Candidate, portal: Running, exam: PublishedExam, moment: datetime, finish: bool | None, words: str
) -> None:
    person = exam.people[0]
    begin(exam, person, finish=True)
    activate(exam, person)
    if finish is not None:
        take_mock(exam, person, finish=finish)
    portal.at(moment)
    page = again(owner)
    assert page.status_code == 200
    assert words in shown(page)


@pytest.mark.parametrize(
    ("moment", "report", "words"),
    [
        (at(10, 11, 20), ("formal", 211_500_000), ("还有录像未上传", "还有约 212 MB 录像没有上传")),
        (at(10, 11, 20), ("formal", 0), ("还有录像未上传", "还有部分录像没有上传")),
        (at(10, 11, 20), ("formal", None), ("交卷完成", "您的正式面试作答和录像已全部收到")),
        (at(14, 0), ("formal", 1), ("录像没有全部上传", "上传时间已过")),
        (at(4, 20), ("mock", 1), ("还有录像未上传", "最晚 2035年1月13日（星期六）11:10")),
        (at(4, 20), ("mock", None), ("模拟面试已完成", "交卷完成：您的模拟面试作答和录像已全部收到")),
        (at(10, 9), ("mock", 1), ("今天是正式面试日", "您的模拟面试还有录像未上传")),
    ],
)
def test_the_page_says_what_is_still_to_be_uploaded(
    owner: Candidate,
    portal: Running,
    exam: PublishedExam,
    moment: datetime,
    report: tuple[str, int | None],
    words: tuple[str, str],
) -> None:
    person, (kind, left) = exam.people[0], report
    begin(exam, person, finish=True)
    activate(exam, person)
    if kind == "formal":
        take_mock(exam, person, finish=True)
    report_upload(exam, person, kind, at(10, 11, 15) if kind == "formal" else INSIDE, left)
    portal.at(moment)
    page = again(owner)
    heading, lead = words
    assert f"<h2>{heading}</h2>" in page.text
    assert lead in shown(page)
    assert page.text.count("data-until") <= 1
    assert ("距离上传截止还有" in page.text) == (heading == "还有录像未上传")


def test_a_late_permission_says_that_it_gives_no_interview_any_more(
    portal: Running, exam: PublishedExam
) -> None:
    person = exam.people[0]
    with exam.database.writing() as connection:
        seat_support.allow(connection, EXAM, person.admission_number, at(7, 0), at(6, 14))
    portal.at(at(6, 14))
    with portal.candidate(person) as candidate:
        page = shown(candidate.log_in())
    assert "您可在 2035年1月6日（星期六）24:00 前单独下载" in page
    assert "未参加模拟面试的考生无法参加正式面试，现在下载也不能参加" in page


def test_an_exam_without_a_release_has_no_form_and_blames_nobody(
    portal: Running, exam: PublishedExam
) -> None:
    with exam.database.writing() as connection:
        connection.execute(delete(CurrentRelease))
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.http.get(f"/e/{EXAM}/")
    assert page.status_code == 200
    assert "安装包正在准备" in page.text
    assert "<form" not in page.text
    assert 'data-reload-s="90"' in page.text


def test_the_page_is_read_in_one_transaction_and_a_constant_number_of_statements(
    owner: Candidate, portal: Running, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = exam.people[0]
    begin(exam, person, finish=True)
    activate(exam, person)
    take_mock(exam, person, finish=True)
    database = portal.app.state.portal.exams[EXAM].database
    transactions: list[Any] = []
    statements: list[str] = []
    reading = database.reading

    @contextlib.contextmanager
    def counted() -> Iterator[Any]:
        with reading() as connection:
            transactions.append(connection)
            yield connection

    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    owner.http.get(PAGE)
    monkeypatch.setattr(database, "reading", counted)
    monkeypatch.setattr("oneseat.portal.exam.timed_cache.REFRESH_INTERVAL_S", 3600)
    statements.clear()
    assert owner.http.get(PAGE).status_code == 200
    assert len(transactions) == 1
    assert len(statements) <= 5
    transactions.clear()
    owner.http.cookies.clear()
    assert owner.http.get(f"/e/{EXAM}/").status_code == 200
    assert len(transactions) == 1


# -------------------------------------------------------------------------------------------- schedule


def test_the_schedule_says_what_is_over_what_is_on_and_what_comes_next() -> None:
    entries = in_words(charters.charter())

    def marks(moment: datetime) -> dict[str, str]:
        return {entry.key: mark for entry, mark in marked(entries, moment)}

    later = {"mock": "later", "change": "later", "formal": "later", "keep": "later"}
    assert marks(at(3, 0)) == {**later, "download": "next"}
    assert marks(at(4, 12))["formal"] == Mark.NEXT
    assert marks(at(5, 1)) == {**later, "download": "now", "change": "now", "mock": "next"}
    assert marks(at(7, 0)) == {
        "download": "past",
        "mock": "past",
        "change": "past",
        "formal": "next",
        "keep": "later",
    }
    assert marks(at(10, 10, 10))["formal"] == Mark.NOW
    assert marks(at(10, 11, 10)) == {
        "download": "past",
        "mock": "past",
        "change": "past",
        "formal": "past",
        "keep": "now",
    }


@given(hours=st.integers(0, 24 * 40))
def test_at_most_one_line_of_the_schedule_is_next(hours: int) -> None:
    found = [mark for _, mark in marked(in_words(charters.charter()), at(1, 0) + timedelta(hours=hours))]
    assert found.count(Mark.NEXT) == (Mark.LATER in found or Mark.NEXT in found)


def test_dates_and_ranges_are_marked_as_unbreakable_and_text_is_escaped() -> None:
    marked_up = unbroken("<b>2035年1月4日（星期四）10:00 至 1月5日（星期五），每日 10:00–24:00")
    assert marked_up.startswith("&lt;b&gt;<span")
    for part in ("2035年1月4日（星期四）", "10:00", "1月5日（星期五），", "10:00–24:00"):
        assert f'<span class="unbroken">{part}</span>' in marked_up
    assert '<span class="unbroken">11:00 至 11:10</span>' in unbroken("1月10日（星期三）11:00 至 11:10")
    assert '<span class="unbroken">Thu 4 January 2035</span>' in unbroken("Thu 4 January 2035, 10:00")
    assert '<span class="unbroken">400-000-0000，</span>并' in unbroken(
        "请拨打 400-000-0000，并准备好准考证号。"
    )


def test_the_end_of_the_window_is_not_the_end_of_the_grace(owner: Candidate, portal: Running) -> None:
    portal.at(CLOSES - SECOND)
    assert "距离下载截止还有" in again(owner).text
