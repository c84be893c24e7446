"""The chart draws what was counted, to scale, in the exam's own time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.desk.chart import FRAME, Chart, draw
from oneseat.portal.exam.overview import BUCKET
from oneseat.state.figures import Series

BEGINS = datetime(2035, 1, 4, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
NAMES = ("downloads", "activations", "mocks")
steps = st.dictionaries(st.integers(0, 400), st.integers(1, 50_000), max_size=30)


def _series(*counts: dict[int, int]) -> tuple[Series, ...]:
    return tuple(
        Series(name, {BEGINS + step * BUCKET: count for step, count in counted.items()})
        for name, counted in zip(NAMES, counts, strict=True)
    )


def _drawn(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def test_nothing_is_drawn_before_anything_happened() -> None:
    assert draw(_series({}, {}, {}), BEGINS, BEGINS + timedelta(hours=3), ZONE) is None


@given(steps, steps, steps)
def test_lines_rise_stay_in_the_frame_and_end_at_their_totals(
    downloads: dict[int, int], activations: dict[int, int], mocks: dict[int, int]
) -> None:
    series = _series(downloads, activations, mocks)
    drawn = draw(series, BEGINS, BEGINS + timedelta(days=2), ZONE)
    if drawn is None:
        assert not (downloads or activations or mocks)
        return
    top = max(int(tick.words.replace(",", "")) for tick in drawn.ups)
    for line, one in zip(drawn.lines, series, strict=True):
        points = [tuple(float(part) for part in point.split(",")) for point in line.points.split()]
        assert all(later[0] >= earlier[0] for earlier, later in itertools.pairwise(points))
        assert all(later[1] <= earlier[1] for earlier, later in itertools.pairwise(points))
        assert all(FRAME.left <= x <= FRAME.right and FRAME.top <= y <= FRAME.bottom for x, y in points)
        assert line.total == sum(one.counts.values()) <= top
    heights = sorted(line.label_y for line in drawn.lines)
    assert all(later - earlier >= 15 for earlier, later in itertools.pairwise(heights))
    assert sum(sum(day.counts) for day in drawn.days) == sum(line.total for line in drawn.lines)


def test_days_are_those_of_the_exams_zone() -> None:
    just_before_midnight = {55: 1, 56: 2}  # 23:45 and 00:00 in Shanghai
    drawn = _drawn(draw(_series(just_before_midnight, {}, {}), BEGINS, BEGINS + timedelta(days=1), ZONE))
    assert [(day.words, day.counts[0]) for day in drawn.days] == [("2035-01-04", 1), ("2035-01-05", 2)]
    assert "1/5" in [tick.words for tick in drawn.alongs]


def test_an_early_activity_widens_the_chart() -> None:
    early = (Series("downloads", {BEGINS - timedelta(days=3): 1}), *_series({}, {}, {})[1:])
    drawn = _drawn(draw(early, BEGINS, BEGINS, ZONE))
    assert all(FRAME.left <= tick.at <= FRAME.right for tick in drawn.alongs)
