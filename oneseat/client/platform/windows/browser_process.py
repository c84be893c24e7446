"""Finds and ends the browser of one profile folder by the window through which Chromium itself finds it.

Edge and Chrome keep one process for each profile folder. It has a message window with a known class and the
folder as its title, to which a second start hands its address over (Chromium, ``chrome_process_finder.cc``).
So no process handle is needed, and another profile's browser is left alone.

Sources: Microsoft's pages on FindWindowExW, GetWindowThreadProcessId and TerminateProcess.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from pathlib import Path

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

CLASS_NAME = "Chrome_MessageWindow"
_HWND_MESSAGE = wintypes.HWND(-3)
_PROCESS_TERMINATE, _SYNCHRONIZE = 0x1, 0x100000
_END_MS = 5000
_WAIT_OBJECT_0 = 0

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_user32.FindWindowExW.restype = wintypes.HWND
_user32.FindWindowExW.argtypes = [wintypes.HWND, wintypes.HWND, wintypes.LPCWSTR, wintypes.LPCWSTR]
_user32.GetWindowThreadProcessId.argtypes = [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]
_kernel32.OpenProcess.restype = wintypes.HANDLE
_kernel32.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
_kernel32.TerminateProcess.argtypes = [wintypes.HANDLE, wintypes.UINT]
_kernel32.WaitForSingleObject.argtypes = [wintypes.HANDLE, wintypes.DWORD]
_kernel32.CloseHandle.argtypes = [wintypes.HANDLE]


def find(profile: Path) -> int:
    """The process that uses a profile folder; 0 if there is none."""
    process = wintypes.DWORD()
    window = _user32.FindWindowExW(_HWND_MESSAGE, None, CLASS_NAME, str(profile))
    if window:
        _user32.GetWindowThreadProcessId(window, ctypes.byref(process))
    return process.value


def end(profile: Path) -> bool:
    """End the browser of a profile folder; what its page has stored is on the disk already.

    Returns whether none is left.
    """
    process = find(profile)
    if not process:
        return True
    handle = _kernel32.OpenProcess(_PROCESS_TERMINATE | _SYNCHRONIZE, False, process)
    if not handle:
        return False
    try:
        _kernel32.TerminateProcess(handle, 0)
        return bool(_kernel32.WaitForSingleObject(handle, _END_MS) == _WAIT_OBJECT_0)
    finally:
        _kernel32.CloseHandle(handle)
