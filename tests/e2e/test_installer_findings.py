"""What the installer finds on a computer: what blocks, what wants to be confirmed, and what only reminds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signing.charter import Software
from tests.e2e.checks_only import CHECKS_PASSED, ChecksOnly
from tests.e2e.obstacles import program_running
from tests.e2e.registry import (
    ACCOUNT,
    BCD,
    BOOT_SECTOR,
    ELSEWHERE,
    FIRMWARE,
    FIRST,
    HERE,
    LOADER,
    MACHINE,
    MENU,
    NT_LOADER,
    SECOND,
    boot_object,
    import_registry,
)
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

ENTRIES = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
THERE, GONE = r"C:\Test AV\remove.exe", r"C:\gone\remove.exe"


def scanner(number: int) -> Software:
    """A scanner with its own long, short and Chinese names, so that one run can judge many."""
    letters = f"{number // 10}{number % 10}".translate(str.maketrans("0123456789", "abcdefghij"))
    names = (f"Scan{letters}", f"Q{letters}", f"毒霸{chr(0x7532 + number)}")
    return Software(
        f"软件{number:02d}", "antivirus", "block", (f"scan{letters}",), (f"Service{letters}",), names
    )


def line_about(log: str, software: Software) -> str:
    """The log's line about a scanner, without its time; empty where there is none."""
    lines = [line.split(" ", 1)[1] for line in log.splitlines() if f": {software.name}: " in line]
    assert len(lines) <= 1
    return lines[0] if lines else ""


def prepare(computer: TestedComputer) -> None:
    """Put a program where entries and services may say that theirs lies."""
    program = computer.drive / "Test AV" / "remove.exe"
    program.parent.mkdir()
    shutil.copyfile(computer.system("cmd.exe"), program)


@dataclass(frozen=True)
class Entry:
    """An uninstall entry, and what it is taken for. L, S and C are its long, short and Chinese name."""

    case: str
    level: str
    key: str
    values: Mapping[str, Any]
    root: str = MACHINE


ASK, WARN, NOTHING = "ask OS-159", "warn", ""
ENTRY_CASES = (
    Entry("a key and nothing else", WARN, "L", {}),
    Entry("a folder without a name", WARN, "L", {"InstallLocation": r"C:\Test AV"}),
    Entry("a name whose uninstaller is gone", WARN, "L", {"DisplayName": "L", "UninstallString": GONE}),
    Entry("hidden", WARN, "L", {"DisplayName": "L", "UninstallString": THERE, "SystemComponent": 1}),
    Entry("not hidden", ASK, "L", {"DisplayName": "x", "UninstallString": THERE, "SystemComponent": 0}),
    Entry(
        "a name and an uninstaller", ASK, "5", {"DisplayName": "L 16", "UninstallString": f'"{THERE}" /all'}
    ),
    Entry("a name and a folder", ASK, "L", {"DisplayName": "x", "InstallLocation": '"C:\\Test AV"'}),
    Entry("the root of a drive", WARN, "L", {"DisplayName": "L", "InstallLocation": "C:\\"}),
    Entry("of one account", WARN, "L", {"DisplayName": "L", "UninstallString": THERE}, ACCOUNT),
    Entry("a longer Latin word", NOTHING, "9", {"DisplayName": "Lision", "UninstallString": THERE}),
    Entry("another word", ASK, "10", {"DisplayName": "L 极速版", "UninstallString": THERE}),
    Entry("a short name as prefix", NOTHING, "11", {"DisplayName": "S Adams 2020", "UninstallString": THERE}),
    Entry("a short name as key", ASK, "S", {"DisplayName": "x", "UninstallString": THERE}),
    Entry("Chinese and no space", ASK, "13", {"DisplayName": "C11", "UninstallString": THERE}),
    Entry("Windows Installer", ASK, "14", {"DisplayName": "L", "UninstallString": "MsiExec.exe /X{1}"}),
    Entry(
        "a control character",
        WARN,
        "15",
        {"DisplayName": "L\r\ncommand='C:\\evil.exe'", "UninstallString": THERE},
        ACCOUNT,
    ),
    Entry(
        "control characters of the machine",
        ASK,
        "16",
        {"DisplayName": "L\u0085evil\n[evil]", "UninstallString": THERE},
    ),
)


