"""Urgency rises and falls with the session without a request being filed again; a room's word comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.help_rules import Queued, Urgency, in_order, is_alarming
from oneseat.portal.rules.help_urgency import STAGE_LIFE, Stage, Standing, as_filed, standing_at
from tests import charters

CHARTER = charters.charter()
FORMAL, MOCK = CHARTER.formals[0], CHARTER.mocks[0]
SECOND = timedelta(seconds=1)
EARLY = FORMAL.starts - timedelta(minutes=5)
EDGES = [
    edge + SECOND * off
    for edge in (MOCK.opens, MOCK.closes, FORMAL.login_opens, FORMAL.starts, FORMAL.ends)
    for off in (-1, 0, 1)
]
MOMENTS = st.sampled_from(EDGES) | st.integers(0, 700_000).map(lambda seconds: MOCK.opens + SECOND * seconds)


def standing(
    now: datetime, submitted: datetime, stage: Stage | None = None, mock: int | None = None
) -> Standing:
    return standing_at(as_filed(CHARTER, submitted, stage), submitted, CHARTER, now, mock)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (FORMAL.login_opens - SECOND, None),
        (FORMAL.login_opens, (Urgency.WAITING, FORMAL.starts)),
        (FORMAL.starts - SECOND, (Urgency.WAITING, FORMAL.starts)),
        (FORMAL.starts, (Urgency.QUESTIONS, FORMAL.ends)),
        (FORMAL.ends - SECOND, (Urgency.QUESTIONS, FORMAL.ends)),
        (FORMAL.ends, None),
    ],
)
@pytest.mark.parametrize(
    "ago", [timedelta(0), timedelta(minutes=5), timedelta(days=1)], ids=["0", "5m", "1d"]
)
def test_a_request_is_as_urgent_as_the_session_that_runs(
    now: datetime, expected: tuple[Urgency, datetime] | None, ago: timedelta
) -> None:
    assert standing(now, now - ago) == (expected or (Urgency.OTHER, now - ago))


def test_a_request_from_before_the_start_alarms_with_the_session() -> None:
    before, after = standing(EARLY + SECOND, EARLY), standing(FORMAL.starts, EARLY)
    assert not is_alarming(before.urgency, EARLY, EARLY + SECOND * 89)
    assert is_alarming(before.urgency, EARLY, EARLY + SECOND * 90)
    late = FORMAL.starts - SECOND * 30
    assert after.urgency is Urgency.QUESTIONS
    assert not is_alarming(standing(FORMAL.starts - SECOND, late).urgency, late, FORMAL.starts - SECOND)
    assert is_alarming(standing(FORMAL.starts, late).urgency, late, FORMAL.starts)


@pytest.mark.parametrize(
    ("mock", "now", "urgent"),
    [
        (0, MOCK.opens, True),
        (0, MOCK.closes - SECOND, True),
        (0, MOCK.closes, False),
        (1, MOCK.opens, False),
        (None, MOCK.opens, False),
        (7, MOCK.opens, False),
    ],
)
def test_only_the_mock_that_was_begun_and_runs_is_urgent(
    mock: int | None, now: datetime, urgent: bool
) -> None:
    expected = (Urgency.QUESTIONS, MOCK.closes) if urgent else (Urgency.OTHER, now)
    assert standing(now, now, mock=mock) == expected


@given(MOMENTS, st.integers(0, 7200), st.sampled_from([Urgency.QUESTIONS, Urgency.WAITING]))
def test_what_a_room_says_counts_exactly_as_long_as_it_said(
    at: datetime, left: int, urgency: Urgency
) -> None:
    stage, ends = Stage(urgency, SECOND * left), at + SECOND * left
    if left:
        assert standing(at, at, stage) == standing(ends - SECOND, at, stage) == (urgency, ends)
    assert standing(ends, at, stage) == standing(ends, at)


@given(MOMENTS, st.sampled_from([Urgency.QUESTIONS, Urgency.WAITING]))
def test_a_stage_without_its_time_ends_with_the_session_or_within_the_hour(
    at: datetime, urgency: Urgency
) -> None:
    ends = as_filed(CHARTER, at, Stage(urgency, None)).order_at
    sessions = [FORMAL.starts, FORMAL.ends, *(mock.closes for mock in CHARTER.mocks)]
    assert ends > at
    assert ends in sessions or ends == at + STAGE_LIFE


@given(MOMENTS, MOMENTS, st.none() | st.integers(0, 2))
def test_an_unverified_request_never_rises(now: datetime, submitted: datetime, mock: int | None) -> None:
    filed = Standing(Urgency.UNVERIFIED, submitted)
    assert standing_at(filed, submitted, CHARTER, now, mock) == filed


@given(MOMENTS, st.lists(st.tuples(MOMENTS, st.integers(0, 3600)), min_size=1, max_size=8))
def test_of_urgent_requests_the_one_with_the_least_time_left_is_first(
    now: datetime, requests: list[tuple[datetime, int]]
) -> None:
    standings = [
        standing(now, min(at, now), Stage(Urgency.QUESTIONS, SECOND * left) if left else None)
        for at, left in requests
    ]
    queue = in_order([Queued(str(n), *each, n) for n, each in enumerate(standings)], now)
    urgent = [each for each in queue if each.urgency == Urgency.QUESTIONS]
    assert queue[: len(urgent)] == urgent
    assert [each.order_at for each in urgent] == sorted(each.order_at for each in urgent)


def test_a_newer_charter_moves_urgency_with_the_session() -> None:
    hour = timedelta(hours=1)
    later = replace(
        FORMAL, login_opens=FORMAL.login_opens + hour, starts=FORMAL.starts + hour, ends=FORMAL.ends + hour
    )
    moved = replace(CHARTER, formals=(later,))
    filed = as_filed(CHARTER, EARLY, None)
    assert standing_at(filed, EARLY, moved, FORMAL.starts) == (Urgency.OTHER, EARLY)
    assert standing_at(filed, EARLY, moved, later.starts) == (Urgency.QUESTIONS, later.ends)
