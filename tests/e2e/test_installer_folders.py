"""Folders below ProgramData that another account made first, or that lead elsewhere."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.exam import SmallExam, candidate
from tests.e2e.obstacles import file_held_open
from tests.e2e.portal import portal_of
from tests.e2e.registry import boot_menu
from tests.e2e.test_installer import answers, check
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER = candidate(1)
ANOTHER_ACCOUNT = 12345


def shared(computer: TestedComputer) -> Path:
    return computer.drive / "ProgramData" / "OneSeat"


def installs(computer: TestedComputer, exam: SmallExam, status: int = 0) -> str:
    result = computer.install(exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == status, result.output
    return result.output


def test_a_folder_of_another_account_is_set_aside_with_all_it_holds(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    trap = shared(computer) / "test" / "seats"
    trap.mkdir(parents=True)
    (trap / "planted").write_text("planted")
    for path in (shared(computer), shared(computer) / "test", trap, trap / "planted"):
        os.chown(path, ANOTHER_ACCOUNT, ANOTHER_ACCOUNT)
    installs(computer, small_exam)
    aside = shared(computer).with_name("OneSeat.set-aside-1")
    assert (aside / "test" / "seats" / "planted").read_text() == "planted"
    assert aside.stat().st_uid == ANOTHER_ACCOUNT
    assert not list(shared(computer).rglob("planted"))
    assert check(computer, OWNER).status == 0


def test_a_folder_of_another_account_further_below_is_set_aside_too(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    (shared(computer) / "test").mkdir(parents=True)
    os.chown(shared(computer) / "test", ANOTHER_ACCOUNT, ANOTHER_ACCOUNT)
    installs(computer, small_exam)
    assert (shared(computer) / "test.set-aside-1").is_dir()


def test_a_link_in_the_folders_place_is_refused(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shared(computer).symlink_to(elsewhere, target_is_directory=True)
    assert "refused: OS-1490" in installs(computer, small_exam, 1490 % 256)
    assert list(elsewhere.iterdir()) == []


def test_uninstalling_deletes_nothing_behind_a_link(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    boot_menu(computer, "Windows 10", '另一个 "系统"')
    installs(computer, small_exam)
    folder, program = shared(computer) / "test", computer.program("test").parent
    found = json.loads((folder / "installer-findings.json").read_text("utf-8"))
    assert found["boot"] == {"systems": ["Windows 10", '另一个 "系统"'], "count": 2}
    assert datetime.now(UTC) - datetime.fromisoformat(found["time"]) < timedelta(minutes=10)
    victims = [tmp_path / name for name in ("a", "b", "c")]
    for victim in victims:
        victim.mkdir()
        (victim / "seat.bin").write_text("of another")
    (folder / "zzz").mkdir()
    (folder / "zzz" / "j").symlink_to(victims[0], target_is_directory=True)
    (folder / "seats" / ("cd" * 16)).symlink_to(victims[1], target_is_directory=True)
    (program / "j").symlink_to(victims[2], target_is_directory=True)
    with (
        portal_of(small_exam, tmp_path / "portal", [OWNER]) as portal,
        file_held_open(computer, folder / "seats" / ("ef" * 16) / "seat.bin"),
    ):
        (program / "charter.jws").write_text(portal.charter_of_a_past_exam())
        assert computer.uninstall("test").status == 0
        # Windows deletes the link itself; wine cannot, and leaves the folder around it.
        assert [path.name for path in program.glob("*")] in ([], ["j"])
        assert (folder / "seats" / ("ef" * 16) / "seat.bin").exists()
        for victim in victims:
            assert (victim / "seat.bin").read_text() == "of another"
        assert not (folder / "charter.jws").exists()
        assert not (folder / "installer-findings.json").exists()