def test_only_a_listed_entry_with_a_name_and_something_on_the_disk_is_asked_about(
    computer: TestedComputer, tmp_path: Path
) -> None:
    prepare(computer)
    scanners = [scanner(number) for number in range(len(ENTRY_CASES))]
    checks = ChecksOnly.compile(tmp_path / "checks", computer, *scanners)
    keys = []
    for entry, software in zip(ENTRY_CASES, scanners, strict=True):
        names = dict(zip("LSC", software.uninstall, strict=True))
        values = dict(entry.values)
        if values.get("DisplayName", "x") != "x":
            values["DisplayName"] = names[values["DisplayName"][0]] + values["DisplayName"][1:]
        keys.append((rf"{entry.root}\{ENTRIES}\{names.get(entry.key, entry.key)}", values))
    import_registry(computer, *keys)
    status, log = checks.run()
    assert status == 159
    for entry, software in zip(ENTRY_CASES, scanners, strict=True):
        line = line_about(log, software)
        assert line.startswith(f"found: {entry.level}: ") if entry.level else not line, (entry.case, log)
    assert "evil" not in log
    status, log = checks.run("/CONFIRMED")
    assert status == CHECKS_PASSED
    assert f"confirmed, goes on: OS-159: {scanners[4].name}" in log


def test_a_scanner_that_runs_is_never_passed_and_left_running(
    computer: TestedComputer, tmp_path: Path
) -> None:
    checks = ChecksOnly.compile(tmp_path / "checks", computer, scanner(0))
    with program_running(computer, computer.drive / "scanaa.exe") as process:
        status, log = checks.run("/CONFIRMED")
        assert status == 159
        assert line_about(log, scanner(0)) == "found: block OS-159: 软件00: 正在运行：scanaa.exe"
        assert process.poll() is None


def test_a_name_in_the_security_center_ends_at_its_first_control_character(
    computer: TestedComputer, tmp_path: Path
) -> None:
    checks = ChecksOnly.compile(tmp_path / "checks", computer)
    provider = rf"{MACHINE}\Software\Microsoft\Security Center\Provider\Av\{{1}}"
    import_registry(computer, (provider, {"DISPLAYNAME": "Scan\u202egnp\nx"}))
    _, log = checks.run()
    assert "已在 Windows 安全中心登记：Scan\n" in log


SERVICE_CASES = (
    (GONE, WARN),
    (THERE, ASK),
    (rf'"{THERE}" -k netsvcs', ASK),
    (r"\SystemRoot\system32\cmd.exe", ASK),
    (rf"\??\{THERE}", ASK),
    (r"%SystemRoot%\system32\cmd.exe -k", ASK),
    (r"system32\drivers\gone.sys", WARN),
)


def test_a_stopped_service_counts_if_its_program_is_there(computer: TestedComputer, tmp_path: Path) -> None:
    prepare(computer)
    scanners = [scanner(number) for number in range(len(SERVICE_CASES))]
    checks = ChecksOnly.compile(tmp_path / "checks", computer, *scanners)
    stopped = {"Start": 4, "Type": 0x10, "ErrorControl": 0, "ObjectName": "LocalSystem"}
    place = rf"{MACHINE}\System\CurrentControlSet\Services"
    import_registry(
        computer,
        *(
            (rf"{place}\{software.services[0]}", {"ImagePath": path, **stopped})
            for software, (path, _) in zip(scanners, SERVICE_CASES, strict=True)
        ),
    )
    computer.end()  # services are read when Windows starts
    _, log = checks.run()
    for software, (path, level) in zip(scanners, SERVICE_CASES, strict=True):
        line = line_about(log, software)
        assert line.startswith(f"found: {level}: "), (path, log)
        assert f"服务 {software.services[0]}" in line


