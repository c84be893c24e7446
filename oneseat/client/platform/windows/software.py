"""Software probe for Windows: processes, services, installed programs, virus scanners.

Sources: Microsoft's page on the Uninstall registry key. Scanners register at the Security Center, which since
Windows 10 lists them below an undocumented registry key; if that is missing, no scanner is listed.
"""

from __future__ import annotations

import contextlib
import re
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List

from oneseat.client.health.probes import Installed, Program, SoftwareInventory
from oneseat.client.health.readings import is_own_folder, program_paths

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere


from oneseat.client.platform.windows import processes, registry, services  # noqa: E402
from oneseat.client.platform.windows.registry import ACCOUNT, MACHINE, VIEW_32, VIEW_64  # noqa: E402
from oneseat.client.platform.windows.version_resource import original_name  # noqa: E402

_UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_VERSION = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
_NT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_VARIABLE = re.compile("%([^%]+)%")
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_SCANNERS = r"SOFTWARE\Microsoft\Security Center\Provider\Av"
_DEFENDER = "{d68ddc3a-831f-4fae-9e44-da132c1acf46}"


class WindowsSoftware:
    """Implements :class:`oneseat.client.health.probes.SoftwareProbe`."""

    def __init__(self) -> None:
        self._original_names: Dict[str, str] = {}

    def inventory(self) -> SoftwareInventory:
        """List processes, services, entries of Programs and Features, and registered scanners."""
        return replace(self.running(), installed=tuple(_installed()), scanners=tuple(_scanners()))

    def running(self) -> SoftwareInventory:
        """List processes and services; each program's file is read once for its original name."""
        programs = tuple(_programs(self._original_names))
        return SoftwareInventory(processes.own_session(), programs, tuple(services.services()), (), ())

    def service_file_exists(self, name: str) -> bool:
        """Whether the program of a service, or its library in a shared process, is on the disk."""
        try:
            own = registry.values(MACHINE, rf"{_SERVICES}\{name}")
            shared = registry.values(MACHINE, rf"{_SERVICES}\{name}\Parameters")
        except OSError:
            return False
        return _exists(registry.text(shared, "ServiceDll") or registry.text(own, "ImagePath"))


def _programs(originals: Dict[str, str]) -> Iterator[Program]:
    for process, file_name in processes.processes():
        path = processes.path_of(process)
        if path not in originals:
            originals[path] = original_name(path) if path else ""
        yield Program(file_name, originals[path], processes.session_of(process))


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
