"""The protocol of all tools; finding programs and parsing their versions."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from oneseat.pipeline.tools.errors import ToolMissing
from signing.text import Text

SETUP = Text("Run `make setup`, which installs what is missing.", "请运行 `make setup` 安装缺少的工具。")


@dataclass(frozen=True)
class ToolReport:
    """Name, version and path of a working tool."""

    name: str
    version: str
    path: Path


class Tool(Protocol):
    """A program that can be checked."""

    @property
    def name(self) -> str:
        """The name that people know it by."""
        ...

    def check(self) -> ToolReport:
        """Check that the tool is there and works.

        Raises:
            ToolMissing: the tool is not installed.
            ToolTooOld: its version lacks a needed feature.
            ToolUnusable: it starts and does not work.
            ToolFailed, ToolTimedOut: it failed, or ran too long.
        """
        ...


def find(name: str, *places: str | Path, mend: Text = SETUP) -> Path:
    """Find a program at the first of ``places`` (paths, or names for PATH).

    Raises:
        ToolMissing: the program is at none of them.
    """
    for place in places:
        path = shutil.which(str(place))
        if path:
            return Path(path)
    raise ToolMissing(tool=name, mend=mend)


def version_in(output: str) -> str:
    """Extract the first version number from a program's output; ``?`` if there is none."""
    match = re.search(r"\d+(\.\d+)+[\w.+~-]*", output)
    return match.group(0) if match else "?"


def version_tuple(version: str) -> tuple[int, ...]:
    """Parse the leading numbers of a version, for comparing: ``3.08-3+deb12u1`` is (3, 8)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group(0).split(".")) if match else ()
