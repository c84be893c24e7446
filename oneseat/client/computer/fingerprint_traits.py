"""The traits that identify a computer: a pure function from what Windows reports to trait values.

They are independent on purpose: a new mainboard changes the two of the firmware, a new disk changes disk and
volume, and a fresh Windows changes MachineGuid and volume. A factory placeholder is no trait: whole series of
computers share it.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Dict, Mapping, Optional

from oneseat.client.computer.smbios import Smbios

MACHINE_GUID, SYSTEM_UUID, BOARD_SERIAL = "machine-guid", "system-uuid", "board-serial"
SYSTEM_DISK, SYSTEM_VOLUME = "system-disk", "system-volume"
NAMES = (MACHINE_GUID, SYSTEM_UUID, BOARD_SERIAL, SYSTEM_DISK, SYSTEM_VOLUME)

_FACTORY_UUIDS = frozenset(
    (
        "03000200040005000006000700080009",
        "00020003000400050006000700080009",
        "12345678123456781234567812345678",
        "12345678123412341234123456789012",
    )
)
"""UUIDs shared by whole series of boards, as hexadecimal digits in the table's order or as printed."""
_FACTORY_TEXTS = frozenset(
    [
        "tobefilledbyoem",
        "defaultstring",
        "systemserialnumber",
        "baseboardserialnumber",
        "boardserialnumber",
        "chassisserialnumber",
        "serialnumber",
        "serial",
        "noserial",
        "notapplicable",
        "notavailable",
        "notspecified",
        "notset",
        "notprovided",
        "unspecified",
        "unknown",
        "undefined",
        "invalid",
        "none",
        "null",
        "empty",
        "test",
        "type2boardserialnumber",
        "mb1234567890",
        "123456789",
        "1234567890",
        "0123456789",
        "01234567890",
        "123456789abcdef",
        "0123456789abcdef",
        "123456789abcdefg",
        "abcdefgh",
        "abcdefghij",
    ]
)
"""Placeholders that makers leave instead of a serial; letters and digits only."""
_EMULATED_DISK = re.compile(r"qm[0-9]{5}")
"""QEMU numbers each machine's disks from QM00001: machines of one image would share three traits."""
_MIN_SERIAL = 4
"""Shorter values, leading zeros not counted, are counters or slot numbers, not serials."""
_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]+")
_DESCRIPTOR = struct.Struct("<II4B4I")
"""STORAGE_DEVICE_DESCRIPTOR up to SerialNumberOffset: version, size, four bytes, four offsets."""
_MAX_SERIAL_BYTES = 256
_NO_FIRMWARE = Smbios()


@dataclass(frozen=True)
class TraitSources:
    """Raw values from Windows and the firmware; None or empty where they give none.

    ``volume`` is the serial number that formatting gave the system volume (32 bits).
    """

    machine_guid: str = ""
    smbios: Smbios = _NO_FIRMWARE
    disk_serial: str = ""
    volume: Optional[int] = None


def compute_traits(sources: TraitSources) -> Mapping[str, bytes]:
    """Compute the traits by name, without placeholders."""
    serials = (_serial(board.serial) for board in sources.smbios.boards)
    board_serial = next((serial for serial in serials if serial), b"")
    values: Dict[str, bytes] = {
        MACHINE_GUID: _guid(sources.machine_guid),
        SYSTEM_UUID: _uuid(sources.smbios.uuid),
        BOARD_SERIAL: board_serial,
        SYSTEM_DISK: _serial(sources.disk_serial),
        SYSTEM_VOLUME: _volume(sources.volume),
    }
    return {name: value for name, value in values.items() if value}


def disk_serial(descriptor: bytes) -> str:
    """Parse the serial number in a ``STORAGE_DEVICE_DESCRIPTOR``; empty if there is none.

    Microsoft's page: an offset of 0 means none, as does -1 from some drivers; the text ends with a zero byte.
    """
    if len(descriptor) < _DESCRIPTOR.size:
        return ""
    at = _DESCRIPTOR.unpack_from(descriptor)[-1]
    if not _DESCRIPTOR.size <= at < len(descriptor):
        return ""
    text = descriptor[at : at + _MAX_SERIAL_BYTES].split(b"\0")[0].decode("latin-1")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _guid(text: str) -> bytes:
    plain = text.strip().lower()
    return b"" if _one_letter(_NOT_ALPHANUMERIC.sub("", plain)) else plain.encode()


def _uuid(raw: Optional[bytes]) -> bytes:
    """DSP0134, 7.2.1: all ones is "not set", all zeros "not present"."""
    if raw is None or len(set(raw)) <= 1:
        return b""
    printed = (raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]).hex()
    return b"" if _FACTORY_UUIDS & {raw.hex(), printed} else raw


def _serial(text: str) -> bytes:
    plain = " ".join(text.lower().split())
    bare = _NOT_ALPHANUMERIC.sub("", plain)
    if len(bare.lstrip("0")) < _MIN_SERIAL or _one_letter(bare) or bare in _FACTORY_TEXTS:
        return b""
    if _EMULATED_DISK.fullmatch(bare):
        return b""
    return plain.encode()


def _volume(number: Optional[int]) -> bytes:
    return b"" if number in (None, 0, 0xFFFFFFFF) else b"%08x" % number


def _one_letter(text: str) -> bool:
    """Whether the text is empty or repeats one letter: 00000000, FFFFFFFF, xxxxxxx."""
    return len(set(text)) <= 1
