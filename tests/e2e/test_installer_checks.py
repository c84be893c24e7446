"""What ships, and what the installer finds on a computer before it copies anything."""

from __future__ import annotations

import pytest

from pipeline import windows7
from tests.e2e.exam import SmallExam, candidate
from tests.e2e.test_installer import answers, programs
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER = candidate(1)
ENTRIES = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
LIMIT = 12_000_000
"""Bytes of the installer: what a candidate with a slow line downloads."""


def add_entry(computer: TestedComputer, root: str, view: str) -> None:
    """Somebody's antivirus software enters itself into the list of programs."""
    key = rf"{root}\{ENTRIES}\TestAV"
    assert computer.run(computer.system("reg.exe"), "add", key, "/f", f"/reg:{view}").status == 0


def test_every_program_that_ships_loads_on_windows_7_and_the_installer_is_small(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    installer = small_exam.installer(OWNER)
    assert installer.stat().st_size < LIMIT
    assert windows7.missing_imports(installer) == []
    ended = computer.install(installer, answers(computer, OWNER, OWNER.install_code))
    assert ended.status == 0, ended.said
    folder = computer.program("test").parent
    assert {"OneSeat.exe", "uninstall.exe"} <= {path.name for path in folder.iterdir()}
    assert windows7.scan(folder) == []


@pytest.mark.parametrize(("root", "view"), [("HKLM", "64"), ("HKLM", "32"), ("HKCU", "64")])
def test_antivirus_of_the_charter_blocks_before_anything_is_copied(
    computer: TestedComputer, small_exam: SmallExam, root: str, view: str
) -> None:
    add_entry(computer, root, view)
    ended = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert ended.status == 159
    assert "found: block OS-159: 测试杀毒" in ended.said
    assert "TestAV" in ended.said
    assert programs(computer) == []
