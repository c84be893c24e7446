"""Throughput of an issue run: mean, peak, and the rate in equal parts of its working time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_PARTS = 48
_PAUSE_S = 30.0


@dataclass(frozen=True)
class Throughput:
    """Rates at which rows were written. ``working_s`` excludes the ``pauses`` between two processes.

    ``rates`` are rows a second in equal parts of the working time.
    """

    working_s: float
    pauses: int
    mean_per_s: float
    peak_per_s: float
    rates: tuple[float, ...]


def measure(begun: datetime, written: Iterable[tuple[datetime, int]]) -> Throughput | None:
    """Compute the throughput from the times of chunks; None without a chunk, or when no time passed.

    A gap of more than half a minute counts as a pause between two processes.
    """
    at_s, last, pauses, marks = 0.0, begun, 0, list[tuple[float, int]]()
    for moment, rows in written:
        gap_s = max((moment - last).total_seconds(), 0.0)
        if gap_s > _PAUSE_S:
            pauses += bool(marks)
            gap_s = 0.0
        at_s, last = at_s + gap_s, max(moment, last)
        marks.append((at_s, rows))
    if not at_s:
        return None
    rates = _rates(marks, at_s, min(_PARTS, len(marks)))
    total = sum(rows for _, rows in marks)
    return Throughput(at_s, pauses, total / at_s, max(rates), rates)


def _rates(marks: list[tuple[float, int]], working_s: float, parts: int) -> tuple[float, ...]:
    """Compute rows a second in each part, spreading a chunk's rows over the time since the one before."""
    width, rates, before_s = working_s / parts, [0.0] * parts, 0.0
    for at_s, rows in marks:
        first, last = (min(parts - 1, int(moment / width)) for moment in (before_s, at_s))
        span = at_s - before_s
        for part in range(first, last + 1):
            overlap = min(at_s, (part + 1) * width) - max(before_s, part * width)
            share = max(overlap, 0.0) / span if span else float(part == last)
            rates[part] += rows * share / width
        before_s = at_s
    return tuple(rates)
