"""A simulated candidate's computer: a wine prefix with its own machine identity."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from oneseat.pipeline.checkout import layout
from oneseat.pipeline.tools.runner import Invocation, run_for_status
from oneseat.pipeline.tools.windows import Wine
from signing.text import Text

_MACHINE_GUID = r"HKLM\Software\Microsoft\Cryptography"


@dataclass(frozen=True)
class ProgramResult:
    """A Windows program's exit status, and its output or log."""

    status: int
    output: str


@dataclass
class CandidateComputer:
    """One computer of one candidate. Computers share only wine's own files."""

    wine: Wine
    log: Path

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Create a computer: copy the prepared prefix and set a random MachineGuid."""
        prefix = folder / "prefix"
        draft = folder / "prefix.draft"
        shutil.rmtree(draft, ignore_errors=True)
        clone_prefix(layout.wine_prefix(), draft)
        computer = cls(Wine(draft), folder / "install.log")
        computer.set_registry(_MACHINE_GUID, "MachineGuid", str(uuid.uuid4()))
        computer.end()
        draft.rename(prefix)
        return cls(Wine(prefix), folder / "install.log")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the computer in a folder; create it if there is none."""
        if (folder / "prefix").is_dir():
            return cls(Wine(folder / "prefix"), folder / "install.log")
        return cls.create(folder)

    @property
    def drive(self) -> Path:
        """Its C: drive."""
        return self.wine.prefix / "drive_c"

    @property
    def program_files(self) -> Path:
        """The folder of 64-bit programs."""
        return self.drive / "Program Files"

    def program(self, exam: str) -> Path:
        """Return the path of an exam's installed client."""
        return self.program_files / "OneSeat" / exam / "OneSeat.exe"

    def set_registry(self, key: str, name: str, value: str) -> None:
        """Set a text value in the registry's 64-bit view."""
        self.run(self.system("reg.exe"), "add", key, "/v", name, "/d", value, "/f", "/reg:64")

    def system(self, name: str) -> Path:
        """Return the path of a program in System32."""
        return self.drive / "windows" / "system32" / name

    def run(
        self,
        program: Path,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        timeout_s: float = 180,
    ) -> ProgramResult:
        """Run a program and wait for its end, not for that of wine's services, which share its output."""
        self.wine.start()
        invocation = Invocation(
            program.name,
            Text("on a candidate's computer", "模拟考生电脑"),
            self.wine.command(program, *arguments),
            timeout_s,
            {**self.wine.environment(), **(environment or {})},
        )
        return ProgramResult(*run_for_status(invocation, leaves_others=True))

    @contextmanager
    def answers(self, **values: str) -> Iterator[Path]:
        """Create a private answers file for the duration of the block."""
        path = self.wine.prefix / f"answers-{uuid.uuid4().hex}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{key}={value}\n" for key, value in values.items())
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def install(self, installer: Path, answers: Path | None = None, timeout_s: float = 300) -> ProgramResult:
        """Install silently; return error level and log."""
        self.log.unlink(missing_ok=True)
        options = [f"/LOG={self.wine.windows_path(self.log)}"]
        options += [f"/ANSWERS={self.wine.windows_path(answers)}"] if answers else []
        result = self.run(installer, "/S", *options, timeout_s=timeout_s)
        log = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return ProgramResult(result.status, log)

    def check(self, exam: str, answers: Path) -> ProgramResult:
        """Run the installed client's checks without its window; return status and report."""
        arguments = ["--check", "--json", "--answers", self.wine.windows_path(answers)]
        return self.run(self.program(exam), *arguments)

    def end(self) -> None:
        """End all programs of this computer."""
        self.wine.end_all()


def clone_prefix(prepared: Path, prefix: Path) -> None:
    """Copy a prefix. Wine's own files are hard-linked, since nothing changes them."""
    prefix.mkdir(parents=True)
    windows = prepared / "drive_c" / "windows"

    def shared(source: str, target: str) -> None:
        path = Path(source)
        try:
            if path.is_relative_to(windows):
                os.link(source, target)
                return
        except OSError:
            pass  # another file system, or one without hard links: copy instead
        shutil.copy2(source, target)

    shutil.copytree(prepared, prefix, symlinks=True, copy_function=shared, dirs_exist_ok=True)
