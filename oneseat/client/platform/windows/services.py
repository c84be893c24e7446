"""Lists services and drivers by the service control manager; any account may do it.

Source: Microsoft's page on EnumServicesStatusExW.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from typing import List, Tuple

from oneseat.client.health.probes import Service

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

_SC_MANAGER_ENUMERATE_SERVICE = 0x0004
_SC_ENUM_PROCESS_INFO = 0
_DRIVERS_AND_SERVICES = 0x0B | 0x30
_STATE_ALL = 0x3
_RUNNING = 4
_ERROR_MORE_DATA = 234
_BUFFER_BYTES = 256 * 1024
"""The maximum of one call; calls are repeated until the list is complete."""


class _Status(ctypes.Structure):
    """ENUM_SERVICE_STATUS_PROCESSW."""

    _fields_ = (
        ("name", wintypes.LPWSTR),
        ("shown", wintypes.LPWSTR),
        ("kind", wintypes.DWORD),
        ("state", wintypes.DWORD),
        ("rest", wintypes.DWORD * 7),
    )


_advapi32.OpenSCManagerW.restype = ctypes.c_void_p
_advapi32.OpenSCManagerW.argtypes = [wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD]
_advapi32.CloseServiceHandle.argtypes = [ctypes.c_void_p]
_advapi32.EnumServicesStatusExW.argtypes = [
    ctypes.c_void_p,
    ctypes.c_int,
    wintypes.DWORD,
    wintypes.DWORD,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
    ctypes.POINTER(wintypes.DWORD),
    ctypes.POINTER(wintypes.DWORD),
    wintypes.LPCWSTR,
]


def services() -> Tuple[Service, ...]:
    """List every service and driver, running or not.

    Raises:
        OSError: the service control manager refuses.
    """
    manager = _advapi32.OpenSCManagerW(None, None, _SC_MANAGER_ENUMERATE_SERVICE)
    if not manager:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        return tuple(_enumerate(manager))
    finally:
        _advapi32.CloseServiceHandle(manager)


def _enumerate(manager: int) -> List[Service]:
    result: List[Service] = []
    buffer = ctypes.create_string_buffer(_BUFFER_BYTES)
    needed, count, resume = wintypes.DWORD(), wintypes.DWORD(), wintypes.DWORD()
    while True:
        done = _advapi32.EnumServicesStatusExW(
            manager,
            _SC_ENUM_PROCESS_INFO,
            _DRIVERS_AND_SERVICES,
            _STATE_ALL,
            buffer,
            _BUFFER_BYTES,
            ctypes.byref(needed),
            ctypes.byref(count),
            ctypes.byref(resume),
            None,
        )
        error = ctypes.get_last_error()
        if not done and error != _ERROR_MORE_DATA:
            raise ctypes.WinError(error)
        entries = ctypes.cast(buffer, ctypes.POINTER(_Status))
        result += [
            Service(entries[i].name or "", running=entries[i].state == _RUNNING) for i in range(count.value)
        ]
        if done:
            return result
