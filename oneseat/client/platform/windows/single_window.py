"""Keeps the client to one window for each installation and logon session.

Sources: Microsoft's pages on CreateMutexW, FindWindowW, ShowWindow and SetForegroundWindow. All functions
exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from ctypes import wintypes
from pathlib import Path
from typing import Sequence

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_ERROR_ACCESS_DENIED, _ERROR_ALREADY_EXISTS = 5, 183
_SW_RESTORE = 9
_TK_WINDOW = "TkTopLevel"
"""The window class of Tk's top-level windows."""

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_user32 = ctypes.WinDLL("user32", use_last_error=True)
_kernel32.CreateMutexW.restype = wintypes.HANDLE
_kernel32.CreateMutexW.argtypes = [ctypes.c_void_p, wintypes.BOOL, wintypes.LPCWSTR]
_kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
_user32.FindWindowW.restype = wintypes.HWND
_user32.FindWindowW.argtypes = [wintypes.LPCWSTR, wintypes.LPCWSTR]
_user32.IsIconic.restype = wintypes.BOOL
_user32.IsIconic.argtypes = [wintypes.HWND]
_user32.IsHungAppWindow.restype = wintypes.BOOL
_user32.IsHungAppWindow.argtypes = [wintypes.HWND]
_user32.ShowWindow.argtypes = [wintypes.HWND, ctypes.c_int]
_user32.SetForegroundWindow.argtypes = [wintypes.HWND]


def hold_window(program: Path) -> bool:
    """Create the mutex of an installation in this logon session; False if another process has it.

    Windows closes the handle when this process ends, however it ends. An account that may not open the
    mutex, as of a client that runs elevated, finds it taken. Any other failure lets the window open.
    """
    name = hashlib.sha256(str(program).lower().encode("utf-8")).hexdigest()[:32]
    ctypes.set_last_error(0)
    handle = _kernel32.CreateMutexW(None, False, f"Local\\OneSeat-{name}")
    error = ctypes.get_last_error()
    if not handle:
        return error != _ERROR_ACCESS_DENIED
    if error == _ERROR_ALREADY_EXISTS:
        _kernel32.CloseHandle(handle)  # else the mutex would outlive the process that made it
        return False
    return True


def show_window(titles: Sequence[str]) -> bool:
    """Restore a window with one of these titles and bring it to the front.

    False if there is none that responds: a call to one that does not would never return.
    """
    for title in titles:
        window = _user32.FindWindowW(_TK_WINDOW, title)
        if window and not _user32.IsHungAppWindow(window):
            if _user32.IsIconic(window):
                _user32.ShowWindow(window, _SW_RESTORE)
            _user32.SetForegroundWindow(window)
            return True
    return False
