"""Display probe for Windows: screens, remote session, power and sleep.

Sources: Microsoft's pages on QueryDisplayConfig, DisplayConfigGetDeviceInfo, GetSystemMetrics,
WTSQuerySessionInformationW, GetSystemPowerStatus and PowerReadACValueIndex. All exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
import uuid
from ctypes import wintypes
from typing import Callable, Optional, Tuple

from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Power, RemoteSession, Screens, Sleep
from signing.text import Text

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_wtsapi32 = ctypes.WinDLL("wtsapi32", use_last_error=True)
_powrprof = ctypes.WinDLL("powrprof")

_QDC_ONLY_ACTIVE_PATHS = 2
_ERROR_INSUFFICIENT_BUFFER = 122
_QUERY_TRIES = 3
_GET_TARGET_NAME = 2
_SM_CMONITORS, _SM_REMOTESESSION = 80, 0x1000
_WTS_CURRENT_SESSION = 0xFFFFFFFF
_WTS_CLIENT_PROTOCOL_TYPE = 16

_VIDEO = uuid.UUID("7516b95f-f776-4464-8c53-06167f40cc99")
_VIDEO_TIMEOUT = uuid.UUID("3c0bc021-c8a8-4e07-a973-6b14cbcb2b7e")
_SLEEP = uuid.UUID("238c9fa8-0aad-41ed-83f4-97be242c8f20")
_SLEEP_TIMEOUT = uuid.UUID("29f6c1db-86da-48c5-9fdb-f2b67b1f44da")
"""Power setting GUIDs (Microsoft, "Power Policy Settings")."""

_BATTERY_NONE, _BATTERY_UNKNOWN = 128, 255


class _Luid(ctypes.Structure):
    _fields_ = (("low", wintypes.DWORD), ("high", wintypes.LONG))


class _Source(ctypes.Structure):
    """DISPLAYCONFIG_PATH_SOURCE_INFO."""

    _fields_ = (
        ("adapter", _Luid),
        ("id", ctypes.c_uint32),
        ("mode", ctypes.c_uint32),
        ("status", ctypes.c_uint32),
    )


class _Target(ctypes.Structure):
    """DISPLAYCONFIG_PATH_TARGET_INFO."""

    _fields_ = (
        ("adapter", _Luid),
        ("id", ctypes.c_uint32),
        ("mode", ctypes.c_uint32),
        ("technology", ctypes.c_uint32),
        ("rotation", ctypes.c_uint32),
        ("scaling", ctypes.c_uint32),
        ("refresh", ctypes.c_uint32 * 2),
        ("scan_lines", ctypes.c_uint32),
        ("available", wintypes.BOOL),
        ("status", ctypes.c_uint32),
    )


class _Path(ctypes.Structure):
    """DISPLAYCONFIG_PATH_INFO."""

    _fields_ = (("source", _Source), ("target", _Target), ("flags", ctypes.c_uint32))


class _Mode(ctypes.Structure):
    """DISPLAYCONFIG_MODE_INFO; its members are not used."""

    _fields_ = (("body", ctypes.c_uint64 * 8),)


class _TargetName(ctypes.Structure):
    """DISPLAYCONFIG_TARGET_DEVICE_NAME with its header."""

    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("adapter", _Luid),
        ("id", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("technology", ctypes.c_uint32),
        ("edid", ctypes.c_uint16 * 2),
        ("connector", ctypes.c_uint32),
        ("name", wintypes.WCHAR * 64),
        ("path", wintypes.WCHAR * 128),
    )


class _PowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS."""

    _fields_ = (
        ("line", ctypes.c_ubyte),
        ("battery", ctypes.c_ubyte),
        ("percent", ctypes.c_ubyte),
        ("saver", ctypes.c_ubyte),
        ("left_s", wintypes.DWORD),
        ("full_s", wintypes.DWORD),
    )


