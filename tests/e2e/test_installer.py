"""The installer on a candidate's computer: accepted and refused identities, remaining files, texts."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oneseat.demo.computer import ProgramResult
from oneseat.pipeline.base.signed_files import unsigned_programs
from oneseat.pipeline.publishing.stamped_file import write_stamped
from signing.authority.stamp import Stamper
from tests.e2e.exam import Candidate, SmallExam, candidate
from tests.e2e.portal import portal_of
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER, STRANGER = candidate(1), candidate(2)
UNINSTALL_KEY = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\OneSeat-test"


def answers(computer: TestedComputer, person: Candidate, install_code: str = "") -> Path:
    code = {"install_code": install_code} if install_code else {}
    return computer.answers_left(id_number=person.id_number, admission_number=person.admission_number, **code)


def check(computer: TestedComputer, person: Candidate) -> ProgramResult:
    return computer.run(computer.program("test"), "--check", "--json", "--answers", answers(computer, person))


def programs(computer: TestedComputer) -> list[str]:
    return [path for path in computer.left_behind() if not path.startswith("ProgramData")]


def test_the_owner_installs_and_is_accepted_and_uninstalling_in_time_leaves_nothing(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    result = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    assert "installed" in result.output
    assert computer.program("test").is_file()
    assert unsigned_programs(computer.program("test").parent) == [], "Smart App Control would refuse them"
    assert (computer.program("test").parent / "charter.jws").read_text().strip() == small_exam.base.charter
    assert "Test Client" in computer.registry(UNINSTALL_KEY)
    accepted = check(computer, OWNER)
    assert accepted.status == 0, accepted.output
    assert check(computer, STRANGER).status == 45
    for secret in (OWNER.id_number, OWNER.admission_number, OWNER.install_code):
        assert secret not in result.output
        assert secret not in computer.registry(UNINSTALL_KEY)
    with portal_of(small_exam, tmp_path / "portal", [OWNER]) as portal:
        (computer.program("test").parent / "charter.jws").write_text(portal.charter_of_a_past_exam())
        assert computer.uninstall("test").status == 0
    assert computer.left_behind() == []
    assert computer.registry(UNINSTALL_KEY) == ""


def test_without_the_portals_time_the_program_goes_and_the_registration_stays(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    """A computer's clock alone may be years ahead."""
    result = computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    over = datetime.now(UTC) - timedelta(minutes=1)
    (computer.program("test").parent / "charter.jws").write_text(small_exam.newer_charter(keep_until=over))
    assert computer.uninstall("test").status == 0
    assert not computer.program("test").exists()
    assert any(path.endswith("device.bin") for path in computer.left_behind())


def test_a_stranger_is_refused_with_the_documented_level_and_nothing_is_installed(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    result = computer.install(small_exam.installer(OWNER), answers(computer, STRANGER, OWNER.install_code))
    assert result.status == 21
    assert "refused: OS-021; nothing was left" in result.output
    assert STRANGER.id_number not in result.output
    assert programs(computer) == []
    assert computer.registry(UNINSTALL_KEY) == ""


def test_the_base_and_a_changed_file_are_refused(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    manifest = small_exam.base.manifest
    assert computer.install(small_exam.base.path, answers(computer, OWNER)).status == 22
    forged = tmp_path / "forged.exe"
    write_stamped(Stamper(manifest, small_exam.base.path), b"not a licence", forged)
    assert 10 <= computer.install(forged, answers(computer, OWNER)).status < 40
    assert programs(computer) == []


def test_silence_without_answers_is_refused(computer: TestedComputer, small_exam: SmallExam) -> None:
    assert computer.install(small_exam.installer(OWNER)).status == 43
    assert programs(computer) == []


def test_two_candidates_on_one_computer_keep_separate_seats(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    for person in (OWNER, STRANGER):
        result = computer.install(
            small_exam.installer(person), answers(computer, person, person.install_code)
        )
        assert result.status == 0, result.output
    for person in (OWNER, STRANGER):
        result = check(computer, person)
        assert result.status == 0, result.output
        assert person.jti in result.output


def test_a_refusal_beside_an_installed_client_leaves_that_untouched(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    assert (
        computer.install(small_exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code)).status
        == 0
    )
    # An older build is set aside while the new one is tried, and then restored.
    (computer.program("test").parent / "build.id").write_text("an older build\n")
    before = programs(computer)
    assert computer.install(small_exam.installer(STRANGER), answers(computer, OWNER, "")).status != 0
    assert programs(computer) == before
    assert (computer.program("test").parent / "build.id").read_text() == "an older build\n"


def test_an_interrupted_installation_is_tidied_up_by_the_next(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    folder = computer.program("test").parent
    previous, staging = folder.with_name("test.previous"), folder.with_name("test.staging")
    for leftover in (previous, staging):
        leftover.mkdir(parents=True)
        (leftover / "build.id").write_text("an older build\n")
    assert computer.install(small_exam.installer(OWNER), answers(computer, STRANGER)).status != 0
    assert (folder / "build.id").read_text() == "an older build\n"
    assert not previous.exists()
    assert not staging.exists()


def test_no_argument_of_any_process_ever_holds_an_identity(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    """Watch every process of the machine while the installer and the client run."""
    seen: set[str] = set()
    finished = threading.Event()

    def watch() -> None:
        while not finished.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(path.read_bytes().decode("utf-8", "replace"))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answered = answers(computer, OWNER, OWNER.install_code)
        assert computer.install(small_exam.installer(OWNER), answered).status == 0
        assert check(computer, OWNER).status == 0
    finally:
        finished.set()
        watcher.join()
    assert any("enrol" in line for line in seen) and any("--check" in line for line in seen)
    for line in seen:
        for secret in (OWNER.id_number, OWNER.admission_number, OWNER.install_code):
            assert secret not in line


def test_installing_again_mends_a_damaged_client_and_it_can_be_removed_by_force(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    answered = answers(computer, OWNER, OWNER.install_code)
    assert computer.install(small_exam.installer(OWNER), answered).status == 0
    program = computer.program("test")
    for damaged in (program, next((program.parent / "_internal").glob("python3*.dll"))):
        damaged.unlink()
        again = answers(computer, OWNER, OWNER.install_code)
        assert computer.install(small_exam.installer(OWNER), again).status == 0
        assert check(computer, OWNER).status == 0, damaged.name
    program.unlink()
    assert computer.uninstall("test").status == 37, "without a date the client must stay"
    assert computer.uninstall("test", "/FORCE").status == 0
    assert programs(computer) == []
