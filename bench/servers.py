"""Starts a portal or a room as a process of its own, and reads what it uses."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_SERVE = """
import importlib, sys
kind = sys.argv[1]
serve = importlib.import_module(f"oneseat.{kind}.serve").serve
settings = getattr(importlib.import_module(f"oneseat.{kind}.settings"), f"{kind.title()}Settings")
serve(
    settings.model_validate_json(sys.stdin.read()),
    "127.0.0.1",
    0,
    on_ready=lambda url: (sys.stdout.write(url + "\\n"), sys.stdout.flush()),
)
"""


@dataclass(frozen=True)
class Server:
    """A running server process."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def cpu_s(self) -> float:
        """CPU time of the process so far (proc(5): the fields utime and stime)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_S

    def memory_mib(self) -> float:
        """Memory that is its own, without what files are mapped: those are the page cache's."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) / 1024


@contextlib.contextmanager
def serving(kind: Literal["portal", "room"], settings: Mapping[str, Any], log: Path) -> Iterator[Server]:
    """A server with these settings, killed at the end of the block."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, kind],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(json.dumps(settings).encode())
        process.stdin.close()
        url = process.stdout.readline().decode().strip()
        assert url, log.read_text()
        try:
            yield Server(url, process)
        finally:
            process.kill()
            process.wait(timeout=60)
