"""Registry of a simulated computer: keys imported at once, and the boot configuration, which wine has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.e2e.wine import TestedComputer

MACHINE, ACCOUNT = "HKEY_LOCAL_MACHINE", "HKEY_CURRENT_USER"


def import_registry(computer: TestedComputer, *keys: tuple[str, Mapping[str, Any]]) -> None:
    """Import keys with values: text, numbers, lists of texts, bytes. A key after a hyphen is deleted."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key, values in keys:
        lines += ["", f"[{key}]", *(f'"{name}"={_value(value)}' for name, value in values.items())]
    path = computer.wine.prefix / "import.reg"
    path.write_text("\r\n".join(lines) + "\r\n", "utf-16")
    result = computer.run(computer.system("reg.exe"), "import", path, "/reg:64")
    assert result.status == 0, result.output


def _value(value: object) -> str:
    if isinstance(value, int):
        return f"dword:{value:08x}"
    if isinstance(value, bytes):
        return "hex:" + _hex(value)
    if isinstance(value, list):
        return "hex(7):" + _hex("".join(f"{text}\0" for text in [*value, ""]).encode("utf-16-le"))
    return "hex(1):" + _hex(f"{value}\0".encode("utf-16-le"))


def _hex(data: bytes) -> str:
    return ",".join(f"{byte:02x}" for byte in data)


BCD = rf"{MACHINE}\BCD00000000\Objects"
MENU = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
LOADER, NT_LOADER, BOOT_SECTOR, FIRMWARE = 0x10200003, 0x10300006, 0x10400008, 0x101FFFFF
FIRST, SECOND = "{11111111-1111-1111-1111-111111111111}", "{22222222-2222-2222-2222-222222222222}"
HERE, ELSEWHERE = bytes(range(88)), bytes(reversed(range(88)))


def boot_object(
    name: str, kind: int, shown: str, device: bytes, **elements: bytes
) -> list[tuple[str, dict[str, Any]]]:
    """A boot entry: its type, name, device, and further elements by their types."""
    place = rf"{BCD}\{name}"
    return [
        (rf"{place}\Description", {"Type": kind}),
        (rf"{place}\Elements\12000004", {"Element": shown}),
        (rf"{place}\Elements\11000001", {"Element": device}),
        (rf"{place}\Elements\22000002", {"Element": r"\Windows"}),
        *((rf"{place}\Elements\{element[1:]}", {"Element": value}) for element, value in elements.items()),
    ]


def boot_menu(computer: TestedComputer, *names: str) -> None:
    """Give a computer a boot menu with systems of these names, each on a partition of its own."""
    loaders = [f"{{{number:08d}-0000-0000-0000-000000000000}}" for number in range(len(names))]
    keys = [(rf"{BCD}\{MENU}\Elements\24000001", {"Element": loaders})]
    for number, (loader, name) in enumerate(zip(loaders, names, strict=True)):
        keys += boot_object(loader, LOADER, name, bytes([number + 1]) * 88)
    import_registry(computer, *keys)
