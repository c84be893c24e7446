"""Operators work on help requests: the queue, claims, calls, answers, checks of identity, incidents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, timedelta

import httpx
import pytest

from oneseat.portal.desk import help_pages
from oneseat.portal.rules.help_rules import CLAIM_LIFE, Reason
from oneseat.portal.services.help.submitting import HelpForm, submit_unverified
from oneseat.state.accounts import audit, operators
from oneseat.state.accounts.operators import Role
from oneseat.state.help import incidents, requests
from oneseat.state.help.requests import HelpRequest
from oneseat.web import event_streams
from oneseat.web.refusals import StreamsBusy
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running

Staff = Callable[[Role], DeskBrowser]
QUEUE = f"{HOME}help"
CALLBACK = "13800131234"


@pytest.fixture(autouse=True)
def _fresh_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the queue each time."""
    monkeypatch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 0.0)


@pytest.fixture
def number(portal: Running, exam: PublishedExam) -> str:
    """A request of a candidate who is logged in."""
    with portal.candidate(exam.people[0]) as candidate:
        bearer = {"authorization": f"Bearer {candidate.session()['session']}"}
        body = {"reason": "device", "words": "<b>黑屏</b>", "callback": CALLBACK}
        path = f"{candidate.api}/seats/{exam.jti(exam.people[0])}/help-request"
        return str(candidate.http.post(path, json=body, headers=bearer).json()["number"])


def _stored(exam: PublishedExam, number: str) -> HelpRequest:
    with exam.database.reading() as connection:
        found = requests.find(connection, EXAM, number)
    assert found is not None
    return found


def _act(desk: DeskBrowser, number: str, act: str, **fields: str) -> httpx.Response:
    return desk.send(f"{QUEUE}/{number}", f"{QUEUE}/{number}/{act}", **fields)


def test_a_request_is_claimed_called_missed_called_again_and_closed(
    staff: Staff, exam: PublishedExam, number: str, portal: Running
) -> None:
    desk = staff(Role.SUPPORT)
    assert f"{number[:4]} {number[4:]}" in desk.http.get(QUEUE).text
    before = desk.http.get(f"{QUEUE}/{number}").text
    assert "138****1234" in before and CALLBACK not in before
    assert "&lt;b&gt;黑屏" in before and "<b>黑屏" not in before
    assert CALLBACK in _act(desk, number, "claim").text
    calls_from = exam.charter.support.calls_from[0]
    assert code_of(_act(desk, number, "call", called_from="10086")) == "OS-969"
    assert "正在拨打" in _act(desk, number, "call", called_from=calls_from).text
    assert "未接通（第 1 次）" in _act(desk, number, "missed").text
    _act(desk, number, "claim")
    _act(desk, number, "call", called_from=calls_from)
    assert "已回电" in _act(desk, number, "reached").text
    assert "请重新插好" in _act(desk, number, "answer", words="请重新插好摄像头").text
    assert "已解决" in _act(desk, number, "solve").text
    closed = _stored(exam, number)
    assert (closed.status, closed.missed_calls) == ("solved", 1)
    assert closed.closed_at == closed.reached_at == INSIDE
    assert code_of(_act(desk, number, "claim")) == "OS-964"
    with exam.database.reading() as connection:
        audit.verify(connection)
        acts = [entry.act for entry in audit.latest(connection, EXAM, 20)]
    assert acts[:3] == ["help.solve", "help.answer", "help.reached"]


def test_a_claim_keeps_others_out_until_it_lapses(
    staff: Staff, exam: PublishedExam, portal: Running, number: str
) -> None:
    first, second = staff(Role.SUPPORT), staff(Role.ADMIN)
    _act(first, number, "claim")
    for act in ("claim", "answer", "solve"):
        assert code_of(_act(second, number, act, words="x")) == "OS-965"
    assert CALLBACK not in second.http.get(f"{QUEUE}/{number}").text
    portal.at(INSIDE + CLAIM_LIFE)
    assert code_of(_act(first, number, "solve")) == "OS-965"
    assert CALLBACK in _act(second, number, "claim").text


