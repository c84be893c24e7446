"""Service hours on candidates' pages: beside the hotline, and instead of a wait while support is closed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signing.charter import Window
from tests.charters import at
from tests.portal.published_exam import EXAM, PublishedExam, Running
from tests.simulator import form_token

HELP = f"/e/{EXAM}/help"
HOURS = (Window(at(4, 10), at(4, 18)), Window(at(5, 10), at(5, 18)))
AFTERWARDS = at(4, 18, 30)
AGAIN = "1月5日（星期五）</span>"


@pytest.fixture
def hours(exam: PublishedExam, portal: Running) -> Running:
    """The portal, with service hours in the charter."""
    exam.publish_charter(version=2, support=replace(exam.charter.support, hours=HOURS))
    portal.at(at(4, 12))
    return portal


def test_hours_are_beside_the_hotline_of_every_page(hours: Running, exam: PublishedExam) -> None:
    with hours.candidate(exam.people[0]) as candidate:
        pages = [candidate.http.get(f"/e/{EXAM}/").text, candidate.http.get(HELP).text]
        candidate.log_in()
        pages.append(candidate.http.get(f"/e/{EXAM}/download").text)
        for page in pages:
            assert page.count("服务至") == 2, "in the card and at the page's end"
            assert "每日" in page and "10:00–18:00" in page
        assert "服务至" in candidate.http.get(f"/e/{EXAM}/no-such-page").text


def test_a_request_outside_the_hours_is_promised_no_wait(hours: Running, exam: PublishedExam) -> None:
    hours.at(AFTERWARDS)
    with hours.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        form = candidate.http.get(HELP)
        assert "可以先提交" in form.text and AGAIN in form.text
        asked = {"reason": "device", "callback": "13800131234", "form_token": form_token(form)}
        page = candidate.http.post(HELP, data=asked, follow_redirects=True).text
        assert "前面还有 0 人" in page and "起按顺序处理并回电" in page and "预计等待" not in page
    for moment, shown in ((HOURS[1].opens, "预计等待"), (HOURS[1].closes, "客服服务已结束")):
        hours.at(moment)
        with hours.candidate(exam.people[0]) as candidate:
            candidate.log_in()
            page = candidate.http.get(HELP).text
            assert shown in page and "起按顺序处理并回电" not in page


def test_an_exam_without_hours_shows_none(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        for path in (f"/e/{EXAM}/", HELP):
            page = candidate.http.get(path).text
            assert "服务时间" not in page and "服务至" not in page
