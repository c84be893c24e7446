"""Size and content of the installer, and its checks before it copies files."""

from __future__ import annotations

import re
import shutil

import pytest

from oneseat.pipeline.base.errors import InstallerRuntimeMissing
from tests import windows7
from tests.e2e.exam import SmallExam, candidate
from tests.e2e.obstacles import shell
from tests.e2e.test_installer import answers, programs
from tests.e2e.wine import ARTEFACTS, TestedComputer
from tests.windows7 import scan

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER = candidate(1)
ENTRIES = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
LIMIT = 12_000_000
"""Maximum size of the installer in bytes, for candidates with slow connections."""


def add_entry(computer: TestedComputer, root: str, view: str) -> None:
    """Add antivirus software to the list of programs, with an uninstaller that is there."""
    key = rf"{root}\{ENTRIES}\TestAV"
    for name, value in (
        ("DisplayName", "TestAV"),
        ("UninstallString", r"C:\windows\system32\cmd.exe /c exit"),
    ):
        values = "/v", name, "/d", value, "/f", f"/reg:{view}"
        assert computer.run(computer.system("reg.exe"), "add", key, *values).status == 0


def remove_entry(computer: TestedComputer, root: str, view: str) -> None:
    """Remove it from the list."""
    key = rf"{root}\{ENTRIES}\TestAV"
    assert computer.run(computer.system("reg.exe"), "delete", key, "/f", f"/reg:{view}").status == 0


def test_every_program_that_ships_loads_on_windows_7_and_the_installer_is_small(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    installer = small_exam.installer(OWNER)
    assert installer.stat().st_size < LIMIT
    assert windows7.missing_imports(installer) == []
    result = computer.install(installer, answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    folder = computer.program("test").parent
    assert {"OneSeat.exe", "uninstall.exe"} <= {path.name for path in folder.iterdir()}
    assert scan(folder) == []


@pytest.mark.parametrize(("root", "view"), [("HKLM", "64"), ("HKLM", "32")])
def test_antivirus_of_the_charter_blocks_before_anything_is_copied(
    computer: TestedComputer, small_exam: SmallExam, root: str, view: str
) -> None:
    add_entry(computer, root, view)
    result = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 159
    assert "found: ask OS-159: 测试杀毒" in result.output
    assert "TestAV" in result.output
    assert programs(computer) == []


def test_running_antivirus_blocks_and_is_left_running(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    disguised = computer.drive / "testav.exe"
    shutil.copyfile(computer.system("notepad.exe"), disguised)
    with computer.screen() as screen:
        process = computer.start(disguised)
        # Wine's desktop keeps its starter's output open: the installer, which is awaited, must not start it.
        screen.wait_for_window("Notepad")
        result = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
        assert result.status == 159
        assert "testav.exe" in result.output
        assert process.poll() is None


@pytest.mark.parametrize(("language", "name"), [(2052, "zh"), (1033, "en")])
def test_what_may_be_left_behind_is_passed_by_a_second_question_whose_answer_is_logged(
    computer: TestedComputer, small_exam: SmallExam, language: int, name: str
) -> None:
    log = computer.wine.windows_path(computer.log)
    with computer.screen() as screen:
        add_entry(computer, "HKLM", "64")
        computer.start(small_exam.installer(OWNER), f"/LANG={language}", f"/LOG={log}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ask OS-159")
        screen.settle(2)
        screen.press("Return")
        screen.settle(1)
        screen.shot(ARTEFACTS / f"installer-{name}-2-findings-confirm.png")
        screen.press("Return")  # the answer that is marked is no
        screen.settle(1)
        assert "confirmed" not in computer.log.read_text("utf-8")
        screen.press("Return")
        screen.settle(1)
        screen.press("Left", "Return")
        screen.wait_for_text(computer.log, "confirmed, goes on: OS-159: 测试杀毒")
    assert programs(computer) == []


@pytest.mark.parametrize(("language", "name"), [(2052, "zh"), (1033, "en")])
def test_what_blocks_is_shown_first_and_checking_again_lets_go_on(
    computer: TestedComputer, small_exam: SmallExam, language: int, name: str
) -> None:
    log = computer.wine.windows_path(computer.log)
    with computer.screen() as screen:
        add_entry(computer, "HKLM", "64")
        computer.start(small_exam.installer(OWNER), f"/LANG={language}", f"/LOG={log}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ask OS-159")
        screen.settle(2)
        screen.shot(ARTEFACTS / f"installer-{name}-2-findings-blocked.png")
        screen.press("alt+u")  # no desktop is there to open it from
        screen.wait_for_text(computer.log, "no shell from which")
        screen.settle(1)
        screen.shot(ARTEFACTS / f"installer-{name}-2-findings-not-opened.png")
        screen.press("Return")
        remove_entry(computer, "HKLM", "64")
        screen.press("alt+r" if language == 2052 else "alt+g")
        screen.wait_for_count(computer.log, "found: ok: Windows", 2)
        screen.settle(1)
        screen.shot(ARTEFACTS / f"installer-{name}-2-findings-mended.png")
    assert computer.log.read_text("utf-8").count("ask OS-159") == 1
    assert programs(computer) == []


def test_the_button_opens_that_programs_own_uninstaller(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    uninstaller = computer.drive / "Test AV" / "remove.exe"
    uninstaller.parent.mkdir()
    shutil.copyfile(computer.system("cmd.exe"), uninstaller)
    opened = computer.drive / "opened.txt"
    command = rf'"{computer.wine.windows_path(uninstaller)}" /c echo opened>C:\opened.txt'
    with computer.screen() as screen, shell(computer):
        add_entry(computer, "HKLM", "64")
        computer.set_registry(rf"HKLM\{ENTRIES}\TestAV", "UninstallString", command)
        log = computer.wine.windows_path(computer.log)
        computer.start(small_exam.installer(OWNER), "/LANG=2052", f"/LOG={log}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ask OS-159")
        screen.settle(2)
        assert not opened.exists()
        screen.press("alt+u")
        screen.wait_for_text(computer.log, "opened the uninstaller")
        screen.wait_for_text(opened, "opened")


def test_without_the_universal_c_runtime_nothing_of_ours_is_started(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    computer.system("ucrtbase.dll").unlink()
    # Wine needs the library itself, so it loads its own copy and not the one in the system folder.
    without = {"WINEBOOTSTRAPMODE": "1"}
    log = computer.wine.windows_path(computer.log)
    result = computer.run(small_exam.installer(OWNER), "/S", f"/LOG={log}", environment=without)
    assert result.status == 76
    refusal = InstallerRuntimeMissing()
    assert {"KB2999226", "KB4474419"} <= set(re.findall(r"KB\d+", refusal.remedy_text.en))
    log = computer.log.read_text("utf-8")
    assert f"refused: OS-076: {refusal.cause_text.en}" in log or refusal.cause_text.zh in log
    assert "found" not in log
    assert programs(computer) == []
