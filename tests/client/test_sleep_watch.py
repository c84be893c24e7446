"""When a session's page says that the computer slept: a pure rule over readings of two clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import List, Optional, Tuple

import pytest

from oneseat.client.computer.sleep_watch import Sleep, SleepClocks, SleepWatch
from tests import charters

START = charters.at(4, 10)

Look = Tuple[float, float, int]
"""Seconds elapsed, seconds awake, messages about waking."""


def found(looks: List[Look]) -> List[Tuple[float, float]]:
    """From when to when the computer slept, in elapsed seconds; the first look is at the start."""
    watch, sleeps = SleepWatch(), []
    for elapsed_s, awake_s, wake_ups in looks:
        now = START + timedelta(seconds=elapsed_s)
        sleeps.append(watch.look(now, SleepClocks(1000 + elapsed_s, 700 + awake_s, wake_ups)))
    return [_seconds(sleep) for sleep in sleeps if sleep is not None]


def _seconds(sleep: Sleep) -> Tuple[float, float]:
    began, ended = ((moment - START).total_seconds() for moment in sleep)
    return began, ended


@pytest.mark.parametrize(
    ("looks", "sleep"),
    [
        ([(0, 0, 0), (1, 1, 0), (2, 2, 0)], None),
        ([(0, 0, 0), (1, 1, 0), (601, 2, 0), (602, 3, 0)], (1, 601)),
        ([(0, 0, 0), (1, 1, 0), (601, 2, 1), (602, 3, 1)], (1, 601)),
        ([(0, 0, 0), (1, 1, 0), (601, 2, 0), (602, 3, 1)], (1, 601)),
        ([(0, 0, 0), (1, 1, 0), (601, 601, 1), (602, 602, 1)], (1, 601)),
        ([(0, 0, 0), (1, 1, 0), *((s, s, 0) for s in range(601, 630)), (630, 630, 1)], (1, 601)),
        ([(0, 0, 0), (1, 1, 0), (601, 601, 0)], None),
        ([(0, 0, 0), (1, 1, 0), (20, 20, 0), *((s, s, 0) for s in range(21, 99)), (99, 99, 1)], None),
        ([(0, 0, 0), (1, 1, 0), (4, 1, 1)], None),
        ([(0, 0, 3), (1, 1, 3)], None),
        ([(600, 0, 1)], None),
    ],
    ids=[
        "awake",
        "clocks",
        "both",
        "late-message",
        "standby",
        "standby-late",
        "busy",
        "busy-then-message",
        "blink",
        "old-message",
        "before",
    ],
)
def test_a_sleep_is_reported_once_with_the_looks_around_it(
    looks: List[Look], sleep: Optional[Tuple[float, float]]
) -> None:
    assert found(looks) == ([] if sleep is None else [sleep])


def test_each_sleep_of_a_session_is_reported() -> None:
    assert found([(0, 0, 0), (60, 1, 1), (61, 2, 1), (200, 3, 2)]) == [(0, 60), (61, 200)]
