"""An installer without a payload: it runs every check, and ends where it would write files (OS-074).

It compiles in a second, and once for equal rules, so each test may have one with rules of its own, and run it
many times on a computer.
"""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.installer import InstallerCompiler
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.tools.makensis import Makensis
from signing.charter import CharterKey, Software
from tests.bases import known_test_key, without_payload
from tests.charters import charter
from tests.e2e.wine import TestedComputer

_WITHIN_S = 180
CHECKS_PASSED = 74
"""The status where nothing blocks: there are no files to write."""


@dataclass(frozen=True)
class ChecksOnly:
    """The installer, and the computer on which it runs."""

    program: Path
    computer: TestedComputer

    @classmethod
    def compile(
        cls, folder: Path, computer: TestedComputer, *catalogue: Software, **requirements: Any
    ) -> Self:
        """Compile with a catalogue and changed requirements; those of the tests are met by every computer."""
        key = known_test_key("checks only").public_key
        rules = charter(CharterKey("licence", key))
        needs = {"disk_free_gib": 0.1, "memory_free_gib": 0.1, **requirements}
        rules = dataclasses.replace(
            rules, requirements=dataclasses.replace(rules.requirements, **needs), catalogue=catalogue
        )
        inputs = BaseInputs(ExamNames.of(rules), key, sources=(), tools=())
        folder.mkdir()
        compiler = InstallerCompiler(inputs, InstallerRules.of(rules), Makensis(), folder)
        program = Path(shutil.copy(without_payload(compiler), folder / "checks.exe"))
        return cls(program, computer)

    def run(self, *options: str, **variables: str) -> tuple[int, str]:
        """Run silently, in Chinese, with variables of the environment that wine would set; status and log."""
        log, program = self.computer.log, self.computer.wine.windows_path(self.program)
        log.unlink(missing_ok=True)
        options = ("/S", "/LANG=2052", *options, f"/LOG={self.computer.wine.windows_path(log)}")
        lines = [f"set {name}={value}" for name, value in variables.items()]
        lines += [f'start /wait "" "{program}" {" ".join(options)}', "exit /b %errorlevel%"]
        batch = self.computer.drive / "run.bat"
        batch.write_text("".join(f"@{line}\r\n" for line in lines), "ascii", newline="")
        # Not read to its end: the desktop that wine starts for the installer keeps the output open while
        # other programs run.
        shell = self.computer.start(self.computer.system("cmd.exe"), "/c", r"C:\run.bat")
        return shell.wait(_WITHIN_S), log.read_text("utf-8") if log.exists() else ""
