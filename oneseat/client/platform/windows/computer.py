"""Windows implementation of the Computer protocol: DPAPI and known folders.

Folders are the shell's known folders, and traits come from Windows and the firmware. Environment variables
are not used, since the parent process can set them.

Sources: Microsoft's pages on CryptProtectData and SHGetKnownFolderPath. All functions exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from functools import lru_cache
from pathlib import Path
from typing import Callable, Mapping, Sequence

from oneseat.client.computer.fingerprint_traits import compute_traits
from oneseat.client.computer.protocol import NotUnwrapped

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows import registry, single_window  # noqa: E402
from oneseat.client.platform.windows.shared_folder import make_shared_folder  # noqa: E402
from oneseat.client.platform.windows.traits import read_sources  # noqa: E402

_FOLDER_NAME = "OneSeat"
_PROGRAM_DATA = "{62AB5D82-FDC1-4DC3-A9DD-070D1D495D97}"
_LOCAL_APP_DATA = "{F1B32785-6FBA-4FCF-9D55-7B8E7F157091}"

_PROFILES = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"

_CRYPTPROTECT_UI_FORBIDDEN = 0x1
_CRYPTPROTECT_LOCAL_MACHINE = 0x4


_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
_shell32 = ctypes.WinDLL("shell32")
_ole32 = ctypes.WinDLL("ole32")
_user32 = ctypes.WinDLL("user32", use_last_error=True)


class _Blob(ctypes.Structure):
    """DATA_BLOB."""

    _fields_ = (("size", wintypes.DWORD), ("data", ctypes.POINTER(ctypes.c_char)))

    @classmethod
    def of(cls, data: bytes) -> _Blob:
        buffer = ctypes.create_string_buffer(data, len(data))
        return cls(len(data), ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char)))

    def take(self) -> bytes:
        """Copy the bytes that the system allocated, and free them."""
        try:
            return ctypes.string_at(self.data, self.size)
        finally:
            _kernel32.LocalFree(self.data)


_kernel32.LocalFree.argtypes = [ctypes.c_void_p]
for _function in (_crypt32.CryptProtectData, _crypt32.CryptUnprotectData):
    _function.argtypes = [
        ctypes.POINTER(_Blob),
        ctypes.c_void_p,
        ctypes.POINTER(_Blob),
        ctypes.c_void_p,
        ctypes.c_void_p,
        wintypes.DWORD,
        ctypes.POINTER(_Blob),
    ]


def _last_error() -> OSError:
    return ctypes.WinError(ctypes.get_last_error())


def _dpapi(function: Callable[..., int], data: bytes, entropy: bytes, flags: int) -> bytes:
    out = _Blob()
    source, extra = _Blob.of(data), _Blob.of(entropy)
    if not function(ctypes.byref(source), None, ctypes.byref(extra), None, None, flags, ctypes.byref(out)):
        raise _last_error()
    return out.take()


@lru_cache(maxsize=None)
def known_folder(identifier: str) -> Path:
    """Look up the shell's known folder of a GUID.

    Raises:
        OSError: the folder does not exist.
    """
    guid = (ctypes.c_byte * 16)()
    path = wintypes.LPWSTR()
    _ole32.CLSIDFromString(ctypes.c_wchar_p(identifier), ctypes.byref(guid))
    status = _shell32.SHGetKnownFolderPath(ctypes.byref(guid), 0, None, ctypes.byref(path))
    try:
        if status != 0 or not path.value:
            raise OSError(None, f"known folder, {status & 0xFFFFFFFF:#010x}")
        return Path(path.value)
    finally:
        _ole32.CoTaskMemFree(path)


class WindowsComputer:
    """Implements :class:`oneseat.client.computer.protocol.Computer`."""

    def wrap(self, secret: bytes, entropy: bytes) -> bytes:
        """Encrypt by DPAPI in machine scope, since the enrolling account may not be the candidate's."""
        flags = _CRYPTPROTECT_UI_FORBIDDEN | _CRYPTPROTECT_LOCAL_MACHINE
        return _dpapi(_crypt32.CryptProtectData, secret, entropy, flags)

    def unwrap(self, blob: bytes, entropy: bytes) -> bytes:
        """Decrypt by DPAPI."""
        try:
            return _dpapi(_crypt32.CryptUnprotectData, blob, entropy, _CRYPTPROTECT_UI_FORBIDDEN)
        except OSError:
            raise NotUnwrapped from None

    def traits(self) -> Mapping[str, bytes]:
        """Traits from MachineGuid, firmware, disk and volume, without placeholders."""
        return compute_traits(read_sources())

    def shared_folder(self) -> Path:
        """OneSeat's folder under ProgramData."""
        return known_folder(_PROGRAM_DATA) / _FOLDER_NAME

    def hold_window(self, program: Path) -> bool:
        """See :func:`oneseat.client.platform.windows.single_window.hold_window`."""
        return single_window.hold_window(program)

    def show_window(self, titles: Sequence[str]) -> bool:
        """See :func:`oneseat.client.platform.windows.single_window.show_window`."""
        return single_window.show_window(titles)

    def own_folder(self) -> Path:
        """OneSeat's folder under this account's AppData, the part that does not roam."""
        return known_folder(_LOCAL_APP_DATA) / _FOLDER_NAME

    def own_folders(self) -> Sequence[Path]:
        """List the account's folder, and those in the usual place of the accounts that Windows lists."""
        places = [
            registry.text(registry.values(registry.MACHINE, rf"{_PROFILES}\{name}"), "ProfileImagePath")
            for name in registry.keys(registry.MACHINE, _PROFILES)
        ]
        others = [Path(place) / "AppData" / "Local" / _FOLDER_NAME for place in places if place]
        return tuple(dict.fromkeys((self.own_folder(), *others)))

    def make_shared_folder(self, path: Path) -> None:
        """Create the folder with its access list, or take over one that administrators own."""
        make_shared_folder(path)
