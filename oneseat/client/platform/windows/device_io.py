"""Sends control codes to devices, by DeviceIoControl on a handle without access rights."""

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


def device_io_control(device: str, code: int, request: bytes, max_bytes: int) -> bytes:
    r"""Send a control code to a device such as ``\\.\PhysicalDrive0``; returns at most ``max_bytes``.

    The code must be one with FILE_ANY_ACCESS, since the handle has no access rights.

    Raises:
        OSError: the device does not exist, or does not support the code.
    """
    with _opened(device) as handle:
        buffer, length = ctypes.create_string_buffer(max_bytes), wintypes.DWORD()
        succeeded = _kernel32.DeviceIoControl(
            handle, code, request or None, len(request), buffer, max_bytes, ctypes.byref(length), None
        )
        if not succeeded:
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
