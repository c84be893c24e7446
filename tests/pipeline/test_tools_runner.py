"""Starting programs: what a release engineer sees when one of them fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from oneseat.pipeline.tools.errors import ToolFailed, ToolMissing, ToolTimedOut
from oneseat.pipeline.tools.runner import LAST_LINES, Invocation, run, run_for_status
from signing.text import Text
from tests.patience import wait_until


def python(source: str, *arguments: str, timeout_s: float = 30) -> Invocation:
    return Invocation(
        "python", Text("a trial", "试运行"), [sys.executable, "-c", source, *arguments], timeout_s
    )


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
        run(Invocation("gadget", Text("a trial", "试运行"), [tmp_path / "gadget"]))
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
    _assert_ended([int(child.read_text())])


def test_there_is_nothing_to_read_and_no_shell_to_interpret() -> None:
    said = run(python("import sys; print(repr(sys.stdin.read())); print(sys.argv[1])", "$HOME; `id` && true"))
    assert said.splitlines() == ["''", "$HOME; `id` && true"]


def test_an_exit_status_can_be_an_answer() -> None:
    assert run_for_status(python("print('no'); raise SystemExit(1)")) == (1, "no")


def test_locale_time_zone_and_umask_are_the_same_for_every_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    folder = tmp_path / "考务"
    folder.mkdir()
    source = (
        "import locale, os, time\n"
        "print(locale.getpreferredencoding(), time.timezone, os.environ.get('LANGUAGE'), os.getcwd())\n"
        "open('made', 'w')"
    )
    before = os.umask(0o077)
    try:
        output = run(replace(python(source), folder=folder))
    finally:
        os.umask(before)
    assert output == f"UTF-8 0  {folder}"
    assert (folder / "made").stat().st_mode & 0o777 == 0o644


def test_what_an_invocation_sets_wins() -> None:
    invocation = python("import time; print(time.timezone)")
    assert run(replace(invocation, environment={"TZ": "CST-8"})) == "-28800"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_command_its_tool_and_what_that_started(tmp_path: Path, number: int) -> None:
    command = _command_with_a_tool(tmp_path)
    pids = _pids(tmp_path)
    command.send_signal(number)
    output, _ = command.communicate(timeout=20)
    assert command.returncode == 128 + number
    assert "Interrupted. Run the same command again to go on." in output
    assert "Traceback" not in output
    assert (tmp_path / "cleaned").exists(), "finally blocks run"
    _assert_ended(pids)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="asks the kernel through setpriv")
def test_a_kill_of_the_command_ends_its_tool(tmp_path: Path) -> None:
    command = _command_with_a_tool(tmp_path)
    tool, _ = _pids(tmp_path)
    command.kill()
    command.communicate(timeout=20)
    _assert_ended([tool])


def _command_with_a_tool(folder: Path) -> subprocess.Popen[str]:
    """Start a command whose tool has started a program of its own and would run for a minute."""
    child = "import time; time.sleep(60)"
    tool = (
        "import os, pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "path = pathlib.Path(sys.argv[1], 'pids')\n"
        "path.with_suffix('.new').write_text(f'{os.getpid()} {child.pid}')\n"
        "path.with_suffix('.new').rename(path); time.sleep(60)"
    )
    command = (
        "import pathlib, sys, click\n"
        "from oneseat.commands.run import run\n"
        "from oneseat.pipeline.tools import runner\n"
        "group = click.Group()\n"
        "@group.command()\n"
        "def build():\n"
        "    try:\n"
        f"        words = [sys.executable, '-c', {tool!r}, sys.argv[1]]\n"
        "        runner.run(runner.Invocation('tool', 'a trial', words))\n"
        "    finally:\n"
        "        pathlib.Path(sys.argv[1], 'cleaned').touch()\n"
        "sys.exit(run(group, ['build']))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", command, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # This test's own caller may ignore what it sends, and a child inherits that.
        preexec_fn=_with_default_handlers,  # noqa: PLW1509 -- no threads here
    )


def _with_default_handlers() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _pids(folder: Path) -> list[int]:
    wait_until((folder / "pids").exists, "the tool did not start")
    return [int(word) for word in (folder / "pids").read_text().split()]


def _assert_ended(pids: list[int]) -> None:
    for pid in pids:
        wait_until(lambda pid=pid: _has_ended(pid), "a tool outlived its command")  # type: ignore[misc]


def _has_ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_program_that_leaves_others_is_waited_for_alone() -> None:
    source = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid); sys.exit(3)"
    )
    status, output = run_for_status(python(source), leaves_others=True)
    child = psutil.Process(int(output))
    assert (status, child.is_running()) == (3, True)
    child.kill()
