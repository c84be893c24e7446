"""Figures reach open desks as they change: one reader for all, and no login is prolonged by it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from oneseat.portal.desk import live, problem_lists
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import downloads
from oneseat.web import event_streams
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running

Staff = Callable[[Role], DeskBrowser]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "READ_INTERVAL_S", 0.05)
    monkeypatch.setattr(event_streams, "LIFE_S", 3.0)


@contextmanager
def listening(desk: DeskBrowser) -> Iterator[Iterator[dict[str, Any]]]:
    with desk.http.stream("GET", f"{HOME}live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        yield (json.loads(line.removeprefix("data: ")) for line in lines)


def test_a_figure_that_changes_reaches_open_desks(exam: PublishedExam, staff: Staff) -> None:
    with listening(staff(Role.VIEWER)) as one, listening(staff(Role.ADMIN)) as other:
        assert next(one)["figures"]["downloads"] == next(other)["figures"]["downloads"] == "0"
        with exam.database.writing() as connection:
            downloads.grant(connection, EXAM, exam.jti(exam.people[0]), INSIDE)
            downloads.finish(connection, exam.jti(exam.people[0]), INSIDE)
        for events in (one, other):
            news = next(events)
            assert (news["figures"]["downloads"], news["figures"]["missing"]) == ("1", "7")
            assert news["at"]["zh"] == "2035年1月4日（星期四）12:00"
            assert list(events) == [], "the stream ends by itself"


def test_all_desks_share_one_reader(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, admin = staff(Role.VIEWER), staff(Role.ADMIN)
    reads: list[float] = []
    counted = problem_lists.current_overview

    def count(*given: Any) -> Any:
        reads.append(time.monotonic())
        return counted(*given)

    monkeypatch.setattr(live, "READ_INTERVAL_S", 60.0)
    monkeypatch.setattr(problem_lists, "current_overview", count)
    with listening(viewer) as one, listening(admin) as other:
        next(one)
        next(other)
    assert len(reads) == 1


def test_a_stream_is_no_use_of_the_login(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    viewer = staff(Role.VIEWER)
    portal.at(INSIDE + operators.IDLE_LIFE - timedelta(minutes=1))
    with listening(viewer) as events:
        next(events)
    portal.at(INSIDE + operators.IDLE_LIFE + timedelta(minutes=1))
    assert str(viewer.http.get(f"{HOME}live").url).endswith("/login")
    with DeskBrowser(portal) as stranger:
        assert str(stranger.http.get(f"{HOME}live").url).endswith("/login")


def test_streams_are_bounded(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "MAX_STREAMS", 1)
    viewer, other = staff(Role.VIEWER), staff(Role.ADMIN)
    with listening(viewer) as events:
        next(events)
        refused = other.http.get(f"{HOME}live")
        assert (refused.status_code, code_of(refused)) == (503, "OS-982")


def test_the_page_says_where_its_figures_come_from(staff: Staff) -> None:
    page = staff(Role.VIEWER).http.get(HOME).text
    assert f'data-live-from="{HOME}live"' in page
    assert 'data-live="downloads"' in page
    assert 'data-live="problems/waiting"' in page
