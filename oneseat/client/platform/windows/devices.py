"""Device probe for Windows: lists cameras and microphones, and reads privacy settings.

Sources: Microsoft's pages on SetupDiGetClassDevsW and KSCATEGORY_VIDEO_CAMERA. Consent is read where the
Settings app stores it. Before Windows 10 there is none, so nothing is denied.
"""

from __future__ import annotations

import ctypes
import sys
import uuid
from ctypes import wintypes
from typing import Iterator, List, Optional, Sequence

from oneseat.client.health.probes import Frame, Level

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows import (  # noqa: E402
    camera,
    microphone,
    registry,
)
from oneseat.client.platform.windows.registry import ACCOUNT, MACHINE  # noqa: E402

_setupapi = ctypes.WinDLL("setupapi", use_last_error=True)

_VIDEO_CAMERAS = uuid.UUID("e5323777-f976-4f5b-9b55-b94699c46e44")
_VIDEO_DEVICES = uuid.UUID("6994ad05-93ef-11d0-a3cc-00a0c9223196")
"""KSCATEGORY_VIDEO_CAMERA, and KSCATEGORY_VIDEO for older drivers."""
_PRESENT_INTERFACES = 0x02 | 0x10
_FRIENDLY_NAME, _DESCRIPTION = 0x0C, 0x00
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_NAME_BYTES = 512
_MAX_DEVICES = 32
_CONSENT = r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore"
_DENY = "deny"


class _DeviceInfo(ctypes.Structure):
    """SP_DEVINFO_DATA."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("kind", ctypes.c_byte * 16),
        ("instance", wintypes.DWORD),
        ("reserved", ctypes.c_size_t),
    )


_setupapi.SetupDiGetClassDevsW.restype = ctypes.c_void_p
_setupapi.SetupDiGetClassDevsW.argtypes = [
    ctypes.c_char_p,
    wintypes.LPCWSTR,
    ctypes.c_void_p,
    wintypes.DWORD,
]
_setupapi.SetupDiEnumDeviceInfo.argtypes = [ctypes.c_void_p, wintypes.DWORD, ctypes.POINTER(_DeviceInfo)]
_setupapi.SetupDiDestroyDeviceInfoList.argtypes = [ctypes.c_void_p]
_setupapi.SetupDiGetDeviceRegistryPropertyW.argtypes = [
    ctypes.c_void_p,
    ctypes.POINTER(_DeviceInfo),
    wintypes.DWORD,
    ctypes.c_void_p,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.c_void_p,
]


class WindowsDevices:
    """Implements :class:`oneseat.client.health.probes.DeviceProbe`."""

    def cameras(self) -> Sequence[str]:
        """List present devices of the camera category, or else of the video category."""
        return _present(_VIDEO_CAMERAS) or _present(_VIDEO_DEVICES)

    def frame(self) -> Frame:
        """See :func:`oneseat.client.platform.windows.camera.frame`."""
        return camera.frame()

    def microphones(self) -> Sequence[str]:
        """See :func:`oneseat.client.platform.windows.microphone.names`."""
        return microphone.names()

    def level(self) -> Level:
        """See :func:`oneseat.client.platform.windows.microphone.level`."""
        return microphone.level()

    def denied(self, capability: str) -> Optional[str]:
        """Read the consent store for computer, account, and programs not from the Microsoft Store."""
        places = (
            ("machine", MACHINE, ""),
            ("account", ACCOUNT, ""),
            ("desktop apps", ACCOUNT, r"\NonPackaged"),
        )
        for name, root, below in places:
            consent = registry.values(root, rf"{_CONSENT}\{capability}{below}")
            if registry.text(consent, "Value").lower() == _DENY:
                return name
        return None


def _present(kind: uuid.UUID) -> List[str]:
    device_list = _setupapi.SetupDiGetClassDevsW(kind.bytes_le, None, None, _PRESENT_INTERFACES)
    if device_list in (None, _INVALID_HANDLE):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        return list(_names(device_list))
    finally:
        _setupapi.SetupDiDestroyDeviceInfoList(device_list)


def _names(device_list: int) -> Iterator[str]:
    for number in range(_MAX_DEVICES):
        info = _DeviceInfo(size=ctypes.sizeof(_DeviceInfo))
        if not _setupapi.SetupDiEnumDeviceInfo(device_list, number, ctypes.byref(info)):
            return
        yield (
            _text(device_list, info, _FRIENDLY_NAME)
            or _text(device_list, info, _DESCRIPTION)
            or f"#{number + 1}"
        )


def _text(device_list: int, info: _DeviceInfo, which: int) -> str:
    buffer = ctypes.create_unicode_buffer(_NAME_BYTES // 2)
    succeeded = _setupapi.SetupDiGetDeviceRegistryPropertyW(
        device_list, ctypes.byref(info), which, None, buffer, _NAME_BYTES, None
    )
    return buffer.value if succeeded else ""
