"""Counts the systems in Windows' boot menu: recovery, safe mode, boot sectors and dead entries are none.

Sources: Microsoft's BCD reference ("BCD object types", "BcdOSLoaderElementTypes"). The layout of a device
element is not documented. So an entry counts as dead only where the same reading finds another one alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Sequence, Tuple

_SYSTEM_KINDS = frozenset((0x10200003, 0x10300006))
"""Object types of applications that load a system: Windows' boot loader, and the one before Vista."""
_PARTITION_AT, _PARTITION_BYTES = 32, 16
"""In a device element, after 16 bytes of options and a header of 16: the partition's GUID, or its offset."""


@dataclass(frozen=True)
class BootEntry:
    """An entry of the boot menu: displayed name, object type, and elements.

    ``device`` and ``root`` are the partition (as stored) and the folder of its system. ``safe_mode`` and
    ``preinstalled`` are set for copies of a system in safe mode, and for recovery (WinPE).
    """

    name: str
    kind: int
    device: bytes = b""
    root: str = ""
    safe_mode: bool = False
    preinstalled: bool = False


def boot_systems(entries: Sequence[BootEntry], layouts: Sequence[bytes]) -> Tuple[str, ...]:
    """Names of the systems in the menu. ``layouts`` are the partition tables of the disks present.

    Of several entries for the same folder on the same partition the first counts.
    """
    candidates = [
        entry
        for entry in entries
        if entry.kind in _SYSTEM_KINDS and not entry.safe_mode and not entry.preinstalled
    ]
    alive = [entry for entry in candidates if _is_on_a_disk(entry, layouts)]
    seen: List[Tuple[bytes, str]] = []
    names: List[str] = []
    for entry in alive or candidates:
        place = (entry.device, entry.root.casefold())
        if not entry.device or place not in seen:
            seen.append(place)
            names.append(entry.name)
    return tuple(names)


def _is_on_a_disk(entry: BootEntry, layouts: Sequence[bytes]) -> bool:
    """Whether an entry's partition is in one of the partition tables; true for an entry without a device."""
    if not entry.device:
        return True
    partition = entry.device[_PARTITION_AT : _PARTITION_AT + _PARTITION_BYTES].rstrip(b"\0")
    return bool(partition) and any(partition in layout for layout in layouts)
