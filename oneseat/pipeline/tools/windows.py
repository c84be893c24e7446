"""Runs Windows programs, on Windows or in wine, among them the Windows Python."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Protocol

from oneseat.pipeline.checkout import SetupFailed, layout, windows
from oneseat.pipeline.tools.errors import ToolMissing, ToolUnusable
from oneseat.pipeline.tools.runner import Invocation, run, run_for_status
from oneseat.pipeline.tools.tool import SETUP, ToolReport, version_in
from signing.text import Text

# Neither .NET nor a browser engine is used, and wine must not add menu entries to the user's desktop.
_NO_EXTRAS = "mscoree,mshtml=;winemenubuilder.exe=d"

# Where Debian, Fedora and wine's own packages keep the libraries, seen from the loader's folder.
_LIBRARIES = ("x86_64-linux-gnu/wine", "lib64/wine", "lib/wine")

_SERVICES_STAY_S = 30
"""Seconds that wine's server and services stay after the last program."""


class WindowsHost(Protocol):
    """A system that runs Windows programs."""

    @property
    def name(self) -> str:
        """The name that people know it by."""
        ...

    def check(self) -> ToolReport:
        """Check that Windows programs run here.

        Raises:
            ToolMissing: wine or its prefix is missing.
            ToolUnusable, ToolFailed, ToolTimedOut: a Windows program does not run.
        """
        ...

    def command(self, program: Path, *arguments: str | Path) -> list[str]:
        """Build the command that runs a Windows program; paths among the arguments become Windows paths."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the variables to add to the environment."""
        ...

    def windows_path(self, path: Path) -> str:
        """Convert a path of this computer to a Windows path."""
        ...


@dataclass(frozen=True)
class NativeWindows:
    """Windows itself: programs run directly."""

    name: str = "Windows"

    def check(self) -> ToolReport:
        """Return the version of Windows; nothing needs checking."""
        version = ".".join(str(part) for part in getattr(sys, "getwindowsversion", lambda: ("?",))()[:3])
        return ToolReport(self.name, version, Path("C:\\Windows"))

    def command(self, program: Path, *arguments: str | Path) -> list[str]:
        """Return the program and its arguments."""
        return [str(program), *(str(argument) for argument in arguments)]

    def environment(self) -> Mapping[str, str]:
        """Return no variables."""
        return {}

    def windows_path(self, path: Path) -> str:
        """Return the path unchanged."""
        return str(path)


