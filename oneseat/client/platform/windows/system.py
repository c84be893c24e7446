"""System probe for Windows: version, memory, disks, boot menu, firmware, updates.

Sources: Microsoft's pages on RtlGetVersion, GlobalMemoryStatusEx, GetPhysicallyInstalledSystemMemory,
GetDiskFreeSpaceExW, IOCTL_DISK_GET_DRIVE_LAYOUT_EX and the BCD store's WMI classes. All functions exist
on Windows 7; NtQuerySystemInformation answers about hypervisors since Windows 8.1 only.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from ctypes import wintypes
from pathlib import Path
from typing import Dict, Iterator, Optional, Tuple

from oneseat.client.health.boot_menu import BootEntry, boot_systems
from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Boot, Hardware, Memory, Updates, WindowsVersion
from oneseat.client.health.readings import foreign_partitions, pause_end
from signing.text import Text

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

import winreg  # noqa: E402

from oneseat.client.platform.windows import registry, services  # noqa: E402
from oneseat.client.platform.windows.device_io import device_io_control  # noqa: E402
from oneseat.client.platform.windows.registry import MACHINE  # noqa: E402

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_ntdll = ctypes.WinDLL("ntdll")

_64_BIT_ARCHITECTURES = frozenset((9, 12))
"""PROCESSOR_ARCHITECTURE_AMD64 and _ARM64."""
_VER_NT_WORKSTATION = 1
_SYSTEM_HYPERVISOR_DETAIL = 159
_IOCTL_DISK_GET_DRIVE_LAYOUT_EX = 0x00070050
"""FILE_ANY_ACCESS: a handle without access rights is enough, so no elevation is needed."""
_MAX_DISKS = 16
_LAYOUT_BYTES = 48 + 144 * 128
_DRIVE_FIXED = 3
_SYSTEM_VOLUME = "C:\\"

_BIOS = r"HARDWARE\DESCRIPTION\System\BIOS"
_FIRMWARE = (
    "SystemManufacturer",
    "SystemProductName",
    "SystemFamily",
    "BaseBoardManufacturer",
    "BaseBoardProduct",
    "BIOSVendor",
    "BIOSVersion",
)
_BCD = r"BCD00000000\Objects"
_BOOT_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
_DISPLAY_ORDER, _DESCRIPTION, _DEVICE, _SYSTEM_ROOT = "24000001", "12000004", "11000001", "22000002"
_SAFE_BOOT, _WINPE = "25000080", "26000022"
_UPDATE_POLICY = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU"
_UPDATE_SETTING = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update"
_UPDATE_PAUSE = r"SOFTWARE\Microsoft\WindowsUpdate\UX\Settings"
_RESTART_KEYS = (
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
)
_SESSION_MANAGER = r"SYSTEM\CurrentControlSet\Control\Session Manager"
_UPDATE_SERVICE = r"SYSTEM\CurrentControlSet\Services\wuauserv"


class _VersionInfo(ctypes.Structure):
    """OSVERSIONINFOEXW."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("major", wintypes.DWORD),
        ("minor", wintypes.DWORD),
        ("build", wintypes.DWORD),
        ("platform", wintypes.DWORD),
        ("service_pack_name", wintypes.WCHAR * 128),
        ("service_pack", wintypes.WORD),
        ("service_pack_minor", wintypes.WORD),
        ("suites", wintypes.WORD),
        ("product_type", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
    )


class _SystemInfo(ctypes.Structure):
    """SYSTEM_INFO; only the first member is used."""

    _fields_ = (("architecture", wintypes.WORD), ("rest", ctypes.c_byte * 126))


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("load_percent", wintypes.DWORD),
        ("total", ctypes.c_uint64),
        ("available", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    )


