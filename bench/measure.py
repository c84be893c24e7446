"""Timing that survives a noisy machine: interleaved rounds, the best of each, ratios within a run."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table


def interleaved(jobs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each job: the best of several rounds in which all of them run in turn.

    Running them in turn lets slow moments of the machine fall on all alike.
    """
    for job in jobs.values():
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - started)
    return {name: min(times) for name, times in seconds.items()}


def report(
    title: str,
    figures: Mapping[str, float],
    limits: Mapping[str, float],
    as_json: bool,
    floors: Mapping[str, float] | None = None,
) -> None:
    """Print the figures; leave with status 1 where one exceeds its limit or stays below its floor."""
    missed = judged(figures, limits, floors or {})
    if as_json:
        sys.stdout.write(json.dumps({name: round(value, 4) for name, value in figures.items()}) + "\n")
    else:
        show(title, figures, {**(floors or {}), **limits}, missed)
    sys.exit(1 if missed else 0)


def judged(
    figures: Mapping[str, float], limits: Mapping[str, float], floors: Mapping[str, float]
) -> list[str]:
    """The figures that exceed their limit or stay below their floor."""
    over = [name for name, limit in limits.items() if figures[name] > limit]
    return over + [name for name, floor in floors.items() if figures[name] < floor]


def show(
    title: str, figures: Mapping[str, float], limits: Mapping[str, float], missed: Sequence[str]
) -> None:
    """Print figures as a table, each beside its limit or floor."""
    table = Table(title=title, title_justify="left")
    for column in ("figure", "value", "limit", ""):
        table.add_column(column, justify="right" if column in ("value", "limit") else "left")
    for name, value in figures.items():
        limit = limits.get(name)
        verdict = "" if limit is None else ("missed" if name in missed else "ok")
        table.add_row(name, f"{value:.4g}", "" if limit is None else f"{limit:g}", verdict)
    Console(soft_wrap=True).print(table)
