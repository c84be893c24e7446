"""Fuzzes target after target, each in a fork of one process that has loaded and instrumented the parsers.

As a program it reads a line of JSON for each: the folder to work in, and the arguments of ``tests.fuzz``.
It writes the fork's exit status when that has ended; what the fork has said is in the folder's file ``said``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID = "said"


@dataclass(frozen=True)
class Fuzzer:
    """The process that forks, and that which tests ask."""

    process: subprocess.Popen[str]

    def run(self, folder: Path, *arguments: str) -> tuple[int, str]:
        """Run the fuzzer with these arguments in a folder; return its exit status and what it said."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(folder), *arguments]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()), (folder / SAID).read_text("utf-8", errors="replace")


@contextmanager
def fuzzer() -> Iterator[Fuzzer]:
    """Start the process that forks, and end it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz.forks"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Fuzzer(process)
        process.communicate()


def _serve() -> None:
    from tests.fuzz.__main__ import main

    for line in sys.stdin:
        folder, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(said, 1)
            os.dup2(said, 2)
            main(arguments)  # which ends the process
            os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
