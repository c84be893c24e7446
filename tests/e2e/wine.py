"""Simulated computer of a candidate: a wine prefix with screen, keyboard, and file listing.

computer = TestedComputer.create(tmp_path / "computer")
with computer.screen() as screen:
computer.start(installer)
screen.shot(tmp_path / "welcome.png")
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bootstrap import layout
from oneseat.demo.computer import CandidateComputer, ProgramResult, clone_prefix
from oneseat.demo.screen import start_x_server
from oneseat.pipeline.tools.runner import Invocation, run, run_for_status
from oneseat.pipeline.tools.windows import Wine
from signing.text import Text

SCREEN = "1024x768x24"
UNUSED_SERVICES = ("PlugPlay", "Eventlog")
"""Services that wine would start with the first program, and that no program of ours asks for anything.

They take a fifth of what a start takes."""
ARTEFACTS = Path(__file__).parents[2] / "dist" / "test-artefacts"


@dataclass
class TestedComputer(CandidateComputer):
    """A wine prefix with the operations that tests need."""

    __test__ = False

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Create a computer as the demonstration does, but without starting wine to set its MachineGuid.

        Services that nothing here uses are turned off.
        """
        prefix = folder / "prefix"
        clone_prefix(layout.wine_prefix(), prefix)
        registry = prefix / "system.reg"
        text = _replaced(registry.read_text("utf-8"), r'^"MachineGuid"=()"[^"]*"$', f'"{uuid.uuid4()}"')
        for service in UNUSED_SERVICES:
            start = rf'^\[System\\\\CurrentControlSet\\\\Services\\\\{service}\][^\[]*?^"Start"=()dword:\d+$'
            text = _replaced(text, start, "dword:00000004")
        registry.write_text(text, "utf-8")
        return cls(Wine(prefix), folder / "install.log")

    def registry(self, key: str) -> str:
        """Output of `reg query` for a key; empty if it does not exist."""
        result = self.run(self.system("reg.exe"), "query", key, "/s", "/reg:64")
        return result.output if result.status == 0 else ""

    def start(
        self,
        program: Path,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        open_input: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a program without waiting; `end` terminates it. With ``open_input`` its input never ends."""
        self.wine.start()
        process = subprocess.Popen(
            self.wine.command(program, *arguments),
            stdin=subprocess.PIPE if open_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.wine.environment(), **(environment or {})},
        )
        self.processes.append(process)
        return process

    def answers_left(self, **values: str) -> Path:
        """Write an answers file, which lasts as long as the computer."""
        path = self.wine.prefix / f"answers-{uuid.uuid4().hex}.txt"
        path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), "utf-8")
        return path

    def uninstaller(self, exam: str) -> tuple[Path, list[str]]:
        """The uninstaller and its last arguments, so that it stays one process whose status is known.

        NSIS would run a copy of itself from the temporary folder and end at once; `_?=`, which it wants
        unquoted and last, tells it that it is that copy.
        """
        folder = self.program(exam).parent
        copy = self.wine.prefix / f"uninstall-{uuid.uuid4().hex}.exe"
        shutil.copyfile(folder / "uninstall.exe", copy)
        return copy, f"_?={self.wine.windows_path(folder)}".split(" ")

    def uninstall(self, exam: str, *options: str, timeout_s: float = 120) -> ProgramResult:
        """Uninstall silently; `/FORCE` among the options uninstalls before the time too."""
        program, place = self.uninstaller(exam)
        return self.run(program, "/S", *options, *place, timeout_s=timeout_s)

    def left_behind(self) -> list[str]:
        """List all files and folders of OneSeat on this computer."""
        places = [self.program_files, self.drive / "ProgramData", *(self.drive / "users").glob("*/Desktop")]
        paths = [path for place in places for path in place.rglob("*") if "oneseat" in str(path).lower()]
        return sorted(str(path.relative_to(self.drive)) for path in paths)

    @contextlib.contextmanager
    def screen(self) -> Iterator[Screen]:
        """Start a virtual screen, on which all programs of this computer appear during the block."""
        screen = Screen.start()
        self.end()  # what runs belongs to no screen
        self.wine = Wine(self.wine.prefix, screen.display)
        try:
            yield screen
        finally:
            self.end()
            self.wine = Wine(self.wine.prefix)
            screen.stop()

    def end(self) -> None:
        """Terminate all programs of this computer."""
        super().end()
        for process in self.processes:
            process.wait(30)
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        self.processes.clear()


@dataclass(frozen=True)
class Screen:
    """Virtual screen (Xvfb), keyboard input (xdotool), and screenshots (ImageMagick's import)."""

    display: str
    server: subprocess.Popen[bytes]

    @classmethod
    def start(cls, size: str = SCREEN) -> Screen:
        """Start an X server, which chooses a free display."""
        return cls(*start_x_server("Xvfb", size))

    def stop(self) -> None:
        """Stop the server."""
        self.server.terminate()
        self.server.wait(30)

    def shot(self, path: Path) -> Path:
        """Take a picture of the whole screen (PNG)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # By Debian's path: PATH may have another program of the same name first.
        self._tool("/usr/bin/import-im6.q16", "-window", "root", str(path))
        return path

    def wait_for_window(self, name: str, timeout_s: float = 60) -> str:
        """Wait for a window whose title contains ``name``, and return its id."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            ids = self._try("xdotool", "search", "--onlyvisible", "--name", name)
            if ids:
                return ids.split()[-1]
            time.sleep(0.25)
        raise AssertionError(f"no window named {name} appeared in {timeout_s:.0f} s")

    def wait_for_text(self, path: Path, text: str, timeout_s: float = 90) -> None:
        """Wait until a file contains a text."""
        self.wait_for_count(path, text, 1, timeout_s)

    def wait_for_count(self, path: Path, text: str, count: int, timeout_s: float = 90) -> None:
        """Wait until a file contains a text the given number of times."""
        deadline = time.monotonic() + timeout_s
        while not path.exists() or path.read_text("utf-8", "replace").count(text) < count:
            assert time.monotonic() < deadline, f"{path.name} did not come to hold {text!r}"
            time.sleep(0.25)

    def type(self, text: str) -> None:
        """Type text into the focused widget."""
        self._tool("xdotool", "type", "--delay", "15", text)

    def press(self, *keys: str) -> None:
        """Press keys in sequence, such as ``Tab`` or ``alt+n``."""
        for key in keys:
            self._tool("xdotool", "key", key)
            time.sleep(0.15)

    def click(self, x: int, y: int) -> None:
        """Click with the left button."""
        self._tool("xdotool", "mousemove", str(x), str(y), "click", "1")

    def settle(self, seconds: float = 1) -> None:
        """Wait for windows to draw."""
        time.sleep(seconds)

    def _tool(self, *command: str) -> str:
        return run(Invocation(command[0], Text("a test", "测试"), command, 30, {"DISPLAY": self.display}))

    def _try(self, *command: str) -> str:
        status, output = run_for_status(
            Invocation(command[0], Text("a test", "测试"), command, 30, {"DISPLAY": self.display})
        )
        return output.strip() if status == 0 else ""


def _replaced(text: str, pattern: str, value: str) -> str:
    """Replace what follows the group of the one match of a pattern in a registry's file."""
    (found,) = re.finditer(pattern, text, re.MULTILINE)
    return text[: found.end(1)] + value + text[found.end() :]
