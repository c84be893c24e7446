"""Creates the shared state folders with an access list of their own; sets folders of other accounts aside.

Any account may create folders under ProgramData. Files and folders in one that was made before the first
installation keep their owner, who can later point them elsewhere. So such a folder is renamed, with all it
holds, and a new one is made.

Sources: Microsoft's pages on "Security Descriptor String Format", CreateDirectoryW, GetFileSecurityW,
SetFileSecurityW and IsWellKnownSid. All functions exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes
from pathlib import Path

from oneseat.client.computer.protocol import FolderNotOurs

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_SHARED_SDDL = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
"""Owner: administrators. Protected and inherited: full access for system and administrators, users read."""

_ATTEMPTS = 3
_MOST_SET_ASIDE = 100
_SDDL_REVISION_1 = 1
_OWNER = 0x1
_OWNER_AND_DACL = 0x1 | 0x4
_PROTECTED_DACL = 0x80000000
_FILE_ATTRIBUTE_DIRECTORY = 0x10
_FILE_ATTRIBUTE_REPARSE_POINT = 0x400
_INVALID_FILE_ATTRIBUTES = 0xFFFFFFFF
_ERROR_ALREADY_EXISTS = 183
_ERROR_DIRECTORY = 267
_TOKEN_QUERY = 0x8
_TOKEN_USER = 1
_WIN_LOCAL_SYSTEM_SID = 22
_WIN_BUILTIN_ADMINISTRATORS_SID = 26

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)


class _SecurityAttributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES."""

    _fields_ = (
        ("length", wintypes.DWORD),
        ("descriptor", wintypes.LPVOID),
        ("inherit_handle", wintypes.BOOL),
    )


_kernel32.LocalFree.argtypes = [ctypes.c_void_p]
_kernel32.CreateDirectoryW.argtypes = [wintypes.LPCWSTR, ctypes.POINTER(_SecurityAttributes)]
_kernel32.GetFileAttributesW.argtypes = [wintypes.LPCWSTR]
_kernel32.GetFileAttributesW.restype = wintypes.DWORD
_kernel32.GetCurrentProcess.restype = wintypes.HANDLE
_kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
_advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = [
    wintypes.LPCWSTR,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.LPVOID),
    ctypes.c_void_p,
]
_advapi32.SetFileSecurityW.argtypes = [wintypes.LPCWSTR, wintypes.DWORD, wintypes.LPVOID]
_advapi32.GetFileSecurityW.argtypes = [
    wintypes.LPCWSTR,
    wintypes.DWORD,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
]
_advapi32.GetSecurityDescriptorOwner.argtypes = [
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(wintypes.BOOL),
]
_advapi32.IsWellKnownSid.argtypes = [ctypes.c_void_p, ctypes.c_int]
_advapi32.EqualSid.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
_advapi32.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE)]
_advapi32.GetTokenInformation.argtypes = [
    wintypes.HANDLE,
    ctypes.c_int,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
]


class _Descriptor:
    """Security descriptor of shared folders, freed at the end of a with block."""

    def __enter__(self) -> wintypes.LPVOID:
        self._descriptor = wintypes.LPVOID()
        if not _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            _SHARED_SDDL, _SDDL_REVISION_1, ctypes.byref(self._descriptor), None
        ):
            raise _last_error()
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        _kernel32.LocalFree(self._descriptor)


def make_shared_folder(path: Path) -> None:
    """Create the folder with its access list in one call, or set owner and list of one that is ours.

    Raises:
        FolderNotOurs: there is a link, or a folder of another account that cannot be renamed.
        OSError: a system call failed, or there is a file.
    """
    with _Descriptor() as descriptor:
        attributes = _SecurityAttributes(ctypes.sizeof(_SecurityAttributes), descriptor, False)
        for _ in range(_ATTEMPTS):
            if _kernel32.CreateDirectoryW(str(path), ctypes.byref(attributes)):
                return
            if ctypes.get_last_error() != _ERROR_ALREADY_EXISTS:
                raise _last_error()
            _require_folder(path)
            if is_owned_by_administrators(path):
                if not _advapi32.SetFileSecurityW(str(path), _OWNER_AND_DACL | _PROTECTED_DACL, descriptor):
                    raise _last_error()
                return
            _set_aside(path)
    raise FolderNotOurs(_ERROR_ALREADY_EXISTS, "made again and again")


def _require_folder(path: Path) -> None:
    existing = _kernel32.GetFileAttributesW(str(path))
    if existing == _INVALID_FILE_ATTRIBUTES:
        raise _last_error()
    if existing & _FILE_ATTRIBUTE_REPARSE_POINT:
        raise FolderNotOurs(_ERROR_DIRECTORY, "a link")
    if not existing & _FILE_ATTRIBUTE_DIRECTORY:
        raise ctypes.WinError(_ERROR_DIRECTORY)


def is_owned_by_administrators(path: Path) -> bool:
    """Whether administrators, the system, or the account that runs this, which is elevated, own a folder.

    Raises:
        OSError: a system call failed.
    """
    size = wintypes.DWORD()
    _advapi32.GetFileSecurityW(str(path), _OWNER, None, 0, ctypes.byref(size))
    descriptor = ctypes.create_string_buffer(max(size.value, 1))
    if not _advapi32.GetFileSecurityW(str(path), _OWNER, descriptor, len(descriptor), ctypes.byref(size)):
        raise _last_error()
    owner, defaulted = ctypes.c_void_p(), wintypes.BOOL()
    if not _advapi32.GetSecurityDescriptorOwner(descriptor, ctypes.byref(owner), ctypes.byref(defaulted)):
        raise _last_error()
    if not owner:
        return False
    known = (_WIN_BUILTIN_ADMINISTRATORS_SID, _WIN_LOCAL_SYSTEM_SID)
    return any(_advapi32.IsWellKnownSid(owner, kind) for kind in known) or _is_own_account(owner)


def _is_own_account(sid: ctypes.c_void_p) -> bool:
    token, size = wintypes.HANDLE(), wintypes.DWORD()
    if not _advapi32.OpenProcessToken(_kernel32.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token)):
        raise _last_error()
    try:
        _advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        user = ctypes.create_string_buffer(max(size.value, ctypes.sizeof(ctypes.c_void_p)))
        if not _advapi32.GetTokenInformation(token, _TOKEN_USER, user, len(user), ctypes.byref(size)):
            raise _last_error()
        # TOKEN_USER begins with a pointer to the SID.
        return bool(_advapi32.EqualSid(ctypes.c_void_p.from_buffer(user), sid))
    finally:
        _kernel32.CloseHandle(token)


def _set_aside(path: Path) -> None:
    for number in range(1, _MOST_SET_ASIDE):
        aside = path.with_name(f"{path.name}.set-aside-{number}")
        try:
            path.rename(aside)
        except FileExistsError:
            continue
        except OSError:
            break
        return
    raise FolderNotOurs(_ERROR_ALREADY_EXISTS, "another account's")


def _last_error() -> OSError:
    return ctypes.WinError(ctypes.get_last_error())
