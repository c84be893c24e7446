"""Looks up classes, methods and fields of Android 8.0 (API 26) in the platform's typings for TypeScript."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from tests.pipeline.phone.dex import Member

_OPENS = re.compile(
    r"^(?:declare|export) (?:abstract )?(module|class|interface) ([\w.]+)(?:<.*?>)?"
    r"(?: extends ([\w.]+))?.*\{$"
)
_METHOD = re.compile(r"^(?:public|protected) (?:static )?(?:abstract )?(\w+)(?:<.*>)?\((.*)\)(?:: (.*))?;$")
_FIELD = re.compile(r"^public (?:static )?(?:readonly )?(\w+): (.*);$")
_TYPE_ARGUMENTS = re.compile(r"(?<!native\.Array)<[^<>]*>")
_PARAMETER = re.compile(r"\w+: ")


class Typings:
    """The classes of one file of typings, by their full name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _classes(self) -> dict[str, tuple[str | None, set[str]]]:
        classes: dict[str, tuple[str | None, set[str]]] = {}
        opened: list[tuple[str, bool]] = []
        for line in map(str.strip, self._path.read_text("utf-8").splitlines()):
            if match := _OPENS.match(line):
                kind, name, parent = match.groups()
                whole = ".".join([*([opened[-1][0]] if opened else []), name])
                opened.append((whole, kind != "module"))
                if kind != "module":
                    classes.setdefault(whole, (parent, set()))
            elif line.endswith("{"):
                opened.append((opened[-1][0] if opened else "", False))
            elif line.startswith("}"):
                opened.pop()
            elif opened and opened[-1][1]:
                classes[opened[-1][0]][1].add(_normal(line))
        return classes

    def has(self, member: Member) -> bool:
        """Whether a class or one that it extends has a method or a field of this type."""
        parameters = "" if member.parameters is None else f"({', '.join(member.parameters)})"
        kind = "" if member.name == "<init>" else f": {member.kind}"
        return self._has(member.owner, f"{member.name}{parameters}{kind}", inherits=member.name != "<init>")

    def _has(self, owner: str, line: str, *, inherits: bool) -> bool:
        parent, members = self._classes.get(owner, (None, set()))
        return line in members or bool(inherits and parent and self._has(parent, line, inherits=True))


def _normal(line: str) -> str:
    """Write a member's line as a :class:`Member` is written: without modifiers, names, type arguments."""
    line = _TYPE_ARGUMENTS.sub("", line)
    if match := _METHOD.match(line):
        name, parameters, kind = match.groups()
        taken = _PARAMETER.sub("", parameters)
        return f"<init>({taken})" if name == "constructor" else f"{name}({taken}): {kind}"
    if match := _FIELD.match(line):
        return f"{match[1]}: {match[2]}"
    return line
