"""A candidate's computer with a screen, a keyboard, and somebody who looks what is left on it.

computer = TestedComputer.create(tmp_path / "computer")
with computer.screen() as screen:
computer.start(installer)
screen.shot(tmp_path / "welcome.png")
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oneseat.demo.computer import CandidateComputer, Ended
from oneseat.pipeline.tools.runner import Job, run, run_for_status
from oneseat.pipeline.tools.windows import Wine

SCREEN = "1024x768x24"
ARTEFACTS = Path(__file__).parents[2] / "dist" / "test-artefacts"


@dataclass
class TestedComputer(CandidateComputer):
    """One computer of one candidate, as tests need it."""

    __test__ = False

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def registry(self, key: str) -> str:
        """What `reg query` says of a key; empty when there is none."""
        ended = self.run(self.system("reg.exe"), "query", key, "/s", "/reg:64")
        return ended.said if ended.status == 0 else ""

    def start(
        self, program: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program and go on; `end` ends it at the latest."""
        process = subprocess.Popen(
            self.wine.command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.wine.environment(), **(environment or {})},
        )
        self.processes.append(process)
        return process

    def answers_left(self, **values: str) -> Path:
        """An answers file that stays as long as the computer."""
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

    def uninstall(self, exam: str, *options: str, timeout_s: float = 120) -> Ended:
        """Uninstall silently; `/FORCE` among the options uninstalls before the time too."""
        program, place = self.uninstaller(exam)
        return self.run(program, "/S", *options, *place, timeout_s=timeout_s)

    def left_behind(self) -> list[str]:
        """Every file and folder of ours on this computer."""
        places = [self.program_files, self.drive / "ProgramData", *(self.drive / "users").glob("*/Desktop")]
        found = [path for place in places for path in place.rglob("*") if "oneseat" in str(path).lower()]
        return sorted(str(path.relative_to(self.drive)) for path in found)

    @contextlib.contextmanager
    def screen(self) -> Iterator[Screen]:
        """A screen of its own; everything that runs on this computer shows there meanwhile."""
        screen = Screen.start()
        self.wine = Wine(self.wine.prefix, screen.display)
        try:
            yield screen
        finally:
            self.end()
            self.wine = Wine(self.wine.prefix)
            screen.stop()

    def end(self) -> None:
        """End everything that runs on this computer."""
        super().end()
        for process in self.processes:
            process.wait(30)
            if process.stdout:
                process.stdout.close()
        self.processes.clear()


@dataclass(frozen=True)
class Screen:
    """A virtual screen, a person's hands (xdotool), and a camera (ImageMagick's import)."""

    display: str
    server: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> Screen:
        """Start an X server on a display that it chooses itself."""
        reader, writer = os.pipe()
        # Else a screen begins anew whenever its last user leaves, and turns away who comes just then:
        # wine then goes on without one.
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
        server = subprocess.Popen(
            command,
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        return cls(f":{number}", server)

    def stop(self) -> None:
        """Switch it off."""
        self.server.terminate()
        self.server.wait(30)

    def shot(self, path: Path) -> Path:
        """Take a picture of the whole screen (PNG)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # By Debian's path: another program of the same name may stand before it.
        self._tool("/usr/bin/import-im6.q16", "-window", "root", str(path))
        return path

    def wait_for_window(self, name: str, timeout_s: float = 60) -> str:
        """Wait until a window whose title holds ``name`` is there, and return its id."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self._try("xdotool", "search", "--onlyvisible", "--name", name)
            if found:
                return found.split()[-1]
            time.sleep(0.25)
        raise AssertionError(f"no window named {name} appeared in {timeout_s:.0f} s")

    def wait_for_text(self, path: Path, text: str, timeout_s: float = 90) -> None:
        """Wait until a file holds a text."""
        self.wait_for_count(path, text, 1, timeout_s)

    def wait_for_count(self, path: Path, text: str, count: int, timeout_s: float = 90) -> None:
        """Wait until a file holds a text so many times."""
        deadline = time.monotonic() + timeout_s
        while not path.exists() or path.read_text("utf-8", "replace").count(text) < count:
            assert time.monotonic() < deadline, f"{path.name} did not come to hold {text!r}"
            time.sleep(0.25)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self._tool("xdotool", "type", "--delay", "15", text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, such as ``Tab`` or ``alt+n``."""
        for key in keys:
            self._tool("xdotool", "key", key)
            time.sleep(0.15)

    def settle(self, seconds: float = 1) -> None:
        """Give windows time to draw."""
        time.sleep(seconds)

    def _tool(self, *command: str) -> str:
        return run(Job(command[0], "a test", command, 30, {"DISPLAY": self.display}))

    def _try(self, *command: str) -> str:
        status, said = run_for_status(Job(command[0], "a test", command, 30, {"DISPLAY": self.display}))
        return said.strip() if status == 0 else ""
