"""Tests are marked by what they need, and what shares a server stays in one process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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


def test_a_group_stays_in_one_process_and_groups_start_in_their_order(tmp_path: Path) -> None:
    """Held by a run of its own: a new release of pytest or xdist may take grouping away without a word."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.distribution"]\n')
    body = "import pytest\n\n@pytest.mark.parametrize('number', range(6))\ndef test_it(number):\n    pass\n"
    for name in ("test_b.py", "test_a.py", "test_c.py", "test_d.py"):
        (tmp_path / name).write_text(body)
    options = ["-p", "xdist", "-n", "2", "--dist", "loadgroup", "-v", "-p", "no:cacheprovider"]
    options += ["--rootdir", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # no other plugin has a part in it
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env={**environment, "PYTHONPATH": str(MAKEFILE.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ran = re.findall(r"^\[(gw\d)\].* PASSED (test_\w)\.py", ended.stdout, re.MULTILINE)
    assert len(ran) == 24
    assert len(set(ran)) == 4, "each file in one process"
    assert {process for process, file in ran if file in ("test_a", "test_b")} == {"gw0", "gw1"}


def test_the_demonstration_runs_for_one_group_alone(items: list[pytest.Item]) -> None:
    using = [item for item in items if "demo_runs" in getattr(item, "fixturenames", ())]
    groups = {mark.args[0] for item in using for mark in item.iter_markers("xdist_group")}
    assert len(groups) == min(1, len(using))


def test_browser_tests_of_a_folder_are_two_groups_of_whole_files(items: list[pytest.Item]) -> None:
    groups: dict[Path, set[str]] = {}
    for item in items:
        if item.get_closest_marker("browser"):
            groups.setdefault(item.path, set()).update(
                mark.args[0] for mark in item.iter_markers("xdist_group")
            )
    assert all(len(of_file) == 1 for of_file in groups.values())
    for folder in {path.parent for path in groups}:
        of_folder = [next(iter(groups[path])) for path in groups if path.parent == folder]
        all_files = len(list(folder.glob("test_*.py")))
        assert all(of_folder.count(group) <= all_files / 2 + 1 for group in of_folder)


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
