"""The main job as a newcomer runs it: `build.py demo`, twice, and what it leaves behind."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = {".log", ".json", ".jws", ".txt", ".db", ".db-wal"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def exam_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's exam on a port of the test's own."""
    path = tmp_path_factory.mktemp("exam") / "demo.toml"
    text = (ROOT / "exams" / "demo.toml").read_text(encoding="utf-8")
    assert "127.0.0.1:8765" in text
    path.write_text(text.replace("127.0.0.1:8765", f"127.0.0.1:{free_port()}"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(exam_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], str]:
    """Two runs in one workspace: the workspace, both results, and all that was said beside them."""
    workspace = tmp_path_factory.mktemp("work")
    command = [sys.executable, str(ROOT / "build.py"), "demo", "--json", "-v"]
    options = ["--exam", str(exam_file), "--workspace", str(workspace)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONESEAT_W")}
    results, said = [], ""
    for _ in range(2):
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        results.append(json.loads(done.stdout))
        said += done.stderr + done.stdout
    return workspace, results, said


@pytest.mark.wine
@pytest.mark.slow
def test_the_owner_is_accepted_and_a_stranger_refused_both_times(runs: tuple[Path, list[Any], str]) -> None:
    for result in runs[1]:
        proved = [(one["step"], one["status"]) for one in result["proved"]]
        assert proved == [
            ("the owner installs", 0),
            ("the owner starts the client", 0),
            ("a stranger starts that client", 45),
            ("a stranger installs that file", 21),
        ]


@pytest.mark.wine
@pytest.mark.slow
def test_the_second_run_reuses_base_seats_and_activation(runs: tuple[Path, list[Any], str]) -> None:
    first, second = runs[1]
    assert (first["base_built"], second["base_built"]) == (True, False)
    assert (first["base"], first["sha256"], first["seats"]) == (second["base"], second["sha256"], 200)


def personal(workspace: Path) -> Iterator[tuple[str, str]]:
    with (workspace / "demo" / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        for name, id_number, admission_number in list(csv.reader(file))[1:]:
            yield from (("name", name), ("ID number", id_number), ("admission number", admission_number))


@pytest.mark.wine
@pytest.mark.slow
def test_nothing_personal_is_in_any_output_log_name_or_shipped_file(
    runs: tuple[Path, list[Any], str],
) -> None:
    workspace, _, said = runs
    values = list(personal(workspace))
    assert len(values) == 600
    places = {"standard streams": said.encode()}
    for path in (workspace / "demo").rglob("*"):
        assert not any(value in path.name for _, value in values), path.name
        ours = "computers" not in path.parts or "oneseat" in str(path).lower() or path.suffix == ".log"
        if path.is_file() and ours and (path.suffix in TEXTS or "ProgramData" in path.parts):
            places[str(path.relative_to(workspace))] = path.read_bytes()
    assert any("portal.log" in name for name in places) and any("ProgramData" in name for name in places)
    for name, content in places.items():
        for kind, value in values:
            # The state is keyed by admission number; it holds neither name nor ID number. Eight digits,
            # as some travel permits have, turn up in binary files by chance.
            if (kind == "admission number" and ".db" in name) or len(value.encode()) < 9:
                continue
            for form in (value.encode(), value.encode("utf-16-le")):
                assert form not in content, f"{kind} in {name}"
