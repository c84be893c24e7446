"""Rollback: an installation that fails at any step, first or update, changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from oneseat.client.run import LAUNCHER
from tests.e2e.exam import Candidate, SmallExam, candidate
from tests.e2e.obstacles import file_held_open, file_in_the_way, folder_in_use, key_write_denied, volatile_key
from tests.e2e.test_installer import UNINSTALL_KEY, answers
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER, STRANGER = candidate(1), candidate(2)
SHORTCUT = "测试考生端 - 测试面试"
LIST_OF_PROGRAMS = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"


@dataclass(frozen=True)
class Failure:
    """A step, the obstacle that makes it fail, and the refusal's number; enrolment fails by identity."""

    step: str
    obstacle: Callable[[TestedComputer], AbstractContextManager[None]]
    status: int
    person: Candidate = OWNER


def _folder(computer: TestedComputer) -> Path:
    return computer.program("test").parent


def _menu(computer: TestedComputer) -> Path:
    return computer.drive / "ProgramData/Microsoft/Windows/Start Menu/Programs" / SHORTCUT


def _staged(computer: TestedComputer) -> AbstractContextManager[None]:
    return file_in_the_way(_folder(computer).with_name("test.staging"))


def _uninstaller_open(computer: TestedComputer) -> AbstractContextManager[None]:
    return file_held_open(computer, _folder(computer).with_name("test.staging") / "uninstall.exe")


def _no_menu(computer: TestedComputer) -> AbstractContextManager[None]:
    for link in _menu(computer).glob("*"):
        link.unlink()
    if _menu(computer).is_dir():
        _menu(computer).rmdir()
    return file_in_the_way(_menu(computer))


def _no_link(computer: TestedComputer) -> AbstractContextManager[None]:
    link = computer.drive / "users/Public/Desktop" / f"{SHORTCUT}.lnk"
    link.unlink(missing_ok=True)
    return file_in_the_way(link / "inside")


def _nothing(_: TestedComputer) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


ANYWHERE = (
    Failure("files", _staged, 74),
    Failure("uninstaller", _uninstaller_open, 74),
    Failure("enrolment", _nothing, 21, STRANGER),
)
OVER_NOTHING = (
    *ANYWHERE,
    Failure("place", lambda computer: file_in_the_way(_folder(computer)), 74),
)
OVER_AN_OLDER_BUILD = (
    *ANYWHERE,
    Failure("setting aside", lambda computer: folder_in_use(computer, _folder(computer)), 79),
)


def files(computer: TestedComputer) -> dict[str, str]:
    """Snapshot of all files and keys that an installation changes, without the client's state."""
    places = [
        computer.drive / "Program Files",
        computer.drive / "Program Files (x86)",
        computer.drive / "ProgramData/Microsoft/Windows/Start Menu",
        computer.drive / "users/Public/Desktop",
    ]
    contents = {}
    for path in (path for place in places for path in place.rglob("*")):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        contents[str(path.relative_to(computer.drive))] = content
    return contents


def registry(computer: TestedComputer) -> list[str]:
    """Registry: the list of programs, and the keys directly below Software of machine and user."""
    keys = [rf"HKLM\{LIST_OF_PROGRAMS}", r"HKLM\Software", r"HKCU\Software"]
    listed = [computer.run(computer.system("reg.exe"), "query", key, "/reg:64").output for key in keys]
    return [line for said in [*listed, computer.registry(UNINSTALL_KEY)] for line in said.splitlines()]


def an_older_build(computer: TestedComputer, exam: SmallExam) -> None:
    """Install, then change the build id and add a file that no newer build has."""
    result = computer.install(exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    (_folder(computer) / "build.id").write_text("an older build\n")
    (_folder(computer) / "of-the-older-build.txt").write_text("kept\n")
    reg = computer.system("reg.exe")
    computer.run(reg, "add", UNINSTALL_KEY, "/v", "DisplayVersion", "/d", "0.0.1", "/f", "/reg:64")


def fails_and_leaves_all_as_it_was(computer: TestedComputer, exam: SmallExam, failure: Failure) -> None:
    with failure.obstacle(computer):
        before = files(computer), registry(computer)
        answered = answers(computer, failure.person, OWNER.install_code)
        result = computer.install(exam.installer(OWNER), answered)
        assert result.status == failure.status, (failure.step, result.output)
        assert f"refused: OS-{failure.status:03d}; nothing was left" in result.output, failure.step
        after = files(computer), registry(computer)
        assert after[0] == before[0], failure.step
        assert after[1] == before[1], failure.step


def installs(computer: TestedComputer, exam: SmallExam) -> str:
    """Install without obstacles; returns the entry in the list of programs."""
    result = computer.install(exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    assert LAUNCHER.encode("utf-16-le") in (_menu(computer) / f"{SHORTCUT}.lnk").read_bytes()
    assert (_folder(computer) / "uninstall.exe").is_file()
    return computer.registry(UNINSTALL_KEY)


def test_over_nothing_a_failure_at_any_step_leaves_files_and_registry_as_they_were(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    for failure in OVER_NOTHING:
        fails_and_leaves_all_as_it_was(computer, small_exam, failure)
    entry = installs(computer, small_exam)
    assert re.search(r"DisplayVersion\s+REG_SZ\s+\d", entry)
    assert re.search(r"Publisher\s+REG_SZ\s+\S", entry)


def test_over_an_older_build_a_failure_at_any_step_leaves_that_build_as_it_was(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    an_older_build(computer, small_exam)
    for failure in OVER_AN_OLDER_BUILD:
        fails_and_leaves_all_as_it_was(computer, small_exam, failure)
    entry = installs(computer, small_exam)
    assert re.search(r"DisplayVersion\s+REG_SZ\s+(?!0\.0\.1)\d", entry)
    assert not (_folder(computer) / "of-the-older-build.txt").exists()


CONVENIENCES = (
    ("list of programs", lambda computer: volatile_key(computer, LIST_OF_PROGRAMS)),
    ("nothing", _nothing),
    ("start menu", _no_menu),
    ("desktop", _no_link),
    ("entry", lambda computer: key_write_denied(computer, UNINSTALL_KEY.removeprefix("HKLM\\"))),
)
"""What the client works without."""


def test_what_the_client_works_without_is_warned_of_and_undoes_nothing(
    computer: TestedComputer, small_exam: SmallExam
) -> None:
    for what, obstacle in CONVENIENCES:
        with obstacle(computer):
            log = _log_of_installing(computer, small_exam)
        assert ("warning: OS-231" in log) is (what != "nothing"), what
        assert log.endswith("installed\n"), what


def _log_of_installing(computer: TestedComputer, exam: SmallExam) -> str:
    result = computer.install(exam.installer(OWNER), answers(computer, OWNER, OWNER.install_code))
    assert result.status == 0, result.output
    assert (_folder(computer) / "OneSeat.exe").is_file()
    return result.output
