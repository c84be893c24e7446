"""Lists processes by a snapshot of their names, and looks up session and program of one.

Sources: Microsoft's pages on CreateToolhelp32Snapshot, Process32FirstW, ProcessIdToSessionId and
QueryFullProcessImageNameW. All functions exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from typing import Iterator, Tuple

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_TH32CS_SNAPPROCESS = 0x2
_QUERY_LIMITED_INFORMATION = 0x1000
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_MAX_PATH_CHARACTERS = 32768


class _Entry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("usage", wintypes.DWORD),
        ("id", wintypes.DWORD),
        ("heap", ctypes.c_size_t),
        ("module", wintypes.DWORD),
        ("threads", wintypes.DWORD),
        ("parent", wintypes.DWORD),
        ("priority", wintypes.LONG),
        ("flags", wintypes.DWORD),
        ("file_name", wintypes.WCHAR * 260),
    )


_kernel32.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
_kernel32.OpenProcess.restype = ctypes.c_void_p
for _function in (_kernel32.Process32FirstW, _kernel32.Process32NextW):
    _function.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Entry)]
_kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
_kernel32.QueryFullProcessImageNameW.argtypes = [
    ctypes.c_void_p,
    wintypes.DWORD,
    wintypes.LPWSTR,
    ctypes.POINTER(wintypes.DWORD),
]


def processes() -> Iterator[Tuple[int, str]]:
    """Every process: its number, and the file name of its program.

    Raises:
        OSError: no snapshot can be taken.
    """
    snapshot = _kernel32.CreateToolhelp32Snapshot(_TH32CS_SNAPPROCESS, 0)
    if snapshot in (None, _INVALID_HANDLE):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        entry = _Entry(size=ctypes.sizeof(_Entry))
        more = _kernel32.Process32FirstW(snapshot, ctypes.byref(entry))
        while more:
            yield entry.id, str(entry.file_name)
            more = _kernel32.Process32NextW(snapshot, ctypes.byref(entry))
    finally:
        _kernel32.CloseHandle(snapshot)


def own_session() -> int:
    """The session of this program."""
    return session_of(_kernel32.GetCurrentProcessId())


def session_of(process: int) -> int:
    """The session in which a process runs."""
    session = wintypes.DWORD()
    if not _kernel32.ProcessIdToSessionId(process, ctypes.byref(session)):
        return 0  # only the system's own processes do not say
    return session.value


def path_of(process: int) -> str:
    """Path of a process's program; empty if this account may not query it."""
    handle = _kernel32.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process)
    if not handle:
        return ""
    try:
        path = ctypes.create_unicode_buffer(_MAX_PATH_CHARACTERS)
        length = wintypes.DWORD(_MAX_PATH_CHARACTERS)
        if not _kernel32.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(length)):
            return ""
        return path.value
    finally:
        _kernel32.CloseHandle(handle)
