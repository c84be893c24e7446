"""How far a batch is, for whoever watches: a live line on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console as RichConsole
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as RichProgress

from oneseat.pipeline.durations import duration

EVERY_S = 5.0
"""How often a log is told."""
_SOONEST_S = 0.5
"""No pace is told before."""
_WINDOW_S = 15.0
"""Over how long the rate is taken: long enough to be steady, short enough to tell when a worker died."""


class Counted(Protocol):
    """What is told of a batch."""

    @property
    def rows(self) -> int:
        """Rows done."""
        ...

    @property
    def faulty(self) -> int:
        """Rows left out of them."""
        ...

    @property
    def total(self) -> int | None:
        """About how many there are, None where nobody knows."""
        ...


@dataclass(frozen=True)
class Pace:
    """How fast a batch goes; None until that is known. ``left_s`` is None too where nobody knows the end."""

    per_s: float | None
    left_s: float | None


class Meter:
    """Takes the pace of the last seconds, from the first event on: workers take a while to start.

    ``now`` is a monotonic clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen: deque[tuple[float, int]] = deque()

    def pace(self, event: Counted) -> Pace:
        """The pace with one more event."""
        now = self._now()
        self._seen.append((now, event.rows))
        while len(self._seen) > 2 and self._seen[1][0] < now - _WINDOW_S:
            self._seen.popleft()
        since, rows = self._seen[0]
        if now - since < _SOONEST_S or event.rows == rows:
            return Pace(None, None)
        per_s = (event.rows - rows) / (now - since)
        left = None if event.total is None else max(event.total - event.rows, 0) / per_s
        return Pace(per_s, left)


def line(event: Counted, pace: Pace) -> str:
    """An event as a line of a log."""
    done = f"{event.rows:,} rows" if event.total is None else f"{event.rows:,} of about {event.total:,} rows"
    rate = "" if pace.per_s is None else f", {pace.per_s:,.0f} a second"
    left = "" if pace.left_s is None else f", {duration(pace.left_s)} left"
    return f"{done}{rate}{left}, {event.faulty:,} faulty"


def short(event: Counted, pace: Pace) -> str:
    """An event beside a bar, which shows the whole: at most about 55 columns."""
    parts = [f"{event.rows:,} rows"]
    if pace.per_s is not None:
        parts.append(f"{pace.per_s:,.0f}/s")
    if pace.left_s is not None:
        parts.append(f"{duration(pace.left_s)} left")
    return "  ".join([*parts, f"{event.faulty:,} faulty"])


@contextmanager
def told(console: RichConsole) -> Iterator[Callable[[Counted], None]]:
    """A function that takes events for the block, and shows them as the console can."""
    if console.is_terminal:
        with _live(console) as tell:
            yield tell
    else:
        yield _logged(console)


def _logged(console: RichConsole) -> Callable[[Counted], None]:
    meter, last_s = Meter(), time.monotonic()

    def tell(event: Counted) -> None:
        nonlocal last_s
        pace = meter.pace(event)
        if time.monotonic() - last_s >= EVERY_S:
            last_s = time.monotonic()
            console.print(f"  {line(event, pace)}", style="dim", markup=False)

    return tell


@contextmanager
def _live(console: RichConsole) -> Iterator[Callable[[Counted], None]]:
    columns = (SpinnerColumn(), BarColumn(bar_width=20), TextColumn("{task.description}", markup=False))
    with RichProgress(*columns, console=console, transient=True) as bar:
        task, meter = bar.add_task("starting", total=None), Meter()

        def tell(event: Counted) -> None:
            said = short(event, meter.pace(event))
            bar.update(task, total=event.total, completed=event.rows, description=said)

        yield tell