class WindowsSystem:
    """Implements :class:`oneseat.client.health.probes.SystemProbe`."""

    def version(self) -> WindowsVersion:
        """Read the version by RtlGetVersion, and the processor that Windows was built for."""
        info = _VersionInfo(size=ctypes.sizeof(_VersionInfo))
        status = _ntdll.RtlGetVersion(ctypes.byref(info))
        if status != 0:
            raise OSError(None, f"RtlGetVersion {status & 0xFFFFFFFF:#010x}")
        system = _SystemInfo()
        _kernel32.GetNativeSystemInfo(ctypes.byref(system))
        return WindowsVersion(
            info.major,
            info.minor,
            info.build,
            info.service_pack,
            is_64bit=system.architecture in _64_BIT_ARCHITECTURES,
            is_server=info.product_type != _VER_NT_WORKSTATION,
        )

    def memory(self) -> Memory:
        """Read usable memory, and the installed memory that firmware reports."""
        status = _MemoryStatus(size=ctypes.sizeof(_MemoryStatus))
        if not _kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            raise ctypes.WinError(ctypes.get_last_error())
        return Memory(_installed_bytes(), status.total, status.available)

    def free_on_c(self) -> int:
        """Read the free space, with quotas respected."""
        free = ctypes.c_uint64()
        if not _kernel32.GetDiskFreeSpaceExW(_SYSTEM_VOLUME, ctypes.byref(free), None, None):
            raise ctypes.WinError(ctypes.get_last_error())
        return free.value

    def boot(self) -> Boot:
        """Read the boot menu if permitted, partitions, and other Windows installations."""
        layouts = tuple(_layouts())
        kinds = dict.fromkeys(kind for layout in layouts for kind in foreign_partitions(layout))
        maker = registry.text(registry.values(MACHINE, _BIOS), "SystemManufacturer")
        menu = _boot_menu()
        systems = None if menu is None else boot_systems(menu, layouts)
        return Boot(systems, tuple(kinds), tuple(_other_windows()), maker)

    def hardware(self) -> Hardware:
        """Read firmware texts from the registry, the hypervisor, and running services and drivers."""
        bios = registry.values(MACHINE, _BIOS)
        firmware: Dict[str, str] = {name: registry.text(bios, name) for name in _FIRMWARE}
        running = tuple(service.name for service in services.services() if service.running)
        return Hardware({name: text for name, text in firmware.items() if text}, _hypervisor(), running)

    def updates(self) -> Updates:
        """Read policies, settings and the service of Windows Update."""
        policy = registry.values(MACHINE, _UPDATE_POLICY)
        paused = registry.text(registry.values(MACHINE, _UPDATE_PAUSE), "PauseUpdatesExpiryTime")
        service = registry.number(registry.values(MACHINE, _UPDATE_SERVICE), "Start")
        if service is None:
            raise Unanswered(
                Text("there is no update service", "没有 Windows Update 服务"),
            )
        return Updates(
            registry.number(policy, "NoAutoUpdate"),
            registry.number(policy, "AUOptions"),
            registry.number(registry.values(MACHINE, _UPDATE_SETTING), "AUOptions"),
            service,
            pause_end(paused),
        )

    def awaits_restart(self) -> bool:
        """Look for the keys that updates leave, and for files to be replaced at the next start."""
        renames = registry.values(MACHINE, _SESSION_MANAGER).get("PendingFileRenameOperations")
        return bool(renames) or any(_key_exists(path) for path in _RESTART_KEYS)


def _key_exists(path: str) -> bool:
    try:
        with winreg.OpenKey(MACHINE, path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY):
            return True
    except FileNotFoundError:
        return False


def _installed_bytes() -> Optional[int]:
    kib = ctypes.c_uint64()
    if not _kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kib)):
        return None
    return kib.value * 1024


def _hypervisor() -> Optional[str]:
    """Signature in SYSTEM_HYPERVISOR_DETAIL_INFORMATION: twelve characters after the highest leaf."""
    detail = ctypes.create_string_buffer(112)
    length = wintypes.ULONG()
    status = _ntdll.NtQuerySystemInformation(
        _SYSTEM_HYPERVISOR_DETAIL, detail, ctypes.sizeof(detail), ctypes.byref(length)
    )
    if status != 0:
        return None
    return detail.raw[4:16].decode("latin-1").strip("\0 ") or None


def _layouts() -> Iterator[bytes]:
    """Partition tables of the disks present."""
    for number in range(_MAX_DISKS):
        with contextlib.suppress(OSError):
            yield device_io_control(
                rf"\\.\PhysicalDrive{number}", _IOCTL_DISK_GET_DRIVE_LAYOUT_EX, b"", _LAYOUT_BYTES
            )


def _boot_menu() -> Optional[Tuple[BootEntry, ...]]:
    """Entries in the boot manager's display order; None if this account may not read the store."""
    try:
        order = registry.values(MACHINE, rf"{_BCD}\{_BOOT_MANAGER}\Elements\{_DISPLAY_ORDER}").get("Element")
        if not isinstance(order, list):
            return None
        return tuple(_boot_entry(str(entry)) for entry in order)
    except PermissionError:
        return None


def _boot_entry(entry: str) -> BootEntry:
    device = _boot_element(entry, _DEVICE).get("Element")
    return BootEntry(
        registry.text(_boot_element(entry, _DESCRIPTION), "Element") or entry,
        registry.number(registry.values(MACHINE, rf"{_BCD}\{entry}\Description"), "Type") or 0,
        device if isinstance(device, bytes) else b"",
        registry.text(_boot_element(entry, _SYSTEM_ROOT), "Element"),
        safe_mode="Element" in _boot_element(entry, _SAFE_BOOT),
        preinstalled=_boot_element(entry, _WINPE).get("Element") == b"\1",
    )


def _boot_element(entry: str, element: str) -> Dict[str, object]:
    return registry.values(MACHINE, rf"{_BCD}\{entry}\Elements\{element}")


def _other_windows() -> Iterator[str]:
    """Fixed drives with a Windows other than the running one."""
    own = ctypes.create_unicode_buffer(260)
    _kernel32.GetSystemWindowsDirectoryW(own, len(own))
    drives = _kernel32.GetLogicalDrives()
    for position in range(26):
        letter = chr(ord("A") + position)
        if not drives >> position & 1 or letter == own.value[:1].upper():
            continue
        if _kernel32.GetDriveTypeW(f"{letter}:\\") != _DRIVE_FIXED:
            continue
        with contextlib.suppress(OSError):
            if Path(rf"{letter}:\Windows\System32\ntoskrnl.exe").exists():
                yield f"{letter}:"
