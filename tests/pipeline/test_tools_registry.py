"""What `doctor` learns from the tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.pipeline.tools import makensis, registry
from oneseat.pipeline.tools.errors import ToolMissing, ToolTooOld
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.tool import version_in, version_tuple
from oneseat.pipeline.tools.windows import WindowsPython, Wine


@pytest.mark.wine
def test_every_tool_is_in_order_after_setup() -> None:
    findings = list(registry.check_all())
    assert [finding.refusal for finding in findings if finding.refusal] == []
    reports = {finding.name: finding.report for finding in findings if finding.report}
    files = {"Windows Python (files)", "wine prefix (files)"}
    assert set(reports) == {"wine", "Windows Python", "makensis", "osslsigncode"} | files
    assert reports["Windows Python"].version == "3.8.10"
    assert all(report.path.exists() for report in reports.values())


@pytest.mark.service
def test_a_faulty_tool_stops_nothing_and_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(registry, "tools", lambda: (WindowsPython(Wine(tmp_path), tmp_path), Makensis()))
    python, compiler = registry.check_all()
    assert python.report is None
    assert isinstance(python.refusal, ToolMissing)
    assert "make setup" in python.refusal.diagnostics()
    assert compiler.report


@pytest.mark.service
def test_an_old_compiler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(makensis, "OLDEST", "99.1")
    with pytest.raises(ToolTooOld, match=r"99\.1 or later"):
        Makensis().check()


def test_paths_become_windows_paths(tmp_path: Path) -> None:
    wine = Wine(tmp_path / "prefix")
    assert wine.windows_path(tmp_path / "prefix" / "drive_c" / "a b" / "c.exe") == r"C:\a b\c.exe"
    assert wine.windows_path(Path("/usr/share/x")) == r"Z:\usr\share\x"


@pytest.mark.parametrize(
    ("said", "version", "numbers"),
    [
        ("v3.08-3+deb12u1", "3.08-3+deb12u1", (3, 8)),
        ("osslsigncode 2.5, using:\n\tOpenSSL 3.0.7", "2.5", (2, 5)),
        ("wine-8.0 (Debian 8.0~repack-4)", "8.0", (8, 0)),
        ("nothing of the kind", "?", ()),
    ],
)
def test_versions_are_found_in_what_tools_say(said: str, version: str, numbers: tuple[int, ...]) -> None:
    assert version_in(said) == version
    assert version_tuple(version) == numbers
