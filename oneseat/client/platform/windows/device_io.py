"""Questions to Windows' devices: DeviceIoControl on a handle without any rights."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from ctypes import wintypes
from typing import Iterator

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_SHARE_ALL, _OPEN_EXISTING, _INVALID_HANDLE = 0x7, 3, ctypes.c_void_p(-1).value

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateFileW.restype = ctypes.c_void_p
_kernel32.CreateFileW.argtypes = [
    wintypes.LPCWSTR,
    wintypes.DWORD,
    wintypes.DWORD,
    ctypes.c_void_p,
    wintypes.DWORD,
    wintypes.DWORD,
    ctypes.c_void_p,
]
_kernel32.DeviceIoControl.argtypes = [
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
    ctypes.c_void_p,
]
_kernel32.CloseHandle.argtypes = [ctypes.c_void_p]


def asked(device: str, code: int, question: bytes, answer_bytes: int) -> bytes:
    r"""What a device, such as ``\\.\PhysicalDrive0``, answers to a control code: ``answer_bytes`` at most.

    The code must be one of FILE_ANY_ACCESS, since the handle has no rights.

    Raises:
        OSError: there is no such device, or it does not answer that.
    """
    with _opened(device) as handle:
        buffer, length = ctypes.create_string_buffer(answer_bytes), wintypes.DWORD()
        answered = _kernel32.DeviceIoControl(
            handle, code, question or None, len(question), buffer, answer_bytes, ctypes.byref(length), None
        )
        if not answered:
            raise ctypes.WinError(ctypes.get_last_error())
        return buffer.raw[: length.value]


@contextlib.contextmanager
def _opened(device: str) -> Iterator[int]:
    handle = _kernel32.CreateFileW(device, 0, _SHARE_ALL, None, _OPEN_EXISTING, 0, None)
    if handle in (None, _INVALID_HANDLE):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        yield handle
    finally:
        _kernel32.CloseHandle(handle)
