"""The main job as a newcomer runs it: `oneseat demo`, twice, and what it leaves behind."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import DemoRuns

TEXTS = {".log", ".json", ".jws", ".txt", ".db", ".db-wal"}


@pytest.mark.wine
@pytest.mark.slow
def test_the_owner_is_accepted_and_a_stranger_refused_both_times(demo_runs: DemoRuns) -> None:
    for result in demo_runs.results:
        proved = [(one["step"], one["status"]) for one in result["proved"]]
        assert proved == [
            ("the owner installs", 0),
            ("the owner starts the client", 0),
            ("a stranger starts that client", 45),
            ("a stranger installs that file", 21),
            ("a candidate with a simulated device and phone goes through the mock interview", 0),
            ("the interview's evidence is exported, verified and played to its end", 0),
        ]
        assert result["interview"]["segments"] >= 3, "camera, screen and phone"
        assert result["interview"]["size"] > 50_000
        assert result["evidence"]["size"] == result["interview"]["size"]
        assert result["evidence"]["played_s"] > 5, "joined files, decoded to their end"
    receipts = [result["interview"]["receipt"] for result in demo_runs.results]
    assert len(set(receipts)) == 2


@pytest.mark.wine
@pytest.mark.slow
def test_the_second_run_reuses_base_seats_and_activation(demo_runs: DemoRuns) -> None:
    first, second = demo_runs.results
    assert (first["base_built"], second["base_built"]) == (True, False)
    assert (first["base"], first["sha256"], first["seats"]) == (second["base"], second["sha256"], 200)


def personal(workspace: Path) -> Iterator[tuple[str, str]]:
    with (workspace / "demo" / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        for name, id_number, admission_number in list(csv.reader(file))[1:]:
            yield from (("name", name), ("ID number", id_number), ("admission number", admission_number))


@pytest.mark.wine
@pytest.mark.slow
def test_nothing_personal_is_in_any_output_log_name_or_shipped_file(
    demo_runs: DemoRuns,
) -> None:
    workspace, output = demo_runs.workspace, demo_runs.output
    values = list(personal(workspace))
    assert len(values) == 600
    places = {"standard streams": output.encode()}
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