def test_viewers_and_forged_forms_are_kept_out(staff: Staff, exam: PublishedExam, number: str) -> None:
    viewer, desk = staff(Role.VIEWER), staff(Role.SUPPORT)
    assert code_of(viewer.http.get(QUEUE)) == code_of(viewer.http.get(f"{QUEUE}/{number}")) == "OS-209"
    assert 'href="/desk/test/help"' not in viewer.http.get(HOME).text
    forged = desk.http.post(f"{QUEUE}/{number}/claim", data={"form_token": "x"})
    assert code_of(forged) == "OS-185"
    begun = desk.send(QUEUE, f"{QUEUE}/incidents/begin", words="x")
    assert code_of(begun) == "OS-209"
    assert _stored(exam, number).status == "submitted"
    assert desk.send(QUEUE, f"{QUEUE}/{number}/withdraw").status_code == 404


def test_who_asked_without_a_login_is_checked_before_a_seat_is_shown(
    staff: Staff, exam: PublishedExam, portal: Running
) -> None:
    served, person = portal.app.state.portal.exams[EXAM], exam.people[0]
    form = HelpForm(Reason.LOGIN, "无法登录", CALLBACK)
    asked = submit_unverified(served, form, person.admission_number, "192.0.2.1", INSIDE)
    desk = staff(Role.SUPPORT)
    page = desk.http.get(f"{QUEUE}/{asked.number}").text
    assert "未核实" in page and "自报准考证号" in page
    assert f"{HOME}seats/" not in page
    heard = person.body()
    wrong = _act(desk, asked.number, "check", **{**heard, "name": "别人"})
    assert "不一致" in wrong.text and f"{HOME}seats/" not in wrong.text
    right = _act(desk, asked.number, "check", **heard)
    assert f"{HOME}seats/{exam.jti(person)}" in right.text
    for _ in range(6):
        last = _act(desk, asked.number, "check", **{**heard, "name": "别人"})
    assert code_of(last) == "OS-967"
    with portal.candidate(person) as candidate:
        assert candidate.authenticate().status_code == 200, "the desk's mistakes cost the candidate nothing"


def test_an_incident_answers_all_who_wait_and_is_shown_to_everybody(
    staff: Staff, exam: PublishedExam, portal: Running, number: str
) -> None:
    admin = staff(Role.ADMIN)
    begun = admin.send(QUEUE, f"{QUEUE}/incidents/begin", words="视频服务缓慢，正在处理", reason="device")
    assert "视频服务缓慢" in begun.text
    assert _stored(exam, number).status == "answered"
    with portal.candidate(exam.people[0]) as candidate:
        assert "视频服务缓慢" in candidate.http.get(f"/e/{EXAM}/help").text
        assert "视频服务缓慢" in candidate.http.get(f"/e/{EXAM}/").text
        assert "视频服务缓慢" in candidate.log_in().text
        assert candidate.http.get(f"/e/{EXAM}/help").text.count("视频服务缓慢") == 2
        assert "目前没有公告" in admin.send(QUEUE, f"{QUEUE}/incidents/end", incident="1").text
        assert "视频服务缓慢" not in candidate.http.get(f"/e/{EXAM}/download").text


def test_an_incident_of_the_exam_room_is_shown_and_answers_who_waits(
    staff: Staff, exam: PublishedExam, number: str
) -> None:
    told = incidents.Incident(0, "device", "录制中断，正在处理", INSIDE.astimezone(UTC), "wang")
    with exam.database.writing() as connection:
        incidents.begin_of_room(connection, EXAM, 3, told)
        (kept,) = incidents.list_open(connection, EXAM)
    desk, admin = staff(Role.SUPPORT), staff(Role.ADMIN)
    page = desk.http.get(QUEUE).text
    assert "录制中断，正在处理" in page and "incidents/answer" not in page
    refused = desk.send(QUEUE, f"{QUEUE}/incidents/answer", incident=str(kept.id))
    assert code_of(refused) == "OS-209"
    forged = admin.http.post(f"{QUEUE}/incidents/answer", data={"form_token": "x", "incident": str(kept.id)})
    assert code_of(forged) == "OS-185"
    assert _stored(exam, number).status == "submitted"
    unknown = admin.send(QUEUE, f"{QUEUE}/incidents/answer", incident="99")
    assert "OS-962" in unknown.text
    admin.send(QUEUE, f"{QUEUE}/incidents/answer", incident=str(kept.id))
    assert _stored(exam, number).status == "answered"
    assert "录制中断，正在处理" in desk.http.get(f"{QUEUE}/{number}").text
    assert "录制中断，正在处理" in desk.http.get(QUEUE).text, "it is shown until it is over"


