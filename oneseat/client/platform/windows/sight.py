"""The guard's probe for Windows: names of programs with windows, screens, clipboard counter, power, clocks.

It runs every two seconds beside a recording browser. So it takes one snapshot of names, asks for nothing of a
process that it knows, and asks for the screens, which is slow on some computers, only every few looks.

Sources: Microsoft's pages on EnumWindows, GetWindowThreadProcessId, GetForegroundWindow,
GetClipboardSequenceNumber, IsClipboardFormatAvailable and GetSystemMetrics. The clipboard is never opened.
"""

from __future__ import annotations

import ctypes
import sys
import time
from ctypes import wintypes
from pathlib import Path
from typing import Dict, List, Tuple

from oneseat.client.guard.sight import SeenProgram, Sight

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows import browser_process, sleep  # noqa: E402
from oneseat.client.platform.windows.displays import WindowsDisplays  # noqa: E402
from oneseat.client.platform.windows.processes import path_of, processes  # noqa: E402
from oneseat.client.platform.windows.version_resource import original_name  # noqa: E402

_PICTURE_FORMATS = (2, 8, 17)
"""CF_BITMAP, CF_DIB, CF_DIBV5."""
_SM_CMONITORS, _SM_REMOTESESSION = 80, 0x1000
_GW_OWNER = 4
_BROWSER_CLASS = "Chrome_WidgetWin_1"
_SCREENS_EVERY = 5
_CLASS_CHARACTERS = 64

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_OnWindow = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
_user32.EnumWindows.argtypes = [_OnWindow, wintypes.LPARAM]
_user32.GetWindowThreadProcessId.argtypes = [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.GetWindow.restype = wintypes.HWND
_user32.GetWindow.argtypes = [wintypes.HWND, wintypes.UINT]
_user32.IsWindowVisible.argtypes = [wintypes.HWND]
_user32.GetWindowTextLengthW.argtypes = [wintypes.HWND]
_user32.GetClassNameW.argtypes = [wintypes.HWND, wintypes.LPWSTR, ctypes.c_int]
_user32.GetClipboardSequenceNumber.restype = wintypes.DWORD
_user32.IsClipboardFormatAvailable.argtypes = [wintypes.UINT]

_Windows = Dict[int, List[int]]
"""Windows by the process that owns them."""


class WindowsSight:
    """Implements :class:`oneseat.client.guard.sight.SightProbe`."""

    def __init__(self) -> None:
        self._displays = WindowsDisplays()
        self._original_names: Dict[Tuple[int, str], str] = {}
        self._screens, self._monitors, self._looks = 0, 0, 0

    def look(self, profile: Path) -> Sight:
        """Look once."""
        names, windows, power = dict(processes()), _windows(), self._displays.power()
        return Sight(
            programs=self._programs(names, windows),
            screens=self._count_screens(),
            is_remote=bool(_user32.GetSystemMetrics(_SM_REMOTESESSION)),
            foreground=names.get(_owner(_user32.GetForegroundWindow()), ""),
            clipboard=_user32.GetClipboardSequenceNumber(),
            clipboard_has_picture=any(map(_user32.IsClipboardFormatAvailable, _PICTURE_FORMATS)),
            browser_windows=_count_browser_windows(windows.get(browser_process.find(profile), [])),
            on_mains=power.on_mains,
            battery_percent=power.battery_percent,
            clocks=sleep.read(),
            wall_s=time.time(),
        )

    def _programs(self, names: Dict[int, str], windows: _Windows) -> Tuple[SeenProgram, ...]:
        """Programs that own a window, each once; the file of a new one is read for its original name."""
        known, self._original_names = self._original_names, {}
        for process in windows:
            name = names.get(process)
            if name is not None:
                key = (process, name)
                self._original_names[key] = known[key] if key in known else _original_name(process)
        found = [SeenProgram(name, original) for (_, name), original in self._original_names.items()]
        return tuple(dict.fromkeys(found))

    def _count_screens(self) -> int:
        monitors = _user32.GetSystemMetrics(_SM_CMONITORS)
        if self._looks % _SCREENS_EVERY == 0 or monitors != self._monitors:
            self._screens = self._displays.screens().count
        self._monitors, self._looks = monitors, self._looks + 1
        return self._screens


def _windows() -> _Windows:
    """All windows of this desktop that are no other window's child."""
    found: _Windows = {}

    def on_window(window: int, _: int) -> bool:
        found.setdefault(_owner(window), []).append(window)
        return True

    _user32.EnumWindows(_OnWindow(on_window), 0)
    return found


def _owner(window: int) -> int:
    """The process of a window; 0 for none."""
    process = wintypes.DWORD()
    if window:
        _user32.GetWindowThreadProcessId(window, ctypes.byref(process))
    return process.value


def _count_browser_windows(windows: List[int]) -> int:
    """Visible windows with a title that belong to no other: no menus, bubbles or pickers."""
    return sum(1 for window in windows if _is_browser_window(window))


def _is_browser_window(window: int) -> bool:
    if not _user32.IsWindowVisible(window) or _user32.GetWindow(window, _GW_OWNER):
        return False
    name = ctypes.create_unicode_buffer(_CLASS_CHARACTERS)
    _user32.GetClassNameW(window, name, _CLASS_CHARACTERS)
    return name.value == _BROWSER_CLASS and _user32.GetWindowTextLengthW(window) > 0


def _original_name(process: int) -> str:
    path = path_of(process)
    return original_name(path) if path else ""
