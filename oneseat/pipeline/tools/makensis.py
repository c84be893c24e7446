"""makensis, the compiler of NSIS scripts (Nullsoft Scriptable Install System)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
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
        _ = self.data
        return ToolReport(self.name, version, path)

    @property
    def data(self) -> Path:
        """The folder of its stubs, plugins, includes and graphics.

        Raises:
            ToolMissing: makensis is not installed.
            ToolUnusable: it has no stubs of our target.
        """
        program = self.path.resolve()
        for place in (program.parent, program.parent.parent / "share" / "nsis"):
            if (place / "Stubs" / f"lzma_solid-{TARGET}").exists():
                return place
        raise ToolUnusable(
            tool=self.name, reason=Text(f"it has no {TARGET} stubs", f"缺少 {TARGET} 组件"), mend=self._mend()
        )

    @property
    def plugins(self) -> Path:
        """The folder of its plugins for our target."""
        return self.data / "Plugins" / TARGET

    def version(self) -> str:
        """Return its version, such as ``3.08-3+deb12u1``."""
        return version_in(
            run(
                Invocation(self.name, Text("asking for its version", "查询版本"), [self.path, "-VERSION"], 60)
            )
        )

    def compile(
        self,
        script: Path,
        folder: Path,
        source_date_epoch: int,
        on_line: Callable[[str], None] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Compile a script (UTF-8 with a byte order mark) in a folder; the script names its output file.

        ``environment`` is for the commands that the script starts.

        Raises:
            ToolFailed: compilation failed; the last lines of output name the script's line.
        """
        dash = "/" if sys.platform == "win32" else "-"
        # Warnings are errors: an unused variable or a missing translation is a fault of the script.
        options = [f"{dash}V3", f"{dash}WX", f"{dash}NOCD", f"{dash}NOCONFIG", f"{dash}INPUTCHARSET", "UTF8"]
        # A caller's NSISDIR would have it use other stubs than those that are an input of the build.
        own = {"SOURCE_DATE_EPOCH": str(source_date_epoch), "NSISDIR": str(self.data)}
        invocation = Invocation(
            tool=self.name,
            doing=Text("compiling the installer", "编译安装包"),
            command=[self.path, *options, script],
            timeout_s=900,
            environment={**(environment or {}), **own},
            folder=folder,
        )
        run(invocation, on_line)

    @staticmethod
    def _mend() -> Text:
        return _MEND_WINDOWS if sys.platform == "win32" else SETUP
