"""Starting programs: what a release engineer sees when one of them fails."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from oneseat.pipeline.tools.errors import ToolFailed, ToolMissing, ToolTimedOut
from oneseat.pipeline.tools.runner import LAST_LINES, Invocation, run, run_for_status


def python(source: str, *arguments: str, timeout_s: float = 30) -> Invocation:
    return Invocation("python", "a trial", [sys.executable, "-c", source, *arguments], timeout_s)


def test_both_streams_come_back_line_by_line() -> None:
    seen: list[str] = []
    said = run(python("import sys; print('one', flush=True); print('two', file=sys.stderr)"), seen.append)
    assert said.splitlines() == seen == ["one", "two"]


def test_a_failure_shows_the_job_the_status_and_only_the_last_lines() -> None:
    with pytest.raises(ToolFailed) as caught:
        run(python("for i in range(100): print('line', i)\nprint()\nraise SystemExit(3)"))
    text = caught.value.diagnostics()
    assert "a trial, exit status 3" in text
    assert "line 99" in text
    assert f"line {100 - LAST_LINES}\n" in text
    assert f"line {99 - LAST_LINES}\n" not in text


def test_an_absent_program_is_named_with_the_place_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing) as caught:
        run(Invocation("gadget", "a trial", [tmp_path / "gadget"]))
    assert "gadget was not found" in caught.value.diagnostics()
    assert str(tmp_path / "gadget") in caught.value.diagnostics()


def test_a_time_limit_ends_the_program_and_what_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    source = (
        "import pathlib, subprocess, sys, time\n"
        "process = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(process.pid)); print('started', flush=True); time.sleep(60)"
    )
    with pytest.raises(ToolTimedOut) as caught:
        run(python(source, str(child), timeout_s=2))
    assert "started" in caught.value.diagnostics()
    pid, deadline = int(child.read_text()), time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the program's own child outlived it"
        time.sleep(0.05)


def test_there_is_nothing_to_read_and_no_shell_to_interpret() -> None:
    said = run(python("import sys; print(repr(sys.stdin.read())); print(sys.argv[1])", "$HOME; `id` && true"))
    assert said.splitlines() == ["''", "$HOME; `id` && true"]


def test_an_exit_status_can_be_an_answer() -> None:
    assert run_for_status(python("print('no'); raise SystemExit(1)")) == (1, "no")
