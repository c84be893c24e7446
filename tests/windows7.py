"""What a program file asks of Windows at its start that Windows 7 Service Pack 1 does not have.

Windows refuses to load a file as soon as one import is missing, before any code of it runs. So every file
that ships is held against this table; what a program looks up while it runs (``GetProcAddress``) is its own
affair, and not an import.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import lief

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_LIBRARIES = frozenset(_TABLE["libraries"])
_API_SETS = frozenset(f"api-ms-win-{name}-l1-1-0" for name in _TABLE["api-sets"])
_NEWER = {name: version for version, names in _TABLE["newer"].items() for name in names}
_UNIVERSAL_CRT = "api-ms-win-crt-"


@dataclass(frozen=True)
class Missing:
    """An import that Windows 7 cannot satisfy; ``since`` is the Windows that has it, where that is known."""

    file: str
    library: str
    function: str | None
    since: str


def missing_imports(path: Path, beside: Iterable[str] = ()) -> list[Missing]:
    """What a program file imports that Windows 7 lacks, delayed imports included.

    ``beside`` are the names of libraries that ship with it.

    Raises:
        ValueError: the file is no program file.
    """
    parsed = lief.PE.parse(str(path))
    if parsed is None:
        raise ValueError(f"{path.name} is no PE file")
    shipped = {name.lower() for name in beside}
    wanted = [
        (str(entry.name).lower(), [str(function.name) for function in entry.entries])
        for entry in [*parsed.imports, *parsed.delay_imports]
    ]
    found = []
    for library, functions in wanted:
        if library in shipped:
            continue
        if not _has_library(library):
            found.append(Missing(path.name, library, None, "not part of Windows 7"))
        found += [Missing(path.name, library, name, _NEWER[name]) for name in functions if name in _NEWER]
    return found


def _has_library(library: str) -> bool:
    stem = library.removesuffix(".dll")
    return stem in _LIBRARIES or stem in _API_SETS or stem.startswith(_UNIVERSAL_CRT)


def scan(folder: Path) -> list[Missing]:
    """The imports that Windows 7 cannot satisfy, of every program file in a folder, by any name.

    Raises:
        ValueError: the folder holds no program file, so nothing was proved.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.read_bytes()[:2] == b"MZ"]
    if not files:
        raise ValueError(f"no program file in {folder.name}")
    names = [path.name for path in files]
    return [missing for path in files for missing in missing_imports(path, names)]
