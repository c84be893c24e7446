"""A candidate's computer: a wine prefix of its own, a screen of its own, and an identity of its own.

computer = CandidateComputer.create(tmp_path / "computer")
with computer.screen():
    ended = computer.install(installer, answers)
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

from bootstrap import layout
from pipeline.tools.runner import Job, run, run_for_status
from pipeline.tools.windows import Wine

SCREEN = "1024x768x24"


@dataclass(frozen=True)
class Ended:
    """How a Windows program ended: its exit status, and what it said or logged."""

    status: int
    said: str


@dataclass
class CandidateComputer:
    """One computer of one candidate; nothing on it is shared with another but wine's own files."""

    wine: Wine
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def create(cls, folder: Path) -> CandidateComputer:
        """A new computer, copied from the prepared prefix, with a MachineGuid that no other has."""
        prefix = folder / "prefix"
        _clone(layout.wine_prefix(), prefix)
        computer = cls(Wine(prefix), folder / "install.log")
        computer.set_registry(r"HKLM\Software\Microsoft\Cryptography", "MachineGuid", str(uuid.uuid4()))
        return computer

    @property
    def drive(self) -> Path:
        """Its C: drive."""
        return self.wine.prefix / "drive_c"

    @property
    def program_files(self) -> Path:
        """Where 64-bit programs are installed."""
        return self.drive / "Program Files"

    def program(self, exam: str) -> Path:
        """The installed client of an exam."""
        return self.program_files / "OneSeat" / exam / "OneSeat.exe"

    def set_registry(self, key: str, name: str, value: str) -> None:
        """Set a text value in the registry's 64-bit view."""
        ended = self.run(self._system("reg.exe"), "add", key, "/v", name, "/d", value, "/f", "/reg:64")
        assert ended.status == 0, ended.said

    def registry(self, key: str) -> str:
        """What `reg query` says of a key; empty when there is none."""
        ended = self.run(self._system("reg.exe"), "query", key, "/s", "/reg:64")
        return ended.said if ended.status == 0 else ""

    def run(
        self,
        program: Path,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        timeout_s: float = 180,
    ) -> Ended:
        """Run a program to its end."""
        command = self.wine.command(program, *arguments)
        variables = {**self.wine.environment(), **(environment or {})}
        return Ended(*run_for_status(Job(program.name, "a test", command, timeout_s, variables)))

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

    def answers(self, **values: str) -> Path:
        """An answers file that only we can read."""
        path = self.wine.prefix / f"answers-{uuid.uuid4().hex}.txt"
        path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), "utf-8")
        path.chmod(0o600)
        return path

    def install(self, installer: Path, answers: Path | None = None, timeout_s: float = 300) -> Ended:
        """Install silently; returns the error level and the log."""
        self.log.unlink(missing_ok=True)
        options = [f"/LOG={self.wine.windows_path(self.log)}"]
        options += [f"/ANSWERS={self.wine.windows_path(answers)}"] if answers else []
        ended = self.run(installer, "/S", *options, timeout_s=timeout_s)
        log = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return Ended(ended.status, log)

    def uninstall(self, exam: str, timeout_s: float = 120) -> Ended:
        """Uninstall silently, and wait for the copy of itself that the uninstaller leaves the work to."""
        folder = self.program(exam).parent
        # `_?=` keeps the uninstaller from copying itself away, so that its exit status is known.
        ended = self.run(
            folder / "uninstall.exe", "/S", f"_?={self.wine.windows_path(folder)}", timeout_s=timeout_s
        )
        self.wine.wait()
        return ended

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
        self.wine.end_all()
        for process in self.processes:
            process.wait(30)
            if process.stdout:
                process.stdout.close()
        self.processes.clear()

    def _system(self, name: str) -> Path:
        return self.drive / "windows" / "system32" / name


@dataclass(frozen=True)
class Screen:
    """A virtual screen, a person's hands (xdotool), and a camera (ImageMagick's import)."""

    display: str
    server: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> Screen:
        """Start an X server on a display that it chooses itself."""
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
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
        deadline = time.monotonic() + timeout_s
        while not path.exists() or text not in path.read_text("utf-8", "replace"):
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


def _clone(prepared: Path, prefix: Path) -> None:
    """Copy a prefix; wine's own files, which nothing of ours changes, as links to the same bytes."""
    prefix.mkdir(parents=True)
    windows = prepared / "drive_c" / "windows"

    def shared(source: str, target: str) -> None:
        path = Path(source)
        try:
            if path.is_relative_to(windows):
                os.link(source, target)
                return
        except OSError:
            pass  # another file system, or one without links
        shutil.copy2(source, target)

    shutil.copytree(prepared, prefix, symlinks=True, copy_function=shared, dirs_exist_ok=True)
