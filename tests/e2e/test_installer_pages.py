"""The installer's pages, driven by keyboard; a picture of each is stored."""

from __future__ import annotations

import pytest

from tests.e2e.exam import SmallExam, candidate
from tests.e2e.test_installer import answers, check, programs
from tests.e2e.wine import ARTEFACTS, TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER, STRANGER = candidate(1), candidate(2)
LANGUAGES = {2052: "zh", 1033: "en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_candidate_reads_why_corrects_it_and_is_let_in(
    computer: TestedComputer, small_exam: SmallExam, language: int
) -> None:
    log = computer.wine.windows_path(computer.log)

    def shot(name: str) -> None:
        screen.shot(ARTEFACTS / f"installer-{LANGUAGES[language]}-{name}.png")

    with computer.screen() as screen:
        process = computer.start(small_exam.installer(OWNER), f"/LANG={language}", f"/LOG={log}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        shot("1-welcome")
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ok")
        screen.settle(1)
        shot("2-findings")
        screen.press("Return")
        screen.settle(1)
        screen.type(OWNER.id_number[:-1] + ("1" if OWNER.id_number[-1] != "1" else "2"))
        screen.settle(1)
        shot("3-identity-mistyped")
        screen.press("ctrl+a")
        screen.type(STRANGER.id_number)
        screen.press("Tab")
        screen.type(STRANGER.admission_number)
        screen.press("Tab")
        screen.type(OWNER.install_code)
        screen.settle(1)
        shot("4-identity")
        screen.press("Return")
        screen.wait_for_text(computer.log, "refused: OS-021; nothing was left")
        screen.settle(2)
        shot("5-refusal")
        assert programs(computer) == []
        screen.press("Return")
        screen.settle(1)
        shot("6-identity-masked")
        screen.type(OWNER.id_number)
        screen.press("Tab")
        screen.type(OWNER.admission_number)
        screen.press("Return")
        screen.wait_for_text(computer.log, "+00:00 installed")
        screen.settle(2)
        shot("7-finish")
        screen.press("space", "Return")  # unticks "open it now"
        assert process.wait(30) == 0
        assert check(computer, OWNER).status == 0


def test_without_a_portal_the_page_offers_to_try_again_and_to_type_the_code(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    log = computer.wine.windows_path(computer.log)
    with computer.screen() as screen:
        computer.start(small_exam.installer(OWNER), "/LANG=2052", f"/LOG={log}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ok")
        screen.settle(1)
        screen.press("Return")
        screen.settle(1)
        screen.type(OWNER.id_number)
        screen.press("Tab")
        screen.type(OWNER.admission_number)
        screen.press("Return")
        refused = "refused: OS-053; nothing was left"
        screen.wait_for_text(computer.log, refused)
        screen.settle(2)
        screen.shot(ARTEFACTS / "installer-zh-8-no-portal.png")
        screen.press("alt+t")  # retry with the same numbers
        screen.wait_for_count(computer.log, refused, 2)
        screen.settle(2)
        screen.press("Return")  # to the field of the code, which gets the focus
        screen.settle(1)
        screen.type(OWNER.install_code)
        screen.press("Return")
        screen.wait_for_text(computer.log, "+00:00 installed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_removing_it_early_needs_a_typed_word_and_installing_again_goes_on_with_the_same_seat(
    computer: TestedComputer, small_exam: SmallExam, language: int
) -> None:
    installer = small_exam.installer(OWNER)
    log = computer.wine.prefix / "uninstall.log"
    with computer.screen() as screen:
        first = computer.install(installer, answers(computer, OWNER, OWNER.install_code))
        assert first.status == 0, first.output
        assert computer.uninstall("test").status == 37
        assert computer.program("test").is_file()
        program, place = computer.uninstaller("test")
        options = [f"/LANG={language}", f"/LOG={computer.wine.windows_path(log)}"]
        process = computer.start(program, *options, *place)
        screen.wait_for_text(log, "counts as 1")
        screen.settle(3)
        screen.press("Return")  # without the confirmation word nothing happens
        screen.type("REMOV")
        screen.press("Return")
        screen.shot(ARTEFACTS / f"uninstaller-{LANGUAGES[language]}-1-keep.png")
        assert computer.program("test").is_file()
        screen.type("E")
        screen.press("Return")
        screen.settle(1)
        screen.shot(ARTEFACTS / f"uninstaller-{LANGUAGES[language]}-2-confirm.png")
        screen.press("Return")
        screen.wait_for_text(log, "+00:00 uninstalled")
        process.wait(30)
        assert programs(computer) == []
        kept = [path for path in computer.left_behind() if path.endswith("seat.bin")]
        assert kept, "the seat stays for installing again"
        again = computer.install(installer, answers(computer, OWNER, OWNER.install_code))
        assert again.status == 0, again.output
        assert [path for path in computer.left_behind() if path.endswith("seat.bin")] == kept
