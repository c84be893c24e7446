"""The shipped suite runs again when anything that it depends on has changed, and not otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap import layout
from oneseat.pipeline.tools.tool import ToolReport
from tests import shipped

SUITE = layout.PROJECT / "tests" / "signing" / "test_jws.py"


@dataclass
class Host:
    """Stands for the computer: its version, the status of the next run, and how often it ran."""

    version: str = "wine-1"
    status: int = 0
    runs: int = 0
    chosen: frozenset[Path] = field(default_factory=frozenset)
    name: str = "Windows"

    def check(self) -> ToolReport:
        return ToolReport(self.name, self.version, Path("wine"))

    def run(self, folder: Path, code: Path, options: list[str]) -> int:
        assert folder.is_dir()
        assert (code / "tests" / "signing" / SUITE.name).is_file()
        self.runs += 1
        return self.status


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    assert SUITE.is_file()
    host = Host()
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path))
    monkeypatch.setattr(shipped, "select", lambda: shipped.Selection((SUITE,), host.chosen))
    monkeypatch.setattr(shipped, "windows_host", lambda: host)
    monkeypatch.setattr(shipped, "run_somewhere", host.run)
    return host


def test_what_has_passed_is_not_run_again_until_something_changes(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (shipped.main([]), host.runs) == (0, 1)
    assert (shipped.main([]), host.runs) == (0, 1)
    assert "not run again" in capsys.readouterr().out
    host.chosen = frozenset({SUITE.with_name("__init__.py")})
    assert (shipped.main([]), host.runs) == (0, 2), "another file is there"
    host.version = "wine-2"
    assert (shipped.main([]), host.runs) == (0, 3), "another wine"


def test_a_failure_is_not_kept_and_options_run_it_in_any_case(host: Host) -> None:
    host.status = 1
    assert [shipped.main([]), shipped.main([])] == [1, 1]
    host.status = 0
    assert shipped.main(["-k", "jws"]) == 0, "a part of the tests proves nothing of the rest"
    assert (shipped.main([]), host.runs) == (0, 4)
    assert (shipped.main(["-x"]), host.runs) == (0, 5)


def test_the_key_is_of_names_and_contents(host: Host, tmp_path: Path) -> None:
    keys: set[str] = set()
    for name, content in (("a.py", "x"), ("b.py", "x"), ("b.py", "y"), ("c/b.py", "y")):
        folder = tmp_path / f"{len(keys)}"
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content)
        keys.add(shipped.key_of(folder))
        assert shipped.key_of(folder) in keys
    assert len(keys) == 4 and host.runs == 0
