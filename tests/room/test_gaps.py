"""Gaps of recordings: every second is covered by a take or by a gap, and causes are what was seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules import gaps
from oneseat.room.rules.gaps import Happened, Span
from tests import charters

BEGINS = charters.at(10, 11)
ENDS = BEGINS + timedelta(minutes=10)


def at(seconds: float) -> datetime:
    return BEGINS + timedelta(seconds=seconds)


def span(begins: float, ends: float, stream: str = "camera") -> Span:
    return Span(stream, "a" * 24, at(begins), at(ends))


def found(spans: list[Span], events: list[Happened] | None = None) -> list[gaps.Gap]:
    return list(gaps.find(["camera"], spans, events or [], BEGINS, ENDS))


def test_a_stream_that_was_never_recorded_is_one_gap() -> None:
    (gap,) = found([span(0, 600, "screen")])
    assert (gap.seconds, gap.cause) == (600, "unknown")


def test_a_new_take_leaves_a_seam() -> None:
    (gap,) = found([span(-5, 300), span(301.5, 700)])
    assert (gap.seconds, gap.cause) == (1.5, "seam")


def test_what_happened_when_it_began_is_the_cause() -> None:
    events = [
        Happened(at(298), "take-ended", "track-ended"),
        Happened(at(299), "entered"),
        Happened(at(340), "hidden", "hidden"),
    ]
    (gap,) = found([span(0, 300), span(360, 600)], events)
    assert (gap.cause, gap.events) == ("track-ended", ("take-ended", "entered"))


TIMES = st.integers(0, 60)


@given(st.lists(st.tuples(TIMES, TIMES).map(sorted), max_size=6))
def test_takes_and_gaps_cover_every_second_once(times: list[list[int]]) -> None:
    spans = [span(first, last) for first, last in times]
    missing = list(gaps.find(["camera"], spans, [], at(0), at(60)))
    for second in range(60):
        moment = at(second + 0.5)
        recorded = any(each.begins <= moment < each.ends for each in spans)
        lacking = sum(each.begins <= moment < each.ends for each in missing)
        assert lacking == (0 if recorded else 1)
