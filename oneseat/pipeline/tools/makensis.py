"""makensis, the compiler of NSIS scripts (Nullsoft Scriptable Install System)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.tools.errors import ToolTooOld, ToolUnusable
from oneseat.pipeline.tools.runner import Invocation, run
from oneseat.pipeline.tools.tool import SETUP, ToolReport, find, version_in, version_tuple
from signing.text import Text

# 3.08 is the first with !uninstfinalize.
OLDEST = "3.08"
TARGET = "amd64-unicode"
_MEND_WINDOWS = Text(
    "Install NSIS 3.08 or later with its amd64-unicode stubs and put makensis into PATH.",
    "请安装带有 amd64-unicode 组件的 NSIS 3.08 或更高版本，并将 makensis 加入 PATH。",
)


@dataclass(frozen=True)
class Makensis:
    """The compiler, native on every system."""

    name: str = "makensis"

    @property
    def path(self) -> Path:
        """The path of makensis.

        Raises:
            ToolMissing: makensis is not installed.
        """
        programs = (r"C:\Program Files (x86)\NSIS\makensis.exe", r"C:\Program Files\NSIS\makensis.exe")
        return find(self.name, "makensis", *programs, mend=self._mend())

    def check(self) -> ToolReport:
        """Check that makensis is there, new enough, and can make 64-bit installers."""
        path = self.path
        version = self.version()
        if version_tuple(version) < version_tuple(OLDEST):
            raise ToolTooOld(tool=self.name, found=version, wanted=OLDEST, mend=self._mend())
        if not _has_target(path):
            raise ToolUnusable(tool=self.name, reason=f"it has no {TARGET} stubs", mend=self._mend())
        return ToolReport(self.name, version, path)

    def version(self) -> str:
        """Return its version, such as ``3.08-3+deb12u1``."""
        return version_in(run(Invocation(self.name, "asking for its version", [self.path, "-VERSION"], 60)))

    def compile(
        self, script: Path, folder: Path, source_date_epoch: int, on_line: Callable[[str], None] | None = None
    ) -> None:
        """Compile a script (UTF-8 with a byte order mark); the script names its output file.

        Raises:
            ToolFailed: compilation failed; the last lines of output name the script's line.
        """
        dash = "/" if sys.platform == "win32" else "-"
        # Warnings are errors: an unused variable or a missing translation is a fault of the script.
        options = [f"{dash}V3", f"{dash}WX", f"{dash}NOCD", f"{dash}NOCONFIG", f"{dash}INPUTCHARSET", "UTF8"]
        environment = {"SOURCE_DATE_EPOCH": str(source_date_epoch)}
        invocation = Invocation(
            self.name, "compiling the installer", [self.path, *options, script], 900, environment, folder
        )
        run(invocation, on_line)

    @staticmethod
    def _mend() -> Text:
        return _MEND_WINDOWS if sys.platform == "win32" else SETUP


def _has_target(program: Path) -> bool:
    """Whether this makensis has the stubs of our target."""
    places = [program.resolve().parent, program.resolve().parent.parent / "share" / "nsis"]
    return any((place / "Stubs" / f"lzma_solid-{TARGET}").exists() for place in places)
