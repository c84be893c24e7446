"""Marks tests by what they need, and says which of them have to run in one process of a parallel run.

Under ``pytest -n 2 --dist loadgroup`` a group of tests stays in one process. A group is a file, so that what
a file prepares is prepared once; what shares a server is one group across files; and each test that installs
something on a computer of its own is a group by itself. Groups run in the order below, long ones first, which
xdist keeps with ``--no-loadscope-reorder``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

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
_SHARED_COMPUTERS = ("e2e/test_installer_refused.py",)
"""Files whose installing tests share what takes long to prepare, and so stay together."""
_ORDER = (
    "demo runs",
    "e2e/test_installer_refused.py",
    "pipeline/test_kill.py",
    "swift",
    "moto",
    "pipeline/test_base.py",
    "browser",
    "wine",
    "postgres",
    "fuzz",
)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, and before `-m` looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and group every test, and put the long groups first."""
    for item in items:
        servers = _servers(item)
        if servers or _fixtures(item) & {*_PROGRAM_FIXTURES, _SCREEN_FIXTURE}:
            item.add_marker("service")
        if _TESTS / "portal" / "browser" in item.path.parents:
            item.add_marker("browser")
        item.add_marker(pytest.mark.xdist_group(_group(item, servers)))
    items.sort(key=_rank)  # stable: within a group the order stays


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
        return f"wine {item.nodeid}"
    if item.get_closest_marker("browser"):
        return "browser"
    if item.get_closest_marker("fuzz"):
        return f"fuzz {item.nodeid}"
    return servers[0] if servers else file


def _rank(item: pytest.Item) -> tuple[int, str]:
    group = next(item.iter_markers("xdist_group")).args[0]
    rank = next((at for at, start in enumerate(_ORDER) if group.startswith(start)), len(_ORDER))
    return rank, group
