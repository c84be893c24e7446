"""Parses the SMBIOS table of the firmware: maker, model, serials, UUID.

The input is Microsoft's ``RawSMBIOSData`` as ``GetSystemFirmwareTable('RSMB', 0)`` returns it: a header of
eight bytes, then the structures of DMTF DSP0134, 7.1 to 7.3. The table is untrusted: malformed parts count as
absent, and nothing raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, NamedTuple, Optional, Tuple

_HEADER_BYTES = 8
_LENGTH_AT = 4
_BIOS, _SYSTEM, _BOARD, _END = 0, 1, 2, 127
_UUID = slice(8, 24)
_MAX_STRUCTURES = 4096
_MAX_TEXT = 256


class Structure(NamedTuple):
    """One structure: its kind, its formatted bytes (the four of its header included), its strings."""

    kind: int
    formatted: bytes
    strings: Tuple[bytes, ...]

    def text(self, at: int) -> str:
        """The string whose number is at an offset; empty if there is none (DSP0134, 6.1.3)."""
        number = self.formatted[at] if at < len(self.formatted) else 0
        if not 0 < number <= len(self.strings):
            return ""
        words = self.strings[number - 1][:_MAX_TEXT].decode("latin-1")
        return "".join(letter for letter in words if letter.isprintable()).strip()


@dataclass(frozen=True)
class Board:
    """One baseboard (type 2)."""

    manufacturer: str = ""
    product: str = ""
    serial: str = ""


@dataclass(frozen=True)
class Smbios:
    """Values of the table; a missing text is empty, a missing ``uuid`` None.

    ``uuid`` is the 16 bytes in the table's order, placeholders included.
    """

    bios_vendor: str = ""
    bios_version: str = ""
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    uuid: Optional[bytes] = None
    boards: Tuple[Board, ...] = ()


def parse(raw: bytes) -> Smbios:
    """Parse a ``RawSMBIOSData`` as far as it is well-formed."""
    bios = system = Structure(_END, b"", ())
    boards: List[Board] = []
    for structure in structures(raw):
        if structure.kind == _BIOS and not bios.formatted:
            bios = structure
        elif structure.kind == _SYSTEM and not system.formatted:
            system = structure
        elif structure.kind == _BOARD:
            boards.append(Board(structure.text(4), structure.text(5), structure.text(7)))
    uuid = system.formatted[_UUID]
    return Smbios(
        bios_vendor=bios.text(4),
        bios_version=bios.text(5),
        manufacturer=system.text(4),
        product=system.text(5),
        serial=system.text(7),
        uuid=uuid if len(uuid) == 16 else None,
        boards=tuple(boards),
    )


def structures(raw: bytes) -> Iterator[Structure]:
    """Split a ``RawSMBIOSData`` into structures, up to the end marker or the first truncated one."""
    length = int.from_bytes(raw[_LENGTH_AT:_HEADER_BYTES], "little")
    table = raw[_HEADER_BYTES : _HEADER_BYTES + length]
    at = 0
    for _ in range(_MAX_STRUCTURES):
        size = table[at + 1] if at + 4 <= len(table) else 0
        if size < 4 or at + size > len(table):
            return
        formatted = table[at : at + size]
        end = table.find(b"\0\0", at + size)
        if end < 0 or formatted[0] == _END:
            return
        strings = table[at + size : end]
        yield Structure(formatted[0], formatted, tuple(strings.split(b"\0")) if strings else ())
        at = end + 2
