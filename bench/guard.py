"""Measures what the guard costs: a look at the computer every two seconds, under wine.

Keys of the ``--json`` object:

* ``guard_core`` -- seconds of a look, the median, by the two seconds between looks; at most 0.03. The time
  in which wine's server works for it is counted
* ``look_ms``, ``slowest_ms`` -- the median and the slowest look
* ``own_core`` -- processor time of the client alone, likewise
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.measure import report
from bootstrap import layout
from oneseat.client.gui.room_ticker import GUARD_EVERY_S
from oneseat.pipeline.tools.runner import run_for_status
from oneseat.pipeline.tools.windows import WindowsPython
from signing.text import Text
from tests.e2e.wine import TestedComputer

_BESIDE = 40
"""Programs that run beside it, as on a candidate's computer."""


def looks(folder: Path, count: int) -> dict[str, Any]:
    """Run looks in the Python that ships, in a wine prefix with a screen and some programs."""
    computer = TestedComputer.create(folder / "computer")
    lines: list[str] = []
    with computer.screen():
        python = WindowsPython(computer.wine)
        packages = computer.wine.windows_path(layout.windows_test_packages())
        project = computer.wine.windows_path(layout.PROJECT)
        code = (
            "import subprocess, sys;"
            f"beside = [subprocess.Popen(['cmd.exe'], stdin=-1, stdout=-3) for _ in range({_BESIDE})];"
            "import bench.guard_looks as looks;"
            f"looks.main({count});"
            "[one.kill() for one in beside]"
        )
        job = python.invocation(
            Text("measuring the guard", "测量考试监测"),
            *("-X", "utf8", "-c", code),
            timeout_s=600,
            environment={"PYTHONPATH": f"{project};{packages}"},
            folder=folder,
        )
        run_for_status(job, lines.append)
    found: dict[str, Any] = json.loads(next(line for line in lines if line.startswith("{")))
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--looks", "count", default=200, show_default=True, help="Looks that are measured.")
def main(as_json: bool, count: int) -> None:
    """Measure the guard's looks; status 1 if the limit is exceeded."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        found = looks(Path(name), count)
    median = statistics.median(found["seconds"])
    figures = {
        "guard_core": median / GUARD_EVERY_S,
        "own_core": found["cpu_s"] / count / GUARD_EVERY_S,
        "look_ms": median * 1e3,
        "slowest_ms": max(found["seconds"]) * 1e3,
    }
    report("The guard", figures, {"guard_core": 0.03}, as_json)


if __name__ == "__main__":
    main()
