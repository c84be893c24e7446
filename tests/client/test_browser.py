"""The browser of the exam room: its command line on record, and how Windows finds, starts and ends it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from typing import Any, Iterator, Tuple

import pytest

from oneseat.client.health.probes import Browser
from oneseat.client.health.readings import forbidding_policies, program_of
from oneseat.client.sessions import browser as b
from oneseat.client.sessions.handover import Opener
from tests.patience import wait_until

PROFILE: Any = PureWindowsPath(r"C:\Users\a b\AppData\Local\OneSeat\room\0123")
URL = "http://127.0.0.1:5000/once"
EDGE = Browser("Edge", r"C:\Edge\msedge.exe", (120, 0, 2210, 61))
CHROME_OF_WINDOWS_7 = Browser("Chrome", r"C:\Chrome\chrome.exe", (109, 0, 5414, 120))
OLD = Browser("Chrome", r"C:\Chrome\chrome.exe", (94, 0, 4606, 54))

QUIET = [
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--hide-crash-restore-bubble",
]
AWAKE = [
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
]


def test_the_command_line_of_a_window_in_edge() -> None:
    assert b.window_command(EDGE, URL, PROFILE) == [
        r"C:\Edge\msedge.exe",
        r"--user-data-dir=C:\Users\a b\AppData\Local\OneSeat\room\0123",
        *QUIET,
        "--disable-features=Translate,msImplicitSignin",
        "--no-service-autorun",
        *AWAKE,
        "--start-fullscreen",
        "--auto-accept-camera-and-microphone-capture",
        "--auto-select-desktop-capture-source=Entire screen",
        "--app=http://127.0.0.1:5000/once",
    ]


def test_the_command_line_of_an_upload_records_nothing() -> None:
    assert b.upload_command(CHROME_OF_WINDOWS_7, URL, PROFILE) == [
        r"C:\Chrome\chrome.exe",
        r"--user-data-dir=C:\Users\a b\AppData\Local\OneSeat\room\0123",
        *QUIET,
        "--disable-features=Translate",
        *AWAKE,
        "--headless=new",
        "--app=http://127.0.0.1:5000/once",
    ]
    assert b.is_windowless(CHROME_OF_WINDOWS_7)


def test_an_older_version_uploads_in_a_window() -> None:
    assert not b.is_windowless(OLD)
    assert not any(flag.startswith("--headless") for flag in b.upload_command(OLD, URL, PROFILE))


def test_policies_that_forbid_recording_or_keeping_are_named() -> None:
    assert forbidding_policies({}) == ()
    allowed = {"VideoCaptureAllowed": 1, "BrowserSignin": 1, "UserDataDir": "", "ForceEphemeralProfiles": 0}
    assert forbidding_policies(allowed) == ()
    assert forbidding_policies({"BrowserSignin": 2, "AudioCaptureAllowed": 0, "UserDataDir": "D:\\x"}) == (
        "AudioCaptureAllowed",
        "BrowserSignin",
        "UserDataDir",
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [('"C:\\a b\\c.exe"', "C:\\a b\\c.exe"), ("C:\\c.exe", "C:\\c.exe"), (None, ""), (7, "")],
)
def test_a_path_of_app_paths(value: object, path: str) -> None:
    assert program_of(value) == path


# ------------------------------------------------------------------------------- on Windows, or under wine


@pytest.fixture
def chrome(tmp_path: Path) -> Iterator[Path]:
    """A program with a version that is registered as Chrome for this account."""
    if sys.platform != "win32":
        pytest.skip("needs Windows")
    import winreg

    program = tmp_path / "chrome.exe"
    shutil.copyfile(sys.executable, program)
    path = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\chrome.exe"
    with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, path, 0, winreg.KEY_WRITE) as key:
        winreg.SetValueEx(key, "", 0, winreg.REG_SZ, f'"{program}"')
    yield program
    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, path)


@pytest.fixture
def opener() -> Opener:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.sessions import WindowsOpener

        return WindowsOpener()
    pytest.skip("needs Windows")


def found() -> Tuple[Browser, ...]:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.browsers import WindowsBrowsers

        return tuple(one for one in WindowsBrowsers().browsers() if one.name == "Chrome")
    return ()


def test_a_registered_browser_is_found_with_its_version(chrome: Path) -> None:
    [browser] = found()
    assert browser.path == str(chrome) and browser.policies == ()
    assert browser.version[:2] == tuple(sys.version_info[:2])
    chrome.unlink()
    assert found() == ()


@pytest.mark.parametrize(
    ("name", "value", "harmless"),
    [
        ("VideoCaptureAllowed", 0, 1),
        ("AudioCaptureAllowed", 0, 1),
        ("ScreenCaptureAllowed", 0, 1),
        ("ForceEphemeralProfiles", 1, 0),
        ("ClearBrowsingDataOnExit", 1, 0),
        ("BrowserSignin", 2, 1),
        ("UserDataDir", "D:\\profiles", None),
    ],
)
def test_a_policy_in_the_registry_is_read_and_the_machines_wins(
    chrome: Path, name: str, value: Any, harmless: Any
) -> None:
    if sys.platform == "win32":
        import winreg

        path, kind = r"SOFTWARE\Policies\Google\Chrome", winreg.REG_DWORD
        kind = winreg.REG_SZ if isinstance(value, str) else kind
        try:
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, path, 0, winreg.KEY_WRITE) as key:
                winreg.SetValueEx(key, name, 0, kind, value)
            assert found()[0].policies == (name,)
            if harmless is not None:
                with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_WRITE) as key:
                    winreg.SetValueEx(key, name, 0, kind, harmless)
                assert found()[0].policies == ()
        finally:
            for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
                try:
                    winreg.DeleteKey(root, path)
                except FileNotFoundError:
                    continue


def test_a_browser_is_started_with_its_arguments(opener: Opener, tmp_path: Path) -> None:
    told = tmp_path / "told us"
    opener.start_browser([sys.executable, "-c", _NOTE, str(told), "--app=x y"], minimised=True)
    wait_until(told.exists)
    assert told.read_text() == "--app=x y"
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        opener.start_browser([str(tmp_path / "absent.exe")], minimised=False)


_NOTE = (
    "import os, sys; open(sys.argv[1] + '.part', 'w').write(sys.argv[2]);"
    "os.rename(sys.argv[1] + '.part', sys.argv[1])"
)


def test_the_browser_of_a_profile_is_found_and_ended_without_a_handle(opener: Opener, tmp_path: Path) -> None:
    profile, other, ready = tmp_path / "profile", tmp_path / "other", tmp_path / "ready"
    process = subprocess.Popen([sys.executable, "-c", _MESSAGE_WINDOW, str(profile), str(ready)])
    try:
        wait_until(ready.exists)
        assert opener.end_browser(other) and process.poll() is None
        assert opener.end_browser(profile)
        process.wait(30)
    finally:
        process.kill()
    assert opener.end_browser(profile)


_MESSAGE_WINDOW = """
import ctypes, sys
from ctypes import wintypes
from oneseat.client.platform.windows import shutdown
user32, kernel32 = ctypes.WinDLL("user32"), ctypes.WinDLL("kernel32")
kernel32.GetModuleHandleW.restype = wintypes.HMODULE
instance = kernel32.GetModuleHandleW(None)
described = shutdown._WindowClass(
    procedure=shutdown._ANSWER, instance=instance, class_name="Chrome_MessageWindow"
)
shutdown._user32.RegisterClassW(ctypes.byref(described))
window = shutdown._user32.CreateWindowExW(
    0, "Chrome_MessageWindow", sys.argv[1], 0, 0, 0, 0, 0, wintypes.HWND(-3), None, instance, None
)
assert window
open(sys.argv[2], "w").close()
message = wintypes.MSG()
while user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
    user32.DispatchMessageW(ctypes.byref(message))
"""
