"""Tests are marked by what they need, and what shares a server stays in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution import needs_screen

SERVERS = {"postgresql", "swift", "moto", "redis"}
MAKEFILE = Path(__file__).parents[1] / "Makefile"


@pytest.fixture
def items(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """The tests of this very run."""
    return request.session.items


def test_every_test_belongs_to_one_group(items: list[pytest.Item]) -> None:
    counts = {item.nodeid: len(list(item.iter_markers("xdist_group"))) for item in items}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_the_demonstration_runs_for_one_group_alone(items: list[pytest.Item]) -> None:
    using = [item for item in items if "demo_runs" in getattr(item, "fixturenames", ())]
    groups = {mark.args[0] for item in using for mark in item.iter_markers("xdist_group")}
    assert len(groups) == min(1, len(using))


def test_a_test_with_a_server_is_marked(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        for value in callspec.params.values() if callspec else ():
            if isinstance(value, str) and value in SERVERS:
                assert item.get_closest_marker("service"), item.nodeid


def test_a_test_that_opens_a_window_is_marked(items: list[pytest.Item]) -> None:
    for item in filter(needs_screen, items):
        assert item.get_closest_marker("service") or item.get_closest_marker("wine"), item.nodeid


def test_the_fast_set_leaves_out_every_mark_there_is(pytestconfig: pytest.Config) -> None:
    ours = {line.split(":")[0] for line in pytestconfig.getini("markers")} & {
        *("slow", "wine", "service", "browser", "fuzz")
    }
    (fast,) = (line for line in MAKEFILE.read_text("utf-8").splitlines() if line.startswith("FAST :="))
    assert sorted(ours) == sorted(
        fast.replace("FAST :=", "").strip(' "').removeprefix("not ").split(" and not ")
    )
