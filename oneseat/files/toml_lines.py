"""Line numbers of the keys of a TOML file, which :mod:`tomllib` does not give.

It reads the structure of text that :mod:`tomllib` has accepted: tables, arrays of tables and
keys. Values are skipped, including those of several lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADER = re.compile(r"\s*\[(\[)?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*',
    re.DOTALL,
)


def line_index(text: str) -> Mapping[str, int]:
    """Map each key to its line (from 1). Keys are dotted paths: ``mock.sessions[1].opens``."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in _logical_lines(text):
        if header := _HEADER.match(line):
            table = _numbered(_parts(header[2]), counts, is_array=header[1] is not None)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = ".".join([*([table] if table else []), *_parts(key[1])])
            lines.setdefault(path, number)
    return lines


def nearest_line(lines: Mapping[str, int], key: str) -> int | None:
    """Return the line of a key, or of the closest enclosing table that is in the file."""
    while key:
        if key in lines:
            return lines[key]
        key = re.sub(r"(\[\d+\]|\.?[^.\[\]]+)$", "", key)
    return None


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _numbered(parts: list[str], counts: dict[str, int], *, is_array: bool) -> str:
    """Return a table's path with its position in each array of tables."""
    path = ""
    for position, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if position == len(parts) - 1 and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return lines with their numbers, without comments, strings and the inner lines of arrays."""
    blanked = _QUOTED.sub(_blank, text)
    depth, logical = 0, []
    for number, line in enumerate(blanked.split("\n"), start=1):
        header = depth == 0 and _HEADER.match(line)
        if depth == 0:
            logical.append((number, line))
        if not header:
            depth += line.count("[") + line.count("{") - line.count("]") - line.count("}")
    return logical


def _blank(match: re.Match[str]) -> str:
    """Replace a quoted value by a placeholder with the same line breaks; keep a quoted key."""
    text = match[0]
    if text.startswith("#"):
        return ""
    is_key = re.match(r"\s*[.=\]]", match.string[match.end() : match.end() + 40])
    return text if is_key and "\n" not in text else '""' + "\n" * text.count("\n")
