"""SIGKILL at random moments across issue and publish leaves what an undisturbed run leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import kill
from tests.effort import KILLS


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_over_and_over_the_result_is_the_same(tmp_path: Path) -> None:
    figures = kill.measure(tmp_path, count=1500, kills=KILLS, seed=7, chunk=25)
    assert figures["kills"] >= KILLS * 3 // 4
    assert (figures["differing"], figures["orphans"]) == (0, 0)
