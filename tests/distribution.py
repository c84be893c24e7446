"""Marks tests by what they need, and says which of them have to run in one process of a parallel run.

Under ``pytest -n 2 --dist loadgroup`` a group of tests stays in one process. A group is a file, so that what
a file prepares is prepared once; what shares a server is one group across files; and each test that installs
something on a computer of its own is a group by itself. Groups start in the order below, long ones first.

The scheduler is our own: xdist writes the group into a test's id, which pytest 9.2 no longer lets it do, so
that each test would be a group (https://github.com/pytest-dev/pytest-xdist/issues/1386). Here the test
processes write their groups into a file, and the scheduler reads them there.
"""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_TESTS = Path(__file__).parent

_SERVER_FIXTURES = {
    "moto_bucket": "moto",
    "swift_bucket": "swift",
    "postgres": "postgres",
    "redis_server": "redis",
}
"""Fixtures that start a server, and the group of the tests that ask for them."""
_PROGRAM_FIXTURES = frozenset({"builder", "large_base", "program", "file_signer"})
"""Fixtures that need a program which ``make setup`` installs: makensis, osslsigncode."""
_SERVER_PARAMETERS = {"moto": "moto", "swift": "swift", "postgresql": "postgres", "redis": "redis"}
"""The same for parameters, whose fixture is asked for while the test runs."""
_CLUSTER_PARAMETER = "dask"
"""The id of the parameter with which a test starts a Dask scheduler and workers."""
_SCREEN_FIXTURE = "root"
"""The fixture of the client's tests that opens a window."""

_DEMONSTRATION_FIXTURE = "demo_runs"
"""The fixture that runs the whole demonstration, which takes minutes; its tests are one group."""
_PREPARED_WITHIN_S = 900
"""Seconds for a test that may be the first of those for which a base or the demonstration is built: without a
cache, with other tests beside it, that alone took over four minutes."""
_SHARED_COMPUTERS = ("e2e/test_installer_refused.py",)
"""Files whose installing tests share what takes long to prepare, and so stay together."""
_ORDER = (
    "demo runs",
    "e2e/test_installer_refused.py",
    "swift",
    "moto",
    "postgres",
    "browser",
    "wine e2e/test_installer_rollback.py",
    "pipeline/test_kill.py",
    "pipeline/test_base.py",
    "wine",
    "fuzz",
)
"""The groups that take long, the longest first: one that starts late would keep a process busy at the end."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, and before `-m` looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and group every test, and put the long groups first."""
    for item in items:
        servers = _servers(item)
        if servers or _fixtures(item) & {*_PROGRAM_FIXTURES, _SCREEN_FIXTURE}:
            item.add_marker("service")
        if item.path.parent.name == "browser":
            item.add_marker("browser")
        if any(item.iter_markers("wine")) or any(item.iter_markers("slow")):
            item.add_marker(pytest.mark.timeout(_PREPARED_WITHIN_S))
        item.add_marker(pytest.mark.xdist_group(_group(item, servers)))
    items.sort(key=_rank)  # stable: within a group the order stays


def group_of(item: pytest.Item) -> str:
    """The group of a test that was collected."""
    return str(next(item.iter_markers("xdist_group")).args[0])


class _GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist's classes are not typed for those outside
    """Gives each test process whole groups, in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return self._groups[nodeid]

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The groups as any of the test processes wrote them; all have collected the same tests."""
        groups: dict[str, str] = json.loads(next(_exchange(self.config).glob("*.json")).read_text("utf-8"))
        return groups


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Our scheduler for ``--dist loadgroup``."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return _GroupScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a test process where it writes its groups."""
    node.workerinput["groups"] = str(_exchange(node.config))


@pytest.hookimpl(tryfirst=True)  # before xdist tells the scheduler that the tests are collected
def pytest_collection_finish(session: pytest.Session) -> None:
    """In a test process: write the groups for the scheduler."""
    workerinput = getattr(session.config, "workerinput", None)
    if workerinput is not None:
        path = Path(workerinput["groups"]) / workerinput["workerid"]
        path.write_text(json.dumps({item.nodeid: group_of(item) for item in session.items}), "utf-8")
        path.rename(path.with_suffix(".json"))


_EXCHANGE = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def _exchange(config: pytest.Config) -> Path:
    """The folder in which the test processes of this run write their groups; it goes with the run."""
    if _EXCHANGE not in config.stash:
        folder = tempfile.TemporaryDirectory(prefix="oneseat-groups-")
        config.stash[_EXCHANGE] = folder
        config.add_cleanup(folder.cleanup)
    return Path(config.stash[_EXCHANGE].name)


def needs_screen(item: pytest.Item) -> bool:
    """Whether a test may open windows."""
    return _SCREEN_FIXTURE in _fixtures(item) or item.get_closest_marker("wine") is not None


def _fixtures(item: pytest.Item) -> frozenset[str]:
    return frozenset(getattr(item, "fixturenames", ()))


def _servers(item: pytest.Item) -> list[str]:
    """The groups of the servers that a test needs."""
    callspec = getattr(item, "callspec", None)
    parameters = [value for value in callspec.params.values() if isinstance(value, str)] if callspec else []
    named = [_SERVER_FIXTURES[name] for name in _fixtures(item) if name in _SERVER_FIXTURES]
    groups = {*named, *(_SERVER_PARAMETERS[one] for one in parameters if one in _SERVER_PARAMETERS)}
    if callspec and _CLUSTER_PARAMETER in callspec.id.split("-"):
        groups.add(_file(item))  # which starts a cluster of its own
    return sorted(groups)


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).as_posix() if item.path.is_relative_to(_TESTS) else item.path.name


def _group(item: pytest.Item, servers: list[str]) -> str:
    file = _file(item)
    if _DEMONSTRATION_FIXTURE in _fixtures(item):
        return "demo runs"
    if file.startswith("e2e/") and file not in _SHARED_COMPUTERS:
        return f"wine {file} {item.name}"
    if item.get_closest_marker("browser"):
        return _browser_group(item.path)
    if item.get_closest_marker("fuzz"):
        return f"fuzz {item.name}"
    return servers[0] if servers else file


def _browser_group(path: Path) -> str:
    """The group of a file of browser tests: each folder has two, of about as many files.

    Files of a group share a browser, but one group alone would take as long as all other tests together.
    """
    position = sorted(path.parent.glob("test_*.py")).index(path)
    return f"browser {path.relative_to(_TESTS).parts[0]} {position % 2}"


def _rank(item: pytest.Item) -> tuple[int, str]:
    group = group_of(item)
    rank = next((at for at, start in enumerate(_ORDER) if group.startswith(start)), len(_ORDER))
    return rank, group
