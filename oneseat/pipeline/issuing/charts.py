"""Where a report's charts have their lines: from figures to the coordinates of an SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oneseat.pipeline.durations import duration
from oneseat.state.issuing.issue_reports import Funnel
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.pipeline.issuing.throughput import Throughput

WIDTH, HEIGHT = 960, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 14, 14, 34
_UPS, _ALONGS = 4, 6
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    words: str


@dataclass(frozen=True)
class Chart:
    """The throughput: an area's outline, the mean's height, and both axes."""

    area: str
    mean_y: float
    ups: tuple[Tick, ...]
    alongs: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


@dataclass(frozen=True)
class Stage:
    """A step of the funnel: its count, and its share of the first step and of the one before."""

    title: Text
    count: int
    share: float
    of_before: float | None


def draw(figures: Throughput) -> Chart:
    """The chart of a batch's throughput: steps, one for each part of its working time."""
    top = round_up(figures.peak_per_s)
    span, across = WIDTH - _LEFT - _RIGHT, len(figures.rates)
    base = HEIGHT - _BOTTOM

    def y(rate: float) -> float:
        return round(base - rate / top * (base - _TOP), 1)

    edges = [round(_LEFT + span * part / across, 1) for part in range(across + 1)]
    steps = [f"{edges[part + side]},{y(rate)}" for part, rate in enumerate(figures.rates) for side in (0, 1)]
    points = [f"{_LEFT},{base}", *steps, f"{WIDTH - _RIGHT},{base}"]
    ups = tuple(Tick(y(top * n / _UPS), f"{top * n / _UPS:,.0f}") for n in range(_UPS + 1))
    alongs = tuple(
        Tick(round(_LEFT + span * n / _ALONGS, 1), _time(figures.working_s, n / _ALONGS))
        for n in range(_ALONGS + 1)
    )
    return Chart(" ".join(points), y(figures.mean_per_s), ups, alongs)


def _time(whole_s: float, share: float) -> str:
    seconds = whole_s * share
    return f"{seconds:.1f} s" if whole_s < 20 else duration(seconds)


def funnel(counts: Funnel) -> tuple[Stage, ...]:
    """Issued, published, downloaded, activated: each as a share of the issued seats."""
    named = (
        (Text("issued", "已签发"), counts.issued),
        (Text("published", "已发布"), counts.published),
        (Text("downloaded", "已下载"), counts.downloaded),
        (Text("activated", "已激活"), counts.activated),
    )
    stages: list[Stage] = []
    for title, count in named:
        before = stages[-1].count if stages else None
        of_before = count / before if before else None
        stages.append(Stage(title, count, count / counts.issued if counts.issued else 0.0, of_before))
    return tuple(stages)


def bars(counts: Sequence[int]) -> list[float]:
    """The length of each count's bar as a share of the longest."""
    longest = max(counts, default=0)
    return [count / longest for count in counts] if longest else []


def round_up(most: float) -> float:
    """The next number that four steps divide into round ones: 4, 6, 8, 10, 12, 16, 20, 24 ..."""
    if most <= _UPS:
        return float(_UPS)
    unit = 10 ** math.floor(math.log10(most / _UPS))
    return float(
        next(_UPS * unit * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if _UPS * unit * step >= most)
    )
