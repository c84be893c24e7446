"""``issue`` as a release engineer runs it: plans as JSON, progress, Ctrl-C, rows taken up again."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console as RichConsole
from rich.progress import Task

from oneseat.commands import progress
from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline import durations
from oneseat.pipeline.base import current_base
from oneseat.pipeline.events import Progress
from oneseat.pipeline.exam.model import load
from oneseat.pipeline.issuing import run as issue_run
from oneseat.pipeline.keys import rings
from oneseat.pipeline.roster import sample, write_sample
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workspace import Workspace
from signing.clock import SystemClock
from tests.commands.fake_base import FakeBase
from tests.demo_exam import WITHOUT_PHONES

ROOT = Path(__file__).parents[2]
EXAM = load(WITHOUT_PHONES)
PASSPHRASE = "only for tests"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("ONESEAT_EXAM", str(WITHOUT_PHONES))
    monkeypatch.setattr(current_base, "last_built", lambda _: FakeBase())
    monkeypatch.setattr(issue_run, "CHUNK", 10)
    rings.init(Workspace(tmp_path, EXAM.id), PASSPHRASE.encode(), SystemClock(), rehearsal=True)
    return tmp_path


def _people(count: int) -> list[Person]:
    return list(sample(count, 1, EXAM))


def _roster(folder: Path, people: list[Person]) -> str:
    write_sample(folder / "roster.csv", iter(people))
    return str(folder / "roster.csv")


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    status = run(main_group, ["issue", *arguments])
    captured = capsys.readouterr()
    assert PASSPHRASE not in captured.out + captured.err
    return status, json.loads(captured.out) if captured.out else None, captured.err


def test_a_plan_is_one_json_object_and_the_run_after_it_does_just_that(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = _people(30)
    people[4] = Person("", *people[4][1:])
    roster = _roster(workspace, people)
    status, plan, _ = _run(capsys, roster, "--plan", "--workers", "0")
    assert status == 0
    assert (plan["rows"], plan["add"], plan["leave_out"], len(plan["steps"])) == (30, 29, 1, 30)
    assert plan["steps"][0]["act"] == "add"
    assert plan["steps"][4] == {
        "row": 6,
        "act": "leave out",
        "why": "faulty",
        "jti": None,
        "generation": None,
    }
    for person in people:
        assert person.id_number not in str(plan)
        assert person.admission_number not in str(plan)
    status, done, said = _run(capsys, roster, "--json", "--workers", "0")
    assert status == 0
    assert (done["issue_run"], done["issued_at"]) == (plan["issue_run"], plan["issued_at"])
    assert done["added"] == 29
    assert (done["faulty"], done["faults"][0]["row"]) == (1, 6)
    assert "--retry-failed" in said


def test_rows_that_were_left_out_are_taken_up_again(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = _people(12)
    broken = [*people[:3], Person("", *people[3][1:]), *people[4:]]
    assert _run(capsys, _roster(workspace, broken), "--json", "--workers", "0")[1]["faulty"] == 1
    again = (_roster(workspace, people), "--json", "--workers", "0", "--retry-failed")
    assert _run(capsys, *again)[1]["added"] == 1
    status, refused, _ = _run(capsys, *again)
    assert (status, refused["error"]["code"]) == (169, "OS-169")


STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", STOPPING)
def test_a_stopping_signal_ends_with_the_chunk_and_says_how_to_go_on(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    roster = _roster(workspace, _people(50))
    written = issue_run.Run.write

    def write(self: issue_run.Run, outcome: issue_run.ChunkOutcome) -> None:
        written(self, outcome)
        if outcome.sent.chunk == 1:
            signal.raise_signal(number)

    monkeypatch.setattr(issue_run.Run, "write", write)
    status, _, said = _run(capsys, roster, "--workers", "0", "--json")
    assert status == 128 + number
    assert "Stopped after 20 rows" in said
    assert "again" in said
    monkeypatch.setattr(issue_run.Run, "write", written)
    done = _run(capsys, roster, "--json", "--workers", "0")[1]
    assert (done["added"], done["resumed"]) == (50, True)


@pytest.mark.parametrize(
    ("number", "where"),
    [
        pytest.param(signal.SIGINT, (), id="processes"),
        pytest.param(signal.SIGINT, ("--scheduler", "local"), id="dask"),
        pytest.param(signal.SIGHUP, (), id="processes, hang-up"),
        pytest.param(signal.SIGTERM, (), id="processes, terminated with their service"),
    ],
)
def test_a_signal_to_workers_too_does_not_disturb_them(
    workspace: Path, number: int, where: tuple[str, ...]
) -> None:
    """A terminal signals every process; the run still stops behind a whole chunk, without noise."""
    roster = _roster(workspace, _people(4000))
    program = workspace / "issue.py"
    program.write_text(
        "import sys\n"
        "if __name__ == '__main__':\n"  # and not in the workers, which load the program too
        "    from oneseat.commands.main import main_group\n"
        "    from oneseat.commands.run import run\n"
        "    from oneseat.pipeline.base import current_base\n"
        "    from oneseat.pipeline.issuing import run as issue_run\n"
        "    from tests.commands.fake_base import FakeBase\n"
        "    issue_run.CHUNK = 5\n"
        "    current_base.last_built = lambda _: FakeBase()\n"
        "    write = issue_run.Run.write\n"
        "    def write_and_print(self, outcome):\n"
        "        write(self, outcome)\n"
        "        print(outcome.sent.chunk, flush=True)\n"
        "    issue_run.Run.write = write_and_print\n"
        "    sys.exit(run(main_group, ['issue', *sys.argv[1:]]))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(program), roster, "--workers", "2", *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number, said
    assert "Stopped after" in said
    assert "Traceback" not in said


# ------------------------------------------------------------ what watchers are told


def _task(rows: Callable[[int], int], seconds: int, total: int | None, faulty: int = 0) -> Task:
    """A task that was told once a second how many rows are done."""
    now = 0.0
    bar = progress.rate_bar(RichConsole(file=io.StringIO()), lambda: now)
    task = bar.add_task("", total=None, faulty=faulty)
    for second in range(1, seconds + 1):
        now = float(second)
        bar.update(task, total=total, completed=rows(second))
    return bar.tasks[0]


def test_a_rate_is_that_of_the_last_seconds() -> None:
    task = _task(lambda second: min(second, 10) * 1000 + max(second - 10, 0) * 100, 30, 20_000)
    assert task.speed == pytest.approx(100)
    assert task.time_remaining == pytest.approx((20_000 - 12_000) / 100)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")]
)
def test_durations_read_as_people_say_them(seconds: float, said: str) -> None:
    assert durations.duration(seconds) == said


@pytest.mark.parametrize(
    ("total", "first", "second"),
    [
        (1000, "  500 of about 1,000 rows, 2 faulty", "  600 of about 1,000 rows"),
        (None, "  500 rows, 2 faulty", "  600 rows"),
    ],
)
def test_a_log_has_a_line_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, total: int | None, first: str, second: str
) -> None:
    monkeypatch.setattr(progress, "LOG_INTERVAL_S", 0.0)
    out = io.StringIO()
    with progress.show_progress(RichConsole(file=out, width=100)) as tell:
        tell(Progress(500, 2, total))
        tell(Progress(600, 2, total))
    lines = out.getvalue().splitlines()
    assert lines[0] == first, "no rate is known yet"
    assert lines[1].startswith(second) and lines[1].endswith(", 2 faulty")


def test_a_terminal_shows_a_bar_with_rate_and_time_left() -> None:
    out = io.StringIO()
    with progress.show_progress(RichConsole(file=out, force_terminal=True, width=100)) as tell:
        tell(Progress(500, 2, 1000))
        time.sleep(0.05)
        tell(Progress(600, 3, 1000))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())
    assert re.search(r"600 rows +[0-9,]+/s +00:0\d +3 faulty", shown), shown


def test_a_line_of_a_log_says_rate_and_time_left() -> None:
    assert progress.log_line(_task(lambda second: second * 17_203, 20, 998_134, faulty=12_345)) == (
        "344,060 of about 998,134 rows, 17,203 a second, 39 s left, 12,345 faulty"
    )
    assert progress.log_line(_task(lambda second: second * 50, 1, None)) == "50 rows, 0 faulty"
