"""The Windows probes on a real Windows; runs under the Windows Python only."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from oneseat.client.health.check import STATUSES
from oneseat.client.health.checklist import checks
from oneseat.client.health.examination import examine_all
from oneseat.client.health.portal_probe import PortalProbe
from oneseat.client.health.probes import Probes
from oneseat.client.online.portal import Portal
from oneseat.client.platform.windows.probes import installed_probes
from signing.clock import SystemClock
from tests.client.simulated import Authority


@pytest.fixture
def probes(authority: Authority) -> Probes:
    if sys.platform == "win32":
        return installed_probes(PortalProbe(lambda: Portal(authority.charter(), 2), SystemClock()))
    pytest.skip("needs Windows")


def test_the_whole_check_ends_in_ten_seconds_and_no_row_is_a_fault(
    authority: Authority, probes: Probes
) -> None:
    started = time.monotonic()
    findings = examine_all(checks(authority.charter(), probes, bandwidth=False))
    assert time.monotonic() - started < 10
    for finding in findings:
        assert finding.status in STATUSES
        assert finding.evidence.zh and finding.evidence.en
        assert "@" not in finding.evidence.en, finding  # the mark of a fault of ours
    assert len(findings) == 17  # a third party's room: no row for the browser


def test_windows_memory_and_disk_are_what_they_are(probes: Probes) -> None:
    version, memory = probes.system.version(), probes.system.memory()
    assert version.is_64bit and version.build > 1000
    assert 0 < memory.free_bytes <= memory.usable_bytes
    assert memory.installed_bytes is None or memory.installed_bytes >= memory.usable_bytes
    assert probes.system.free_on_c() > 0


def test_this_very_program_is_among_those_that_run_with_its_original_name(probes: Probes) -> None:
    inventory = probes.software.inventory()
    own = Path(sys.executable).name.lower()
    mine = [program for program in inventory.programs if program.file_name.lower() == own]
    assert mine and mine[0].session == inventory.own_session
    assert mine[0].original_name.lower() == "python.exe"


def test_a_program_that_registers_itself_is_found_in_either_view(probes: Probes) -> None:
    if sys.platform == "win32":
        import winreg

        path = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\OneSeatTest"
        for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):
            key = winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE | view)
            try:
                winreg.SetValueEx(key, "DisplayName", 0, winreg.REG_SZ, f"测试 {view}")
                names = [entry.name for entry in probes.software.inventory().installed]
                assert f"测试 {view}" in names
            finally:
                key.Close()
                winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, path, view, 0)


def test_an_entry_is_removable_while_its_uninstaller_or_folder_is_there(
    probes: Probes, tmp_path: Path
) -> None:
    if sys.platform == "win32":
        import winreg

        path = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\OneSeatTest"
        uninstaller, folder = tmp_path / "un inst.exe", tmp_path / "folder"
        uninstaller.write_bytes(b"MZ")
        folder.mkdir()
        for values, expected in (
            ({"UninstallString": f'"{uninstaller}" /S'}, True),
            ({"UninstallString": f"{uninstaller} /S"}, True),
            ({"UninstallString": str(tmp_path / "gone.exe")}, False),
            ({"InstallLocation": str(folder)}, True),
            ({"InstallLocation": str(tmp_path / "gone")}, False),
            ({"InstallLocation": "C:\\"}, False),
            ({"UninstallString": str(uninstaller), "SystemComponent": 1}, False),
            ({}, False),
        ):
            key = winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE)
            try:
                winreg.SetValueEx(key, "DisplayName", 0, winreg.REG_SZ, "测试")
                for name, value in values.items():
                    if isinstance(value, int):
                        winreg.SetValueEx(key, name, 0, winreg.REG_DWORD, value)
                    else:
                        winreg.SetValueEx(key, name, 0, winreg.REG_SZ, str(value))
                entries = probes.software.inventory().installed
                assert [entry.removable for entry in entries if entry.key == "OneSeatTest"] == [expected], (
                    values
                )
            finally:
                key.Close()
                winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, path)


def test_a_service_counts_by_its_file(probes: Probes, tmp_path: Path) -> None:
    if sys.platform == "win32":
        import winreg

        path = r"SYSTEM\CurrentControlSet\Services\OneSeatTest"
        program = tmp_path / "a b.exe"
        program.write_bytes(b"MZ")
        for image, expected in ((f'"{program}" -k', True), (str(tmp_path / "gone.exe"), False), ("", False)):
            key = winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE)
            try:
                winreg.SetValueEx(key, "ImagePath", 0, winreg.REG_EXPAND_SZ, image)
                assert probes.software.service_file_exists("OneSeatTest") is expected
            finally:
                key.Close()
                winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, path)
        assert not probes.software.service_file_exists("OneSeatTest")


def test_screens_session_and_power_have_an_answer(probes: Probes) -> None:
    assert probes.displays.screens().count >= 1
    assert not probes.displays.remote_session().metric
    assert probes.displays.power().battery_percent in (None, *range(101))


def test_consent_that_is_refused_is_seen(probes: Probes) -> None:
    if sys.platform == "win32":
        import winreg

        path = (
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore"
            r"\webcam\NonPackaged"
        )
        assert probes.devices.denied("webcam") is None
        key = winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, path, 0, winreg.KEY_WRITE)
        try:
            winreg.SetValueEx(key, "Value", 0, winreg.REG_SZ, "Deny")
            assert probes.devices.denied("webcam") == "desktop apps"
            assert probes.devices.denied("microphone") is None
        finally:
            key.Close()
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, path)
