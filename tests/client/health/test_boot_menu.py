"""Which entries of a boot menu are systems."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.health.boot_menu import BootEntry, boot_systems

LOADER, OLD_LOADER, BOOT_SECTOR, MEMORY_TESTER = 0x10200003, 0x10300006, 0x10400008, 0x10200005
HERE, THERE, GONE = (uuid.UUID(int=number << 64 | 7).bytes_le for number in (1, 2, 3))
LAYOUTS = (bytes(80) + HERE + bytes(128) + THERE,)


def entry(name: str, partition: bytes = HERE, kind: int = LOADER, **more: Any) -> BootEntry:
    return BootEntry(name, kind, bytes(32) + partition + bytes(24), r"\Windows", **more)


OWN = entry("Windows 10")


def test_two_systems_on_two_partitions_are_two() -> None:
    assert boot_systems([OWN, entry("Windows 7", THERE)], LAYOUTS) == ("Windows 10", "Windows 7")
    assert boot_systems([OWN, entry("XP", THERE, OLD_LOADER)], LAYOUTS) == ("Windows 10", "XP")


def test_recovery_safe_mode_and_tools_are_no_systems() -> None:
    others = [
        entry("一键GHOST", kind=BOOT_SECTOR),
        entry("安全模式", safe_mode=True),
        entry("Windows Recovery", THERE, preinstalled=True),
        entry("Memory", kind=MEMORY_TESTER),
        entry("?", kind=0),
    ]
    assert boot_systems([OWN, *others], LAYOUTS) == ("Windows 10",)


def test_an_entry_whose_partition_is_gone_is_no_system() -> None:
    assert boot_systems([OWN, entry("Windows 7", GONE)], LAYOUTS) == ("Windows 10",)


def test_a_second_entry_for_the_same_folder_is_no_second_system() -> None:
    assert boot_systems([OWN, entry("Windows 10 (2)")], LAYOUTS) == ("Windows 10",)


def test_where_no_partition_can_be_recognised_every_system_counts() -> None:
    assert boot_systems([OWN, entry("Windows 7", THERE)], ()) == ("Windows 10", "Windows 7")
    assert boot_systems([BootEntry("a", LOADER), BootEntry("b", LOADER)], LAYOUTS) == ("a", "b")


KINDS = st.sampled_from((LOADER, BOOT_SECTOR))
ENTRIES = st.builds(BootEntry, st.text(), KINDS, st.binary(), st.text(), st.booleans(), st.booleans())


@given(st.lists(ENTRIES), st.lists(st.binary()))
def test_any_boot_menu_can_be_counted(entries: Any, layouts: Any) -> None:
    assert len(boot_systems(entries, layouts)) <= len(entries)
