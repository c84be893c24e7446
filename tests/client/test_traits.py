"""Five traits: three must be found again, parts may be replaced, and factory texts count for nothing."""

from __future__ import annotations

import ast
import struct
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Mapping, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oneseat.client
from oneseat.client.computer import smbios
from oneseat.client.computer.device import Fingerprint
from oneseat.client.computer.fingerprint_traits import NAMES, TraitSources, compute_traits, disk_serial
from oneseat.client.computer.smbios import Board, Smbios
from oneseat.client.errors import ComputerUnknown, StateFromOtherComputer

UUID = bytes.fromhex("4c4c4544004d3510805ac4c04f393533")


def structure(kind: int, body: bytes, *texts: bytes) -> bytes:
    """One SMBIOS structure with its strings."""
    strings = b"".join(text + b"\0" for text in texts) or b"\0"
    return bytes((kind, 4 + len(body))) + b"\x01\x00" + body + strings + b"\0"


def table(*structures: bytes) -> bytes:
    """What GetSystemFirmwareTable returns."""
    body = b"".join(structures)
    return b"\0\x03\x02\0" + struct.pack("<I", len(body)) + body


def firmware(uuid: bytes = UUID, serial: bytes = b"/7YQ4M53/CNWS2007/") -> bytes:
    return table(
        structure(0, bytes((1, 2, 0, 0, 3)) + bytes(15), b"Maker BIOS", b"1.2.3", b"01/01/2020"),
        structure(1, bytes((1, 2, 0, 3)) + uuid + b"\x06\0\0", b"Maker", b"Model", b"7YQ4M53"),
        structure(2, bytes((1, 2, 3, 4, 0)) + bytes(6), b"Maker", b"0ABCDE", b"A01", serial),
        structure(127, b""),
    )


def descriptor(serial: bytes, at: int = 40) -> bytes:
    head = struct.pack("<II4B4I", 40, 200, 0, 0, 0, 1, 0, 0, 0, at)
    return head.ljust(40, b"\0") + serial + b"\0"


RECORDED = TraitSources(
    machine_guid="6f0d7c2e-9b1a-4e53-8f57-0f7f3e4a9c11",
    smbios=smbios.parse(firmware()),
    disk_serial=disk_serial(descriptor(b"  S3YJNX0K512345  ")),
    volume=0x1A2B3C4D,
)
OTHER = TraitSources(
    machine_guid="0c7be1d4-4f0e-4b44-9a2c-3f2f1a0b7d65",
    smbios=smbios.parse(firmware(bytes(range(16)), b"PF1B2C3D")),
    disk_serial="WD-WX11A22B3333",
    volume=0x0BADF00D,
)
MINE = compute_traits(RECORDED)
THEIRS = compute_traits(OTHER)


def test_a_whole_computer_has_all_five() -> None:
    assert tuple(MINE) == NAMES
    assert MINE["system-uuid"] == UUID
    assert MINE["board-serial"] == b"/7yq4m53/cnws2007/"
    assert MINE["system-disk"] == b"s3yjnx0k512345"


@pytest.mark.parametrize("count", range(6))
def test_two_parts_may_be_replaced_and_not_three(count: int) -> None:
    fingerprint = Fingerprint.of(MINE)
    for replaced in combinations(NAMES, count):
        now = {name: (THEIRS if name in replaced else MINE)[name] for name in NAMES}
        missing = {name: MINE[name] for name in NAMES if name not in replaced}
        for found in (now, missing):
            if count <= 2:
                fingerprint.check(found)
            else:
                with pytest.raises(StateFromOtherComputer):
                    fingerprint.check(found)


def test_two_clones_of_one_disk_image_are_two_computers() -> None:
    clone = compute_traits(replace(OTHER, machine_guid=RECORDED.machine_guid, volume=RECORDED.volume))
    with pytest.raises(StateFromOtherComputer):
        Fingerprint.of(MINE).check(clone)


