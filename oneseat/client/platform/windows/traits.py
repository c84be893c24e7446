"""Reads the sources of the fingerprint traits: registry, firmware, disk and volume.

No call needs elevation, so that the installer (elevated) and the client (not elevated) read the same values.
Sources: Microsoft's pages on GetSystemFirmwareTable, IOCTL_STORAGE_QUERY_PROPERTY,
IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS and GetVolumeInformationW. All exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from typing import Callable, Optional, TypeVar

from oneseat.client.computer import smbios
from oneseat.client.computer.fingerprint_traits import TraitSources, disk_serial
from oneseat.client.computer.smbios import Smbios

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

import winreg  # noqa: E402

from oneseat.client.platform.windows.device_io import device_io_control  # noqa: E402

_Value = TypeVar("_Value")

_RSMB = 0x52534D42
"""'RSMB', the raw SMBIOS table."""
_MAX_TABLE_BYTES = 1 << 20
_IOCTL_STORAGE_QUERY_PROPERTY = 0x002D1400
_IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS = 0x00560000
"""Both are FILE_ANY_ACCESS, as :mod:`oneseat.client.platform.windows.device_io` requires."""
_STORAGE_DEVICE_PROPERTY_STANDARD_QUERY = bytes(12)
_MAX_RESPONSE_BYTES = 4096
_FIRST_DISK = slice(8, 12)
"""In VOLUME_DISK_EXTENTS: after a count and four bytes of padding the first extent begins with it."""

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.GetSystemFirmwareTable.argtypes = [wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD]
_kernel32.GetSystemFirmwareTable.restype = wintypes.UINT
_kernel32.GetVolumeInformationW.argtypes = [
    wintypes.LPCWSTR,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    wintypes.DWORD,
]


def read_sources() -> TraitSources:
    """Read all sources; those that cannot be read are empty or None."""
    return TraitSources(
        machine_guid=_read_or(_machine_guid, ""),
        smbios=_read_or(_smbios, Smbios()),
        disk_serial=_read_or(_disk_serial, ""),
        volume=_read_or(_volume_serial, None),
    )


def _read_or(read: Callable[[], _Value], otherwise: _Value) -> _Value:
    try:
        return read()
    except OSError:
        return otherwise


def _machine_guid() -> str:
    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, access) as key:
        value, _ = winreg.QueryValueEx(key, "MachineGuid")
    return str(value)


def _smbios() -> Smbios:
    needed = _kernel32.GetSystemFirmwareTable(_RSMB, 0, None, 0)
    if not 0 < needed <= _MAX_TABLE_BYTES:
        raise OSError(None, "no SMBIOS table")
    table = ctypes.create_string_buffer(needed)
    got = _kernel32.GetSystemFirmwareTable(_RSMB, 0, table, needed)
    return smbios.parse(table.raw[: min(got, needed)])


def _system_drive() -> str:
    """Drive of the Windows folder, such as ``C:``."""
    path = ctypes.create_unicode_buffer(260)
    if not _kernel32.GetSystemWindowsDirectoryW(path, len(path)):
        raise ctypes.WinError(ctypes.get_last_error())
    return path.value[:2]


def _volume_serial() -> Optional[int]:
    serial = wintypes.DWORD()
    root = f"{_system_drive()}\\"
    if not _kernel32.GetVolumeInformationW(root, None, 0, ctypes.byref(serial), None, None, None, 0):
        raise ctypes.WinError(ctypes.get_last_error())
    return serial.value


def _disk_serial() -> str:
    extents = device_io_control(
        rf"\\.\{_system_drive()}", _IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, b"", _MAX_RESPONSE_BYTES
    )
    number = int.from_bytes(extents[_FIRST_DISK], "little")
    disk = rf"\\.\PhysicalDrive{number}"
    query = _STORAGE_DEVICE_PROPERTY_STANDARD_QUERY
    return disk_serial(device_io_control(disk, _IOCTL_STORAGE_QUERY_PROPERTY, query, _MAX_RESPONSE_BYTES))
