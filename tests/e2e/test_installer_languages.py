"""`/LANG=` sets the language of every text, even if Windows uses the other one."""

from __future__ import annotations

import pytest

from signing.refusals import RESULTS_PUBLISHED, ClientStillNeeded
from tests.e2e.exam import SmallExam, candidate
from tests.e2e.test_installer import answers
from tests.e2e.test_installer_checks import add_entry
from tests.e2e.wine import ARTEFACTS, Screen, TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER = candidate(1)
CHINESE, ENGLISH = 2052, 1033
NAMES = {CHINESE: "zh", ENGLISH: "en"}
FOUND = {CHINESE: "测试杀毒: 已安装：TestAV", ENGLISH: "测试杀毒: installed: TestAV"}
ALONE = {CHINESE: "refused: OS-077: 另一个", ENGLISH: "refused: OS-077: Another"}
NEEDED = ClientStillNeeded(until=RESULTS_PUBLISHED).cause_text
KEEP = {CHINESE: f"to be kept: {NEEDED.zh}", ENGLISH: f"to be kept: {NEEDED.en}"}


def silently(computer: TestedComputer, exam: SmallExam, language: int, status: int) -> str:
    """Run a failing installation, and return its log."""
    computer.log.unlink(missing_ok=True)
    log = computer.wine.windows_path(computer.log)
    result = computer.run(exam.installer(OWNER), "/S", f"/LANG={language}", f"/LOG={log}")
    assert result.status == status
    return computer.log.read_text("utf-8")


def with_pages(computer: TestedComputer, exam: SmallExam, screen: Screen, language: int, status: int) -> None:
    """Run an installation that a message refuses before the first page."""
    computer.log.unlink(missing_ok=True)
    log = computer.wine.windows_path(computer.log)
    process = computer.start(exam.installer(OWNER), f"/LANG={language}", f"/LOG={log}")
    screen.wait_for_text(computer.log, ALONE[language])
    screen.settle(2)
    screen.shot(ARTEFACTS / f"installer-{NAMES[language]}-0-refused-at-once.png")
    screen.press("Return")
    assert process.wait(60) == status


def test_refusals_of_the_installer_before_its_pages_speak_the_chosen_language(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    other = computer.wine.prefix / "other.log"
    with computer.screen() as screen:
        add_entry(computer, "HKLM", "64")
        for language, words in FOUND.items():
            assert words in silently(computer, small_exam, language, 159)
        computer.start(small_exam.installer(OWNER), f"/LOG={computer.wine.windows_path(other)}")
        screen.wait_for_text(other, "installer of exam")
        screen.settle(1)
        for language, words in ALONE.items():
            assert words in silently(computer, small_exam, language, 77)
            with_pages(computer, small_exam, screen, language, 77)


def test_the_uninstaller_speaks_the_chosen_language_even_where_the_client_says_nothing(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    result = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    log = computer.wine.prefix / "uninstall.log"
    for _ in ("asked", "damaged"):
        for language, words in KEEP.items():
            log.unlink(missing_ok=True)
            options = f"/LANG={language}", f"/LOG={computer.wine.windows_path(log)}"
            assert computer.uninstall("test", *options).status == 37
            assert words in log.read_text("utf-8")
        computer.program("test").unlink(missing_ok=True)
