from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from signing.clock import FixedClock, OffsetClock, SystemClock


def test_clocks_know_aware_utc_time() -> None:
    before = datetime.now(timezone.utc)
    assert before <= SystemClock().now() <= datetime.now(timezone.utc)
    beijing = datetime(2035, 1, 4, 10, tzinfo=timezone(timedelta(hours=8)))
    assert FixedClock(beijing).now() == beijing and FixedClock(beijing).now().tzinfo is timezone.utc
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2035, 1, 1))  # noqa: DTZ001 -- the refusal of a naive time is the point


def test_a_rehearsed_clock_runs_on() -> None:
    base = FixedClock(datetime(2030, 1, 1, tzinfo=timezone.utc))
    moment = datetime(2035, 1, 4, 12, tzinfo=timezone.utc)
    rehearsed = OffsetClock.starting_at(moment, base)
    assert rehearsed.now() == moment
    base.at += timedelta(seconds=5)
    assert rehearsed.now() == moment + timedelta(seconds=5)