@pytest.mark.parametrize(
    ("needs", "number", "line"),
    [
        ({"memory_gib": 2, "memory_usable_gib": 9000}, 0, "found: ok: 内存"),
        ({"memory_gib": 9000, "memory_usable_gib": 1}, 0, "found: ok: 内存"),
        ({"memory_gib": 9000, "memory_usable_gib": 9000}, 157, "found: ask OS-157: 内存"),
        ({"disk_free_gib": 90000}, 158, "found: ask OS-158: C 盘可用空间"),
        ({"windows": ("11",)}, 156, "found: ask OS-156: Windows 版本: Windows 7（支持：11）"),
    ],
)
def test_requirements_of_the_charter_can_be_passed(
    computer: TestedComputer, tmp_path: Path, needs: dict[str, Any], number: int, line: str
) -> None:
    checks = ChecksOnly.compile(tmp_path / "checks", computer, **needs)
    status, log = checks.run()
    assert line in log
    assert status == (number or CHECKS_PASSED)
    assert checks.run("/CONFIRMED")[0] == CHECKS_PASSED


# ------------------------------------------------------------------------------------------ boot entries

BOOT_CASES = (
    (
        "another Windows",
        boot_object(SECOND, LOADER, "Windows 7", ELSEWHERE),
        "found: warn: 双系统检查: 启动项：Windows 10, Windows 7",
    ),
    ("Windows XP", boot_object(SECOND, NT_LOADER, "XP", ELSEWHERE), "found: warn: 双系统检查"),
    ("the same Windows again", boot_object(SECOND, LOADER, "again", HERE), "found: ok: 双系统检查"),
    (
        "safe mode",
        boot_object(SECOND, LOADER, "safe", ELSEWHERE, _25000080=bytes(8)),
        "found: ok: 双系统检查",
    ),
    ("recovery", boot_object(SECOND, LOADER, "PE", ELSEWHERE, _26000022=b"\1"), "found: ok: 双系统检查"),
    ("one-key backup", boot_object(SECOND, BOOT_SECTOR, "一键GHOST", ELSEWHERE), "found: ok: 双系统检查"),
    (
        "GRUB in the firmware",
        [
            *boot_object(SECOND, FIRMWARE, "ubuntu", ELSEWHERE),
            (rf"{BCD}\{SECOND}\Elements\12000002", {"Element": r"\EFI\ubuntu\shimx64.efi"}),
        ],
        "found: warn: 双系统检查: 启动项：Windows 10, ubuntu",
    ),
)


def test_only_another_system_in_the_boot_menu_is_a_second_one(
    computer: TestedComputer, tmp_path: Path
) -> None:
    checks = ChecksOnly.compile(tmp_path / "checks", computer)
    assert "found: warn: 双系统检查: 未能读取启动项" in checks.run()[1]
    order = (rf"{BCD}\{MENU}\Elements\24000001", {"Element": [FIRST, SECOND]})
    for case, second, line in BOOT_CASES:
        first = boot_object(FIRST, LOADER, "Windows 10", HERE)
        import_registry(computer, (f"-{BCD}", {}), order, *first, *second)
        status, log = checks.run()
        assert line in log, (case, log)
        assert status == CHECKS_PASSED, case


# ----------------------------------------------------------------------------------- accounts of Windows


@pytest.mark.parametrize("profiles", [r"C:\windows\system32\config", r"C:\windows\ServiceProfiles"])
def test_windows_own_accounts_are_refused_before_anything_is_unpacked(
    computer: TestedComputer, tmp_path: Path, profiles: str
) -> None:
    checks = ChecksOnly.compile(tmp_path / "checks", computer)
    temporary = computer.drive / "temporary"
    temporary.mkdir()
    known = rf"{MACHINE}\Software\Microsoft\Windows NT\CurrentVersion\ProfileList"
    import_registry(computer, (known, {"ProfilesDirectory": profiles}))
    status, log = checks.run(TEMP=r"C:\temporary", TMP=r"C:\temporary")
    assert (status, log) == (155, "refused: OS-155\n")
    assert list(temporary.iterdir()) == []