class WindowsDisplays:
    """Implements :class:`oneseat.client.health.probes.DisplayProbe`."""

    def screens(self) -> Screens:
        """Count active targets, where a clone counts too, or else the monitors of the desktop."""
        paths = _active_paths()
        if paths is None:
            return Screens(_user32.GetSystemMetrics(_SM_CMONITORS), (), sees_clones=False)
        return Screens(len(paths), tuple(_name(path.target) for path in paths), sees_clones=True)

    def remote_session(self) -> RemoteSession:
        """Read the system metric, and the session's protocol from the terminal services."""
        return RemoteSession(bool(_user32.GetSystemMetrics(_SM_REMOTESESSION)), _protocol())

    def power(self) -> Power:
        """Read the power status."""
        status = _PowerStatus()
        if not _kernel32.GetSystemPowerStatus(ctypes.byref(status)):
            raise ctypes.WinError(ctypes.get_last_error())
        on_mains = {0: False, 1: True}.get(status.line)
        has_battery = not status.battery & _BATTERY_NONE or status.battery == _BATTERY_UNKNOWN
        percent = status.percent if has_battery and status.percent <= 100 else None
        return Power(on_mains, has_battery, percent)

    def sleep(self) -> Sleep:
        """Read the timeouts of the active power plan."""
        plan = ctypes.c_void_p()
        if _powrprof.PowerGetActiveScheme(None, ctypes.byref(plan)) != 0 or not plan:
            raise Unanswered(Text("there is no power plan", "没有电源计划"))
        try:
            return Sleep(
                _setting(_powrprof.PowerReadACValueIndex, plan, _VIDEO, _VIDEO_TIMEOUT),
                _setting(_powrprof.PowerReadDCValueIndex, plan, _VIDEO, _VIDEO_TIMEOUT),
                _setting(_powrprof.PowerReadACValueIndex, plan, _SLEEP, _SLEEP_TIMEOUT),
                _setting(_powrprof.PowerReadDCValueIndex, plan, _SLEEP, _SLEEP_TIMEOUT),
            )
        finally:
            _kernel32.LocalFree(plan)


def _active_paths() -> Optional[Tuple[_Path, ...]]:
    """Active display paths; None if this Windows or this session has no list."""
    try:
        sizes, query = _user32.GetDisplayConfigBufferSizes, _user32.QueryDisplayConfig
    except AttributeError:
        return None
    for _ in range(_QUERY_TRIES):  # retried: a screen may be added between the two calls
        count, modes = ctypes.c_uint32(), ctypes.c_uint32()
        if sizes(_QDC_ONLY_ACTIVE_PATHS, ctypes.byref(count), ctypes.byref(modes)) != 0:
            return None
        paths, mode_list = (_Path * max(count.value, 1))(), (_Mode * max(modes.value, 1))()
        status = query(
            _QDC_ONLY_ACTIVE_PATHS, ctypes.byref(count), paths, ctypes.byref(modes), mode_list, None
        )
        if status == 0:
            return tuple(paths[: count.value]) or None
        if status != _ERROR_INSUFFICIENT_BUFFER:
            return None
    return None


def _name(target: _Target) -> str:
    """Name that the screen reports; empty if it has none, as built-in ones."""
    request = _TargetName(
        kind=_GET_TARGET_NAME, size=ctypes.sizeof(_TargetName), adapter=target.adapter, id=target.id
    )
    if _user32.DisplayConfigGetDeviceInfo(ctypes.byref(request)) != 0:
        return ""
    return str(request.name)


def _protocol() -> Optional[int]:
    data, length = ctypes.c_void_p(), wintypes.DWORD()
    if not _wtsapi32.WTSQuerySessionInformationW(
        None,
        wintypes.DWORD(_WTS_CURRENT_SESSION),
        _WTS_CLIENT_PROTOCOL_TYPE,
        ctypes.byref(data),
        ctypes.byref(length),
    ):
        return None
    try:
        return int.from_bytes(ctypes.string_at(data, 2), "little") if length.value >= 2 else None
    finally:
        _wtsapi32.WTSFreeMemory(data)


def _setting(read: Callable[..., int], plan: ctypes.c_void_p, group: uuid.UUID, name: uuid.UUID) -> int:
    value = wintypes.DWORD()
    status = read(None, plan, group.bytes_le, name.bytes_le, ctypes.byref(value))
    if status != 0:
        raise Unanswered(
            Text(f"the power plan does not say (error {status})", f"电源计划未给出该设置（错误 {status}）")
        )
    return value.value
