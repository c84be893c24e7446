"""The chart of an exam's progress: from counts in time to the coordinates of an SVG. Pure, and scriptless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oneseat.charts import GRID_STEPS, Frame, Tick, polyline, rounded_up
from oneseat.portal.exam.overview import BUCKET
from oneseat.state.figures import Series
from signing.text import Text

FRAME = Frame.with_margins(1000, 320, left=56, right=86, top=16, bottom=34)
_LABEL_GAP = 17
_MAX_TICKS = 8
_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720))

TITLES = {
    "downloads": Text("Downloads finished", "下载完成"),
    "activations": Text("Activations", "已激活"),
    "mocks": Text("Mock interviews begun", "参加模拟"),
}


@dataclass(frozen=True)
class Line:
    """One series, growing: points of a polyline, its end, and the height of the label beside the end."""

    name: str
    title: Text
    points: str
    end_x: float
    end_y: float
    label_y: float
    total: int


@dataclass(frozen=True)
class Day:
    """A row of the table that says the same as the chart."""

    words: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    lines: tuple[Line, ...]
    ups: tuple[Tick, ...]
    alongs: tuple[Tick, ...]
    days: tuple[Day, ...]
    frame: Frame = FRAME


def draw(series: Sequence[Series], begins: datetime, now: datetime, zone: ZoneInfo) -> Chart | None:
    """The chart of what happened from ``begins`` until ``now``; None where nothing did yet.

    Each line is the running total, so that it ends at today's figure.
    """
    moments = [moment for one in series for moment in one.counts]
    if not moments:
        return None
    first = min(begins, *moments) if begins < now else min(moments)
    last = max(now, *(moment + BUCKET for moment in moments))
    highest = int(rounded_up(max(sum(one.counts.values()) for one in series), coarse=True))
    axes = _Axes(first, last, highest)
    lines = _apart([_line(one, axes) for one in series])
    ups = FRAME.ups(highest, max(1, highest // GRID_STEPS))
    return Chart(tuple(lines), ups, axes.alongs(zone), _days(series, zone))


@dataclass(frozen=True)
class _Axes:
    """Maps moments and counts to coordinates."""

    first: datetime
    last: datetime
    highest: int

    def x(self, moment: datetime) -> float:
        return FRAME.x((moment - self.first) / max(self.last - self.first, timedelta(seconds=1)))

    def y(self, count: float) -> float:
        return FRAME.y(count / self.highest)

    def alongs(self, zone: ZoneInfo) -> tuple[Tick, ...]:
        span = self.last - self.first
        step = next((step for step in _STEPS if span / step <= _MAX_TICKS), _STEPS[-1])
        midnight = self.first.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        moment, ticks = midnight, []
        while moment <= self.last:
            if moment >= self.first:
                local = moment.astimezone(zone)
                at_midnight = local.hour == 0 or step >= timedelta(days=1)
                words = f"{local.month}/{local.day}" if at_midnight else f"{local:%H:%M}"
                ticks.append(Tick(self.x(moment), words))
            moment += step
        return tuple(ticks)


def _line(series: Series, axes: _Axes) -> Line:
    """A running total: level until something happens, then up by the end of its quarter of an hour."""
    points, total = [(axes.x(axes.first), axes.y(0))], 0
    for moment, count in sorted(series.counts.items()):
        points.append((axes.x(moment), axes.y(total)))
        total += count
        points.append((axes.x(min(moment + BUCKET, axes.last)), axes.y(total)))
    end_x, end_y = axes.x(axes.last), axes.y(total)
    points.append((end_x, end_y))
    return Line(series.name, TITLES[series.name], polyline(points), end_x, end_y, end_y, total)


def _apart(lines: list[Line]) -> list[Line]:
    """The lines with their labels moved so far apart that they can be read, in the order of the lines."""
    order = sorted(range(len(lines)), key=lambda index: -lines[index].end_y)
    heights: dict[int, float] = {}
    lowest = float(FRAME.bottom)
    for index in order:
        heights[index] = min(lines[index].end_y, lowest)
        lowest = heights[index] - _LABEL_GAP
    return [
        Line(line.name, line.title, line.points, line.end_x, line.end_y, heights[index], line.total)
        for index, line in enumerate(lines)
    ]


def _days(series: Sequence[Series], zone: ZoneInfo) -> tuple[Day, ...]:
    counted: dict[str, list[int]] = {}
    for position, one in enumerate(series):
        for moment, count in one.counts.items():
            day = f"{moment.astimezone(zone):%Y-%m-%d}"
            counted.setdefault(day, [0] * len(series))[position] += count
    return tuple(Day(day, tuple(counted[day])) for day in sorted(counted))
