"""What all tools have in common: they can be found, asked for their version, and mended."""

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
    """A tool that is in order: what it is, which, and where."""

    name: str
    version: str
    path: Path


class Tool(Protocol):
    """A program that can verify itself."""

    @property
    def name(self) -> str:
        """The name that people know it by."""
        ...

    def check(self) -> ToolReport:
        """Prove that the tool is there and works.

        Raises:
            ToolMissing, ToolTooOld, ToolUnusable, ToolFailed, ToolTimedOut: it is not, and how to mend it.
        """
        ...


def find(name: str, *places: str | Path, mend: Text = SETUP) -> Path:
    """The first of ``places`` (paths, or names for PATH) where a program is.

    Raises:
        ToolMissing: at none of them.
    """
    for place in places:
        path = shutil.which(str(place))
        if path:
            return Path(path)
    raise ToolMissing(tool=name, mend=mend)


def version_in(output: str) -> str:
    """The first thing in a program's words that looks like a version; ``?`` when nothing does."""
    match = re.search(r"\d+(\.\d+)+[\w.+~-]*", output)
    return match.group(0) if match else "?"


def version_tuple(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing: ``3.08-3+deb12u1`` is (3, 8)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group(0).split(".")) if match else ()
