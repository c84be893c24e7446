"""Software probe for Windows: processes, services, installed programs, virus scanners.

Sources: Microsoft's pages on CreateToolhelp32Snapshot, ProcessIdToSessionId, QueryFullProcessImageNameW
and the Uninstall registry key. Scanners register at the Security Center, which since Windows
10 lists them below an undocumented registry key; if that is missing, no scanner is listed.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import sys
from ctypes import wintypes
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List

from oneseat.client.health.probes import Installed, Program, SoftwareInventory
from oneseat.client.health.readings import is_own_folder, program_paths

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere


from oneseat.client.platform.windows import registry, services  # noqa: E402
from oneseat.client.platform.windows.registry import ACCOUNT, MACHINE, VIEW_32, VIEW_64  # noqa: E402
from oneseat.client.platform.windows.version_resource import original_name  # noqa: E402

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_TH32CS_SNAPPROCESS = 0x2
_QUERY_LIMITED_INFORMATION = 0x1000
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_VERSION = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
_NT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_VARIABLE = re.compile("%([^%]+)%")
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_SCANNERS = r"SOFTWARE\Microsoft\Security Center\Provider\Av"
_DEFENDER = "{d68ddc3a-831f-4fae-9e44-da132c1acf46}"
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


class WindowsSoftware:
    """Implements :class:`oneseat.client.health.probes.SoftwareProbe`."""

    def __init__(self) -> None:
        self._original_names: Dict[str, str] = {}

    def inventory(self) -> SoftwareInventory:
        """List processes, services, entries of Programs and Features, and registered scanners."""
        return replace(self.running(), installed=tuple(_installed()), scanners=tuple(_scanners()))

    def running(self) -> SoftwareInventory:
        """List processes and services; each program's file is read once for its original name."""
        own_session = _session(_kernel32.GetCurrentProcessId())
        programs = tuple(_programs(self._original_names))
        return SoftwareInventory(own_session, programs, tuple(services.services()), (), ())

    def service_file_exists(self, name: str) -> bool:
        """Whether the program of a service, or its library in a shared process, is on the disk."""
        try:
            own = registry.values(MACHINE, rf"{_SERVICES}\{name}")
            shared = registry.values(MACHINE, rf"{_SERVICES}\{name}\Parameters")
        except OSError:
            return False
        return _exists(registry.text(shared, "ServiceDll") or registry.text(own, "ImagePath"))


def _session(process: int) -> int:
    session = wintypes.DWORD()
    if not _kernel32.ProcessIdToSessionId(process, ctypes.byref(session)):
        return 0  # only the system's own processes do not say
    return session.value


def _programs(originals: Dict[str, str]) -> Iterator[Program]:
    snapshot = _kernel32.CreateToolhelp32Snapshot(_TH32CS_SNAPPROCESS, 0)
    if snapshot in (None, _INVALID_HANDLE):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        entry = _Entry(size=ctypes.sizeof(_Entry))
        more = _kernel32.Process32FirstW(snapshot, ctypes.byref(entry))
        while more:
            path = _path(entry.id)
            if path not in originals:
                originals[path] = original_name(path) if path else ""
            yield Program(str(entry.file_name), originals[path], _session(entry.id))
            more = _kernel32.Process32NextW(snapshot, ctypes.byref(entry))
    finally:
        _kernel32.CloseHandle(snapshot)


def _path(process: int) -> str:
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


def _installed() -> Iterator[Installed]:
    seen: List[Installed] = []
    for root, view in ((MACHINE, VIEW_64), (MACHINE, VIEW_32), (ACCOUNT, VIEW_64)):
        for key in registry.keys(root, _UNINSTALL, view):
            entry = registry.values(root, rf"{_UNINSTALL}\{key}", view)
            name = registry.text(entry, "DisplayName")
            installed = Installed(key, name, root == MACHINE and _is_removable(entry))
            if installed not in seen:
                seen.append(installed)
                yield installed


def _is_removable(entry: Dict[str, object]) -> bool:
    """Whether Windows lists an entry, and its uninstaller or its folder is on the disk."""
    if registry.number(entry, "SystemComponent"):
        return False
    folder = _expanded(registry.text(entry, "InstallLocation")).strip().strip('"')
    with contextlib.suppress(OSError):
        if is_own_folder(folder) and Path(folder).is_dir():
            return True
    return _exists(registry.text(entry, "UninstallString"))


def _exists(command: str) -> bool:
    for path in program_paths(_expanded(command), _variables()["systemroot"]):
        with contextlib.suppress(OSError):  # a folder that this account may not read
            if Path(path).is_file():
                return True
    return False


def _expanded(text: str) -> str:
    """Expand the variables that name Windows' own folders; others stay as they are.

    Their values come from the registry: the process's environment is whatever its parent says.
    """
    known = _variables()
    return _VARIABLE.sub(lambda match: known.get(match[1].lower(), match[0]), text)


@lru_cache(maxsize=1)
def _variables() -> Dict[str, str]:
    system = registry.text(registry.values(MACHINE, _NT_VERSION), "SystemRoot") or r"C:\Windows"
    version = registry.values(MACHINE, _VERSION)
    programs = registry.text(version, "ProgramFilesDir")
    folders = {
        "systemroot": system,
        "windir": system,
        "systemdrive": system[:2],
        "programfiles": programs,
        "programw6432": programs,
        "programfiles(x86)": registry.text(version, "ProgramFilesDir (x86)"),
    }
    return {name: folder for name, folder in folders.items() if folder}


def _scanners() -> Iterator[str]:
    for key in registry.keys(MACHINE, _SCANNERS):
        name = registry.text(registry.values(MACHINE, rf"{_SCANNERS}\{key}"), "DISPLAYNAME")
        if name and key.lower() != _DEFENDER:
            yield name
