"""Reads the methods and fields that Android's bytecode names ("Dalvik executable format", AOSP)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PRIMITIVES = {
    "V": "void", "Z": "boolean", "B": "number", "S": "number", "C": "string", "I": "number", "J": "number",
    "F": "number", "D": "number",
}  # fmt: skip
_NATIVE = {"java.lang.String": "string", "java.lang.CharSequence": "string", "java.lang.Object": "any"}


@dataclass(frozen=True)
class Member:
    """A method or a field; types are written as the typings of the platform write them."""

    owner: str
    name: str
    kind: str
    parameters: tuple[str, ...] | None = None

    def __str__(self) -> str:
        taken = "" if self.parameters is None else f"({', '.join(self.parameters)})"
        return f"{self.owner}.{self.name}{taken}: {self.kind}"


class Dex:
    """The tables of a `classes.dex`."""

    def __init__(self, data: bytes) -> None:
        assert data[:4] == b"dex\n"
        self._data = data
        strings, types, protos, fields, methods = (self._table(0x38 + 8 * index) for index in range(5))
        self._strings = [self._string(at) for (at,) in struct.iter_unpack("<I", self._rows(strings, 4))]
        self._types = [self._strings[at] for (at,) in struct.iter_unpack("<I", self._rows(types, 4))]
        self._protos = list(struct.iter_unpack("<III", self._rows(protos, 12)))
        self._fields = list(struct.iter_unpack("<HHI", self._rows(fields, 8)))
        self._methods = list(struct.iter_unpack("<HHI", self._rows(methods, 8)))

    def methods(self) -> Iterator[Member]:
        """Every method that is named."""
        for owner, proto, name in self._methods:
            _, returned, parameters_at = self._protos[proto]
            kind, taken = typed(self._types[returned]), tuple(map(typed, self._list(parameters_at)))
            yield Member(typed(self._types[owner]), self._strings[name], kind, taken)

    def fields(self) -> Iterator[Member]:
        """Every field that is named."""
        for owner, kind, name in self._fields:
            yield Member(typed(self._types[owner]), self._strings[name], typed(self._types[kind]))

    def _table(self, at: int) -> tuple[int, int]:
        count, offset = struct.unpack_from("<II", self._data, at)
        return count, offset

    def _rows(self, table: tuple[int, int], width: int) -> bytes:
        count, offset = table
        return self._data[offset : offset + count * width]

    def _list(self, at: int) -> list[str]:
        if not at:
            return []
        (count,) = struct.unpack_from("<I", self._data, at)
        return [self._types[index] for index in struct.unpack_from(f"<{count}H", self._data, at + 4)]

    def _string(self, at: int) -> str:
        while self._data[at] & 0x80:  # the length, in ULEB128
            at += 1
        return self._data[at + 1 : self._data.index(0, at + 1)].decode("utf-8", "replace")


def typed(descriptor: str) -> str:
    """Write a type as the typings do: `Landroid/os/Build$VERSION;` is `android.os.Build.VERSION`."""
    if descriptor.startswith("["):
        return f"native.Array<{typed(descriptor[1:])}>"
    if descriptor in _PRIMITIVES:
        return _PRIMITIVES[descriptor]
    name = descriptor[1:-1].replace("/", ".").replace("$", ".")
    return _NATIVE.get(name, name)
