"""The guard's look on a real Windows or wine: own windows, browser windows, clipboard counter, screens."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from oneseat.client.guard.sight import SightProbe
from oneseat.client.platform.windows.probes import installed_sight


@pytest.fixture
def probe() -> SightProbe:
    if sys.platform == "win32":
        return installed_sight()
    pytest.skip("needs Windows")


@pytest.fixture
def user32() -> Any:
    if sys.platform != "win32":
        pytest.skip("needs Windows")
    user32 = ctypes.WinDLL("user32", use_last_error=True)
    user32.CreateWindowExW.restype = ctypes.c_void_p
    user32.CreateWindowExW.argtypes = [ctypes.c_uint32, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint32]
    user32.CreateWindowExW.argtypes += [ctypes.c_int] * 4 + [ctypes.c_void_p] * 4
    user32.DestroyWindow.argtypes = [ctypes.c_void_p]
    user32.SetClipboardData.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
    return user32


@pytest.fixture
def windows(user32: Any) -> Iterator[Any]:
    """Makes windows of this program, of a system class, and destroys them afterwards."""
    made: List[int] = []

    def make(title: str, *, visible: bool, name: str = "STATIC") -> int:
        style = 0x10000000 if visible else 0
        window = user32.CreateWindowExW(0, name, title, style, 0, 0, 50, 50, None, None, None, None)
        assert window
        made.append(window)
        return int(window)

    yield make
    for window in made:
        user32.DestroyWindow(window)


def _names(probe: SightProbe) -> List[str]:
    return [program.file_name.lower() for program in probe.look(Path("C:\\none")).programs]


def test_a_program_counts_once_it_has_a_window(probe: SightProbe, windows: Any) -> None:
    own = Path(sys.executable).name.lower()
    before = _names(probe)
    windows("hidden, as in the notification area", visible=False)
    after = _names(probe)
    assert own in after and before.count(own) <= 1
    [mine] = [one for one in probe.look(Path("C:\\none")).programs if one.file_name.lower() == own]
    assert mine.original_name.lower() == "python.exe"
    assert "services.exe" not in after, "a service without a window"


def test_the_rest_of_a_look_is_plausible(probe: SightProbe) -> None:
    first, second = (probe.look(Path("C:\\none")) for _ in range(2))
    assert first.screens >= 1 and not first.is_remote and first.browser_windows == 0
    assert second.clipboard == first.clipboard
    assert second.wall_s >= first.wall_s and second.clocks.elapsed_s >= first.clocks.elapsed_s


def test_windows_of_the_rooms_browser_are_counted_and_its_menus_are_not(
    probe: SightProbe, windows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        from oneseat.client.platform.windows import browser_process, sight

        monkeypatch.setattr(browser_process, "find", lambda _: os.getpid())
        monkeypatch.setattr(sight, "_BROWSER_CLASS", "Static")
        before = probe.look(Path("C:\\none")).browser_windows
        windows("考场", visible=True)
        windows("", visible=True)
        windows("hidden", visible=False)
        assert probe.look(Path("C:\\none")).browser_windows == before + 1


def test_a_picture_in_the_clipboard_is_noticed_without_opening_it(probe: SightProbe, user32: Any) -> None:
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32")
        kernel32.GlobalAlloc.restype = ctypes.c_void_p
        before = probe.look(Path("C:\\none"))
        for content in (1, 8):  # CF_TEXT, CF_DIB
            assert user32.OpenClipboard(None)
            user32.EmptyClipboard()
            user32.SetClipboardData(content, kernel32.GlobalAlloc(0x42, 64))
            user32.CloseClipboard()
            after = probe.look(Path("C:\\none"))
            assert after.clipboard != before.clipboard
            assert after.clipboard_has_picture == (content == 8)
            before = after
