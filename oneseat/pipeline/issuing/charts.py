"""SVG coordinates of a report's charts, computed from its figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oneseat.charts import GRID_STEPS, Frame, Tick, polyline, rounded_up
from oneseat.pipeline.durations import duration
from oneseat.pipeline.issuing.throughput import Throughput
from oneseat.state.issuing.issue_reports import Funnel
from oneseat.state.phone_figures import PhoneTotals
from signing.text import Text

FRAME = Frame.with_margins(960, 260, left=72, right=14, top=14, bottom=34)
_ALONGS = 6
_ISSUED, _PUBLISHED, _DOWNLOADED = (
    Text("issued", "已签发"),
    Text("published", "已发布"),
    Text("downloaded", "已下载"),
)


@dataclass(frozen=True)
class Chart:
    """The throughput chart: the area's outline, the y of the mean, and both axes' ticks."""

    area: str
    mean_y: float
    ups: tuple[Tick, ...]
    alongs: tuple[Tick, ...]
    frame: Frame = FRAME


@dataclass(frozen=True)
class Stage:
    """A step of the funnel: its count, and its share of the first step and of the one before."""

    title: Text
    count: int
    share: float
    of_before: float | None


def draw(figures: Throughput) -> Chart:
    """Draw an issue run's throughput as steps, one for each part of its working time."""
    highest = rounded_up(figures.peak_per_s)
    parts = len(figures.rates)
    points: list[tuple[float, float]] = [(FRAME.left, FRAME.bottom)]
    for part, rate in enumerate(figures.rates):
        points += [(FRAME.x((part + side) / parts), FRAME.y(rate / highest)) for side in (0, 1)]
    points.append((FRAME.right, FRAME.bottom))
    alongs = tuple(
        Tick(FRAME.x(n / _ALONGS), _time(figures.working_s, n / _ALONGS)) for n in range(_ALONGS + 1)
    )
    mean_y = FRAME.y(figures.mean_per_s / highest)
    return Chart(polyline(points), mean_y, FRAME.ups(highest, highest / GRID_STEPS), alongs)


def _time(whole_s: float, share: float) -> str:
    seconds = whole_s * share
    return f"{seconds:.1f} s" if whole_s < 20 else duration(seconds)


def funnel(counts: Funnel) -> tuple[Stage, ...]:
    """Compute the shares of issued seats that are published, downloaded and activated."""
    return _stages(
        counts.issued,
        (_ISSUED, counts.issued),
        (_PUBLISHED, counts.published),
        (_DOWNLOADED, counts.downloaded),
        (Text("activated", "已激活"), counts.activated),
    )


def phones(counts: PhoneTotals, seats: int) -> tuple[Stage, ...]:
    """Compute the shares of issued seats that have a phone licence, are shown the app, and downloaded it."""
    return _stages(
        seats, (_ISSUED, counts.issued), (_PUBLISHED, counts.published), (_DOWNLOADED, counts.downloaded)
    )


def _stages(whole: int, *named: tuple[Text, int]) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for title, count in named:
        before = stages[-1].count if stages else None
        of_before = count / before if before else None
        stages.append(Stage(title, count, count / whole if whole else 0.0, of_before))
    return tuple(stages)


def bars(counts: Sequence[int]) -> list[float]:
    """Compute each bar's length as a share of the longest."""
    longest = max(counts, default=0)
    return [count / longest for count in counts] if longest else []
