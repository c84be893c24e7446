"""Session fixtures of the installer tests: a small exam, the demonstration, computers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exam import SmallExam
from tests.e2e.wine import TestedComputer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def small_exam(tmp_path_factory: pytest.TempPathFactory) -> SmallExam:
    return SmallExam.build(tmp_path_factory.mktemp("small-exam"))


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[TestedComputer]:
    candidates_computer = TestedComputer.create(tmp_path / "computer")
    yield candidates_computer
    candidates_computer.end()


@dataclass(frozen=True)
class DemoRuns:
    """Two runs of the demonstration in one workspace: their results and their output."""

    exam_file: Path
    workspace: Path
    results: list[Any]
    output: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo_runs(tmp_path_factory: pytest.TempPathFactory) -> DemoRuns:
    """The demonstration, with free ports for portal and exam room."""
    exam_file = tmp_path_factory.mktemp("exam") / "demo.toml"
    text = (ROOT / "exams" / "demo.toml").read_text(encoding="utf-8")
    for address in ("127.0.0.1:8765", "127.0.0.1:8766"):
        assert address in text
        text = text.replace(address, f"127.0.0.1:{free_port()}")
    exam_file.write_text(text, encoding="utf-8")
    workspace = tmp_path_factory.mktemp("work")
    command = [sys.executable, str(ROOT / "build.py"), "demo", "--json", "-v"]
    options = ["--exam", str(exam_file), "--workspace", str(workspace)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONESEAT_W")}
    results, output = [], ""
    for _ in range(2):
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        results.append(json.loads(done.stdout))
        output += done.stderr + done.stdout
    return DemoRuns(exam_file, workspace, results, output)