@dataclass(frozen=True)
class Wine:
    """Windows programs in wine, in one prefix (a folder that holds a C: drive and a registry)."""

    prefix: Path = field(default_factory=layout.wine_prefix)
    display: str = ""
    name: str = "wine"

    def check(self) -> ToolReport:
        """Check that the loader and the prefix are there, and that a Windows program runs."""
        loader = self._program(windows.wine_binary)
        if not self.prefix.is_dir():
            raise ToolMissing(tool=f"WINEPREFIX {self.prefix}", mend=SETUP)
        shell = self.prefix / "drive_c" / "windows" / "system32" / "cmd.exe"
        output = run(
            Invocation(
                "wine",
                Text("starting a Windows program", "启动 Windows 程序"),
                self.command(shell, "/c", "ver"),
                120,
                self.environment(),
            )
        )
        if "Windows" not in output:
            raise ToolUnusable(
                tool="wine",
                reason=Text("a Windows program output nothing", "Windows 程序没有任何输出"),
                mend=SETUP,
            )
        version = version_in(
            run(Invocation("wine", Text("asking for its version", "查询版本"), [loader, "--version"], 60))
        )
        return ToolReport(self.name, version, loader)

    def command(self, program: Path, *arguments: str | Path) -> list[str]:
        """Return the loader, the program and its arguments."""
        words = [self.windows_path(word) if isinstance(word, Path) else word for word in arguments]
        return [str(self._program(windows.wine_binary)), self.windows_path(program), *words]

    def environment(self) -> Mapping[str, str]:
        """Return the prefix, settings against debugging output, and the display if there is one.

        Whoever runs the Windows Python, its unpacked tree gets no bytecode files: it is checked by digests.
        """
        return {
            "PYTHONDONTWRITEBYTECODE": "1",
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": _NO_EXTRAS,
            "DISPLAY": self.display,
        }

    def windows_path(self, path: Path) -> str:
        """Convert a path: below C: if it is in the prefix's drive, else below Z:, the root folder."""
        absolute = path.absolute()
        drive = self.prefix.absolute() / "drive_c"
        if absolute.is_relative_to(drive):
            return str(PureWindowsPath("C:/", absolute.relative_to(drive)))
        return str(PureWindowsPath("Z:/", absolute.relative_to("/")))

    def programs(self) -> tuple[Path, Path]:
        """Return wine's loader and its server.

        Raises:
            ToolMissing: one of them is missing.
        """
        return self._program(windows.wine_binary).resolve(), self._program(windows.wine_server).resolve()

    def libraries(self) -> list[Path]:
        """Return the folders of wine's own libraries; none if wine is installed in an unusual place."""
        loader, _ = self.programs()
        folders = (place / name for place in loader.parents[1:3] for name in _LIBRARIES)
        return [each for folder in folders for each in sorted(folder.glob("x86_64-*")) if each.is_dir()]

    def start(self) -> None:
        """Start wine's server and services unless they run. They stay for a while after the last program.

        Otherwise each program starts them anew, which takes a second, and they print into its output.
        """
        server: list[str | Path] = [self._program(windows.wine_server), f"-p{_SERVICES_STAY_S}"]
        if self._status_of(server) == 0:  # else it runs
            # The services start with the first program, whichever it is.
            shell = self.prefix / "drive_c" / "windows" / "system32" / "cmd.exe"
            self._status_of(self.command(shell, "/c", "exit"))

    def _status_of(self, command: Sequence[str | Path]) -> int:
        doing = Text("starting its services", "启动其服务")
        invocation = Invocation("wine", doing, command, 120, self.environment())
        return run_for_status(invocation, leaves_others=True)[0]

    def end_all(self) -> None:
        """End every program in this prefix, and no other."""
        server = self._program(windows.wine_server)
        # The exit status is 1 if nothing runs.
        run_for_status(
            Invocation(
                "wine", Text("ending its programs", "结束其程序"), [server, "--kill"], 60, self.environment()
            )
        )

    @staticmethod
    def _program(find: windows.Finder) -> Path:
        try:
            return Path(find())
        except SetupFailed:
            raise ToolMissing(tool="wine (64-bit)", mend=SETUP) from None


def windows_host() -> WindowsHost:
    """Return this Windows, or wine with the prepared prefix."""
    return NativeWindows() if sys.platform == "win32" else Wine()


@dataclass(frozen=True)
class WindowsPython:
    """The Python that ships to candidates, with the packages that freeze the client."""

    host: WindowsHost = field(default_factory=windows_host)
    folder: Path = field(default_factory=layout.windows_python)
    name: str = "Windows Python"

    @property
    def program(self) -> Path:
        """The console interpreter."""
        return self.folder / "python.exe"

    def check(self) -> ToolReport:
        """Check that it starts, and has PyInstaller, Tk and PyNaCl."""
        if not self.program.is_file():
            raise ToolMissing(tool=self.name, mend=SETUP)
        question = "import sys, PyInstaller, nacl, tkinter; print(sys.version.split()[0])"
        output = run(
            self.invocation(Text("asking for its version", "查询版本"), "-c", question, timeout_s=120)
        )
        return ToolReport(self.name, version_in(output), self.program)

    def invocation(
        self,
        doing: Text,
        *arguments: str | Path,
        timeout_s: float = 600,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Invocation:
        """Create an invocation of this interpreter: no user site, no bytecode files, a fixed hash seed."""
        own = {
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
        }
        return Invocation(
            tool=self.name,
            doing=doing,
            command=self.host.command(self.program, *arguments),
            timeout_s=timeout_s,
            environment={**self.host.environment(), **own, **(environment or {})},
            folder=folder,
        )