@pytest.mark.parametrize(
    "uuid",
    [bytes(16), b"\xff" * 16, bytes.fromhex("00020003000400050006000700080009"), b""],
    ids=["zeros", "ones", "factory", "short"],
)
@pytest.mark.parametrize(
    "serial",
    [
        b"To be filled by O.E.M.",
        b"To Be Filled By O.E.M",
        b"Default string",
        b"Not Applicable",
        b"System Serial Number",
        b"None",
        b"00000000",
        b"FFFFFFFF",
        b"........",
        b"0123456789",
        b"123",
        b"00000123",
        b"QM00001",
        b"",
    ],
)
def test_placeholders_are_no_traits_and_never_match(uuid: bytes, serial: bytes) -> None:
    empty = Smbios(uuid=uuid or None, boards=(Board(serial=serial.decode()),))
    mine = compute_traits(replace(RECORDED, smbios=empty))
    assert set(mine) == {"machine-guid", "system-disk", "system-volume"}
    theirs = compute_traits(
        replace(OTHER, smbios=empty, volume=RECORDED.volume, disk_serial=RECORDED.disk_serial)
    )
    with pytest.raises(StateFromOtherComputer):  # two match, and two equal placeholders make no third
        Fingerprint.of(mine).check(theirs)


@pytest.mark.parametrize(
    "answers",
    [
        TraitSources(),
        TraitSources(machine_guid="00000000-0000-0000-0000-000000000000", volume=0),
        TraitSources(volume=0xFFFFFFFF, disk_serial="0000000000"),
    ],
)
def test_a_computer_of_placeholders_is_unknown(answers: TraitSources) -> None:
    with pytest.raises(ComputerUnknown):
        Fingerprint.of(compute_traits(answers))


def test_the_same_computer_leaves_no_common_hash() -> None:
    first, second = Fingerprint.of(MINE), Fingerprint.of(MINE)
    assert not set(first.parts.values()) & set(second.parts.values())
    assert not set(first.parts.values()) & set(MINE.values())


@pytest.mark.parametrize("at", [0, 1, 39, 55, 0xFFFFFFFF])
def test_an_offset_outside_the_descriptor_is_no_serial(at: int) -> None:
    assert disk_serial(descriptor(b"S3YJNX0K512345", at)) in ("", "S3YJNX0K512345"[15:])


def test_firmware_says_what_it_says() -> None:
    said = smbios.parse(firmware())
    assert (said.bios_vendor, said.bios_version) == ("Maker BIOS", "1.2.3")
    assert (said.manufacturer, said.product, said.serial) == ("Maker", "Model", "7YQ4M53")
    assert said.boards == (Board("Maker", "0ABCDE", "/7YQ4M53/CNWS2007/"),)


def test_a_table_that_is_cut_anywhere_is_read_as_far_as_it_goes() -> None:
    whole = firmware()
    for length in range(len(whole)):
        said = smbios.parse(whole[:length])
        assert said.uuid in (None, UUID)
        assert compute_traits(TraitSources(smbios=said)).items() <= MINE.items()


@given(st.binary(max_size=400))
def test_foreign_bytes_never_raise(data: bytes) -> None:
    for raw in (data, firmware()[:8] + data, b"\0" * 4 + struct.pack("<I", len(data)) + data):
        found = compute_traits(TraitSources(smbios=smbios.parse(raw), disk_serial=disk_serial(data)))
        assert set(found) <= set(NAMES) and all(found.values())


@given(st.integers(0, len(firmware()) - 1), st.integers(0, 255))
def test_one_changed_byte_never_raises(at: int, value: int) -> None:
    raw = bytearray(firmware())
    raw[at] = value
    said: Tuple[Mapping[str, bytes], Any] = (
        compute_traits(TraitSources(smbios=smbios.parse(bytes(raw)))),
        smbios.parse(bytes(raw)),
    )
    assert set(said[0]) <= {"system-uuid", "board-serial"}


def test_nothing_that_ships_reads_the_environment_but_for_the_typed_identity() -> None:
    """No variable can override what the computer answers."""
    folder = Path(oneseat.client.__file__).parent
    readers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.Attribute, ast.Name))
        and (node.attr if isinstance(node, ast.Attribute) else node.id)
        in {"environ", "environb", "getenv", "expandvars", "expanduser", "putenv"}
    }
    assert readers == {"cli.py"}
