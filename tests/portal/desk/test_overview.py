"""The overview is read in the background once it is slow, and its problem lists open page by page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from oneseat.portal.desk import problem_lists
from oneseat.portal.exam import overview as overview_module
from oneseat.portal.exam.overview import OverviewReader
from oneseat.state import figures
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import downloads
from oneseat.state.candidates.failures import FailureKind
from tests.patience import PATIENCE_S
from tests.portal.desk.desk_browser import HOME, DeskBrowser
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running

Staff = Callable[[Role], DeskBrowser]


def _reader(portal: Running) -> OverviewReader:
    reader: OverviewReader = portal.app.state.portal.exams[EXAM].overview
    return reader


def _count(desk: DeskBrowser, problem: str) -> str:
    return _count_in(desk.http.get(HOME).text, problem)


def _count_in(page: str, problem: str) -> str:
    found = re.search(rf'data-live="problems/{problem}"[^>]*>([^<]+)</b>', page)
    assert found is not None
    return found[1]


def _broken_off(exam: PublishedExam, number: int) -> None:
    with exam.database.writing() as connection:
        for person in exam.people[:number]:
            downloads.grant(connection, EXAM, exam.jti(person), INSIDE - timedelta(hours=1))
            downloads.start(connection, exam.jti(person), INSIDE - timedelta(hours=1))


def test_a_wait_that_runs_is_on_the_overview_and_opens(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    person, viewer = exam.people[0], staff(Role.VIEWER)
    with portal.candidate(person) as candidate:
        for _ in range(7):
            candidate.authenticate(name="wrong")
    assert _count(viewer, "waiting") == "1"
    page = viewer.http.get(f"{HOME}problems/waiting").text
    assert person.admission_number in page
    assert f"{HOME}seats/{exam.jti(person)}" in page
    portal.at(INSIDE + timedelta(minutes=10))
    assert person.admission_number not in viewer.http.get(f"{HOME}problems/waiting").text


def test_lists_are_paged(exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem_lists, "PAGE", 2)
    _broken_off(exam, 3)
    viewer = staff(Role.VIEWER)
    first = viewer.http.get(f"{HOME}problems/broken-off").text
    assert "第 1 页，共 2 页" in first
    following = re.search(r'href="([^"]+page=2)"', first)
    assert following is not None
    second = viewer.http.get(following[1]).text
    shown = [re.findall(r'class="number" href="[^"]+">(\d+)<', page) for page in (first, second)]
    assert shown[0] + shown[1] == sorted(person.admission_number for person in exam.people[:3])
    assert viewer.http.get(f"{HOME}problems/broken-off?page=999").status_code == 404
    assert viewer.http.get(f"{HOME}problems/nothing").status_code == 404


def test_refusals_of_clients_open_by_code(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    log = portal.app.state.portal.exams[EXAM].failures
    log.of_jti(exam.jti(exam.people[4]), FailureKind.HEALTH, "antivirus", "client", INSIDE)
    viewer = staff(Role.VIEWER)
    assert "设备检测未通过：杀毒软件" in viewer.http.get(HOME).text
    page = viewer.http.get(f"{HOME}problems/health?code=antivirus").text
    assert exam.people[4].admission_number in page
    assert "目前没有。" in viewer.http.get(f"{HOME}problems/health?code=disk").text


def test_no_mock_is_listed_from_the_last_evening_on(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    last = max(mock.closes for mock in exam.charter.mocks)
    viewer = staff(Role.VIEWER)
    for moment, listed in ((last - timedelta(hours=5), False), (last - timedelta(hours=4), True)):
        portal.at(moment)
        viewer.log_in("a-viewer")
        assert ("未参加模拟面试" in viewer.http.get(HOME).text) == listed


def test_a_slow_read_is_kept_and_read_again_in_the_background(
    portal: Running, exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, reader = staff(Role.VIEWER), _reader(portal)
    viewer.http.get(HOME)
    monkeypatch.setattr(overview_module, "QUICK_S", -1.0)
    _broken_off(exam, 2)
    portal.at(INSIDE + timedelta(seconds=7))
    kept = viewer.http.get(HOME).text
    assert "（7 秒前统计）" in kept
    assert _count_in(kept, "broken-off") == "0"
    monkeypatch.setattr(overview_module, "LEAST_AGE_S", -1.0)
    monkeypatch.setattr(overview_module, "AGE_PER_COST", 0)
    viewer.http.get(HOME)
    thread = reader._thread
    assert thread is not None
    thread.join(timeout=20)
    assert _count(viewer, "broken-off") == "2"


def test_until_the_first_read_is_done_the_page_says_so_and_the_search_is_there(
    portal: Running, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, reading = staff(Role.VIEWER), threading.Event()
    _reader(portal)._last = None
    monkeypatch.setattr(overview_module, "FIRST_WAIT_S", 0.05)
    counted = figures.totals
    monkeypatch.setattr(figures, "totals", lambda *given: (reading.wait(PATIENCE_S), counted(*given))[1])
    page = viewer.http.get(HOME).text
    reading.set()
    assert "正在统计" in page
    assert 'http-equiv="refresh" content="3"' in page
    assert "data-find" in page
