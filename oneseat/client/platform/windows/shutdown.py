"""Asks Windows to wait with a shutdown and tells the person at the computer why; counts wake-ups meanwhile.

Windows asks the top-level windows of a program whether the session may end (WM_QUERYENDSESSION), and shows
the reason of one that says no; the person decides. Tk answers yes for its own windows. So a hidden window
answers, in a thread with a message loop of its own. After sleep Windows also sends it WM_POWERBROADCAST.

Sources: Microsoft's pages on ShutdownBlockReasonCreate, WM_QUERYENDSESSION, WM_POWERBROADCAST,
CreateWindowExW and GetMessageW. All functions exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from ctypes import wintypes
from typing import Optional

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_WM_DESTROY, _WM_CLOSE, _WM_QUERYENDSESSION = 0x2, 0x10, 0x11
_WM_POWERBROADCAST, _PBT_APMRESUMEAUTOMATIC = 0x218, 0x12
_CLASS_NAME = "OneSeatShutdown"
_START_S = 2.0

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_user32 = ctypes.WinDLL("user32", use_last_error=True)
_Procedure = ctypes.WINFUNCTYPE(
    ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM
)


class _WindowClass(ctypes.Structure):
    """WNDCLASSW."""

    _fields_ = (
        ("style", wintypes.UINT),
        ("procedure", _Procedure),
        ("class_bytes", ctypes.c_int),
        ("window_bytes", ctypes.c_int),
        ("instance", wintypes.HINSTANCE),
        ("icon", wintypes.HICON),
        ("cursor", wintypes.HANDLE),
        ("background", wintypes.HBRUSH),
        ("menu_name", wintypes.LPCWSTR),
        ("class_name", wintypes.LPCWSTR),
    )


_kernel32.GetModuleHandleW.restype = wintypes.HMODULE
_kernel32.GetModuleHandleW.argtypes = [wintypes.LPCWSTR]
_user32.RegisterClassW.restype = wintypes.ATOM
_user32.RegisterClassW.argtypes = [ctypes.POINTER(_WindowClass)]
_user32.CreateWindowExW.restype = wintypes.HWND
_user32.CreateWindowExW.argtypes = [
    wintypes.DWORD,
    wintypes.LPCWSTR,
    wintypes.LPCWSTR,
    wintypes.DWORD,
    *[ctypes.c_int] * 4,
    wintypes.HWND,
    wintypes.HMENU,
    wintypes.HINSTANCE,
    ctypes.c_void_p,
]
_user32.DefWindowProcW.restype = ctypes.c_ssize_t
_user32.DefWindowProcW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
_user32.GetMessageW.argtypes = [ctypes.POINTER(wintypes.MSG), wintypes.HWND, wintypes.UINT, wintypes.UINT]
_user32.DispatchMessageW.argtypes = [ctypes.POINTER(wintypes.MSG)]
_user32.PostMessageW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
_user32.PostQuitMessage.argtypes = [ctypes.c_int]
_user32.ShutdownBlockReasonCreate.argtypes = [wintypes.HWND, wintypes.LPCWSTR]


_wake_ups = 0


def wake_ups() -> int:
    """How often Windows said that the computer had woken up, while a shutdown was blocked."""
    return _wake_ups


def _answer(window: int, message: int, first: int, second: int) -> int:
    global _wake_ups  # noqa: PLW0603 -- of the process, as the window is
    if message == _WM_QUERYENDSESSION:
        return 0
    if message == _WM_POWERBROADCAST and first == _PBT_APMRESUMEAUTOMATIC:
        _wake_ups += 1
        return 1
    if message == _WM_DESTROY:
        _user32.PostQuitMessage(0)
        return 0
    return int(_user32.DefWindowProcW(window, message, first, second))


_ANSWER = _Procedure(_answer)
"""Kept for as long as the program runs, since Windows calls it."""


class ShutdownBlock:
    """A hidden window that answers no, from its creation to :meth:`end`.

    Where Windows refuses the window or the reason, nothing is blocked: the session goes on as without it.
    """

    def __init__(self, reason: str) -> None:
        self.window: Optional[int] = None
        self._reason = reason
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shutdown", daemon=True)
        self._thread.start()
        self._ready.wait(_START_S)

    def end(self) -> None:
        """Destroy the window, and the reason with it; returns once it is gone."""
        if self.window:
            _user32.PostMessageW(self.window, _WM_CLOSE, 0, 0)
            self._thread.join(_START_S)

    def _run(self) -> None:
        instance = _kernel32.GetModuleHandleW(None)
        described = _WindowClass(procedure=_ANSWER, instance=instance, class_name=_CLASS_NAME)
        _user32.RegisterClassW(ctypes.byref(described))  # fails where an earlier block has registered it
        self.window = _user32.CreateWindowExW(
            0, _CLASS_NAME, self._reason, 0, 0, 0, 0, 0, None, None, instance, None
        )
        if self.window:
            _user32.ShutdownBlockReasonCreate(self.window, self._reason)
        self._ready.set()
        message = wintypes.MSG()
        while self.window and _user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            _user32.DispatchMessageW(ctypes.byref(message))


_present: Optional[ShutdownBlock] = None


def block(reason: Optional[str]) -> None:
    """Ask Windows to wait, for a reason that is shown; None lets it go on. Called from one thread."""
    global _present  # noqa: PLW0603 -- one block for the process, as there is one window
    if _present is not None:
        _present.end()
    _present = None if reason is None else ShutdownBlock(reason)