def test_a_request_that_waits_too_long_is_marked(staff: Staff, portal: Running, number: str) -> None:
    desk = staff(Role.SUPPORT)
    assert "help-alarm" not in desk.http.get(QUEUE).text
    portal.at(INSIDE + timedelta(minutes=3))
    assert "help-alarm" in desk.http.get(QUEUE).text


def test_a_request_that_becomes_late_or_urgent_changes_its_page(
    staff: Staff, exam: PublishedExam, portal: Running, number: str
) -> None:
    desk = staff(Role.SUPPORT)
    formal = exam.charter.formals[0]
    states = []
    for moment, urgency in (
        (INSIDE, "一般"),
        (INSIDE + timedelta(minutes=3), "一般"),
        (formal.login_opens, "候考"),
        (formal.starts, "作答中"),
    ):
        portal.at(moment)
        desk.log_in("a-support")
        page = desk.http.get(QUEUE).text
        assert f"<td>{urgency}</td>" in page
        assert urgency in desk.http.get(f"{QUEUE}/{number}").text
        states += re.findall(r'data-known="([0-9a-f]+)"', page)
    assert len(set(states)) == 4


def test_an_empty_answer_and_an_unknown_request_are_refused(staff: Staff, number: str) -> None:
    desk = staff(Role.SUPPORT)
    _act(desk, number, "claim")
    assert code_of(_act(desk, number, "answer", words=" ")) == "OS-968"
    assert code_of(desk.http.get(f"{QUEUE}/00000000")) == "OS-962"


def test_what_changes_in_the_queue_reaches_its_page_and_is_no_use_of_the_login(
    staff: Staff, exam: PublishedExam, number: str, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help_pages, "LIVE_INTERVAL_S", 0.05)
    monkeypatch.setattr(event_streams, "LIFE_S", 10.0)
    watching, other = staff(Role.SUPPORT), staff(Role.ADMIN)
    watching.http.get(QUEUE)
    portal.at(INSIDE + operators.IDLE_LIFE - timedelta(minutes=1))
    known = re.search(r'data-known="([0-9a-f]+)"', watching.http.get(f"{QUEUE}?watch=1").text)
    assert known is not None
    with watching.http.stream("GET", f"{QUEUE}/live") as answer:
        news = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert next(news) == f"data: {known[1]}", "nothing has changed since the page was made"
        _act(other, number, "claim")
        assert next(news) != f"data: {known[1]}"
    assert "已受理" in watching.http.get(f"{QUEUE}?watch=1").text
    portal.at(INSIDE + operators.IDLE_LIFE + timedelta(minutes=1))
    assert str(watching.http.get(f"{QUEUE}?watch=1").url).endswith("/login")


@pytest.mark.parametrize("page", ["help/live", "live"], ids=["queue", "overview"])
def test_one_operator_has_few_streams_and_takes_none_of_another(
    staff: Staff, number: str, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(event_streams, "LIFE_S", 10.0)
    monkeypatch.setattr(event_streams, "MAX_OF_LISTENER", 1)
    mine, other = staff(Role.SUPPORT), staff(Role.ADMIN)
    with mine.http.stream("GET", f"{HOME}{page}") as answer:
        news = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert next(news)
        refused = mine.http.get(f"{HOME}{page}")
        assert (refused.status_code, code_of(refused)) == (503, f"OS-{StreamsBusy.number}")
        with other.http.stream("GET", f"{HOME}{page}") as another:
            assert another.status_code == 200


def test_the_queues_events_are_for_those_who_may_see_it(staff: Staff) -> None:
    refused = staff(Role.VIEWER).http.get(f"{QUEUE}/live")
    assert (refused.status_code, code_of(refused)) == (403, "OS-209")


def test_a_request_is_counted_in_the_overview_and_finds_its_seat_by_number(
    staff: Staff, exam: PublishedExam, number: str
) -> None:
    desk = staff(Role.SUPPORT)
    overview = desk.http.get(HOME).text
    assert re.search(r'求助等待中</span><b data-live="help"[^>]*>1<', overview)
    assert "求助等待中" not in staff(Role.VIEWER).http.get(HOME).text, "who may not open it"
    found = desk.send(HOME, f"{HOME}candidate", admission_number=f"{number[:4]} {number[4:]}")
    assert exam.people[0].admission_number in found.text
    assert code_of(desk.send(HOME, f"{HOME}candidate", admission_number="12345678")) == "OS-210"
