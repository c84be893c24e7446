"""Progress of a long job: a live line on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text

from oneseat.pipeline.durations import duration

LOG_INTERVAL_S = 5.0
"""Interval between lines in a log."""
_RATE_PERIOD_S = 15.0
"""Period over which the rate is measured: long enough to be steady, short enough to show a dead worker."""


class ProgressEvent(Protocol):
    """The progress of a job."""

    @property
    def rows(self) -> int:
        """Rows result."""
        ...

    @property
    def faulty(self) -> int:
        """Rows left out of them."""
        ...

    @property
    def total(self) -> int | None:
        """Estimated number of rows, None if unknown."""
        ...


@contextmanager
def show_progress(console: RichConsole) -> Iterator[Callable[[ProgressEvent], None]]:
    """Yield a callback that shows progress: as a live bar on a terminal, else as lines of a log."""
    if console.is_terminal:
        with rate_bar(console) as bar:
            yield partial(_update, bar, bar.add_task("", total=None, faulty=0))
    else:
        yield _log_progress(console)


def rate_bar(console: RichConsole, now: Callable[[], float] = time.monotonic) -> RichProgress:
    """Create a progress bar that measures rate and time left; ``now`` is a monotonic clock in seconds."""
    return RichProgress(
        SpinnerColumn(),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} rows"),
        _RateColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[faulty]:,} faulty"),
        console=console,
        transient=True,
        speed_estimate_period=_RATE_PERIOD_S,
        get_time=now,
    )


def log_line(task: Task) -> str:
    """Format a task as a line of a log."""
    rows = f"{task.completed:,.0f}"
    done = f"{rows} rows" if task.total is None else f"{rows} of about {task.total:,.0f} rows"
    rate = f", {task.speed:,.0f} a second" if task.speed else ""
    left = f", {duration(task.time_remaining)} left" if task.time_remaining else ""
    return f"{done}{rate}{left}, {task.fields['faulty']:,} faulty"


class _RateColumn(ProgressColumn):
    """Rows per second. Rich's own column uses powers of ten, and shows a rate only without a total."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


def _update(bar: RichProgress, task: TaskID, event: ProgressEvent) -> None:
    bar.update(task, total=event.total, completed=event.rows, faulty=event.faulty)


def _log_progress(console: RichConsole) -> Callable[[ProgressEvent], None]:
    # The bar is never started, so it prints nothing; it only measures.
    bar, last_s = rate_bar(console), time.monotonic()
    task = bar.add_task("", total=None, faulty=0)

    def on_progress(event: ProgressEvent) -> None:
        nonlocal last_s
        _update(bar, task, event)
        if time.monotonic() - last_s >= LOG_INTERVAL_S:
            last_s = time.monotonic()
            console.print(f"  {log_line(bar.tasks[0])}", style="dim", markup=False)

    return on_progress
