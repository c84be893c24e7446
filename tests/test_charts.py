"""Axes end at round figures, and coordinates stay in the frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.charts import GRID_STEPS, Frame, Tick, polyline, rounded_up

FRAME = Frame.with_margins(960, 260, left=72, right=14, top=14, bottom=34)


def test_margins_are_distances_from_the_edges() -> None:
    assert Frame(960, 260, 72, 946, 14, 226) == FRAME
    assert [FRAME.x(share) for share in (0, 0.5, 1)] == [72, 509, 946]
    assert [FRAME.y(share) for share in (0, 0.5, 1)] == [226, 120, 14]


@given(st.floats(0.01, 1e9), st.booleans())
def test_axes_end_just_above_the_highest_figure(most: float, coarse: bool) -> None:
    top = rounded_up(most, coarse=coarse)
    assert top >= most and (top <= GRID_STEPS or top <= most * (2 if coarse else 1.6))


@pytest.mark.parametrize(
    ("most", "fine", "coarse"),
    [(0.2, 4, 4), (4, 4, 4), (5, 6, 8), (9, 10, 10), (11, 12, 20), (401, 600, 800)],
)
def test_axes_end_at_round_figures(most: float, fine: float, coarse: float) -> None:
    assert (rounded_up(most), rounded_up(most, coarse=True)) == (fine, coarse)


@given(st.floats(0.01, 1e9))
def test_a_vertical_axis_has_its_steps_from_the_bottom_to_the_top(most: float) -> None:
    highest = rounded_up(most)
    ticks = FRAME.ups(highest, highest / GRID_STEPS)
    assert len(ticks) == GRID_STEPS + 1
    assert (ticks[0], ticks[-1]) == (Tick(FRAME.bottom, "0"), Tick(FRAME.top, f"{highest:,.0f}"))


def test_labels_say_the_value_of_their_mark() -> None:
    assert [tick.words for tick in FRAME.ups(6, 1.5)] == ["0", "1.5", "3", "4.5", "6"]
    assert [tick.words for tick in FRAME.ups(10_000, 5_000)] == ["0", "5,000", "10,000"]


def test_points_are_as_svg_wants_them() -> None:
    assert polyline([(1, 2.5), (3.0, 4)]) == "1,2.5 3,4"
