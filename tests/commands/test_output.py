"""What a command prints, whatever its streams can take: one JSON object, no traceback, nothing raw."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from oneseat.commands import streams
from oneseat.commands.console import Console
from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.keys import rings
from oneseat.pipeline.workers.interrupts import Stopped

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "exams" / "demo.toml"
PROGRAM = f"{sys.executable} {ROOT / 'build.py'}"
NAME_OF_A_CANDIDATE = "张三丰"


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("ONESEAT_EXAM", str(DEMO))
    monkeypatch.setenv("ONESEAT_PASSPHRASE", "only for tests")
    monkeypatch.chdir(tmp_path)


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in bash, with ``oneseat`` for the program."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("oneseat", PROGRAM, 1)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        check=False,
    )


def one_object(text: str) -> Any:
    assert len(text.splitlines()) == 1, text
    return json.loads(text)


USAGE_ERRORS = [["nothing-like-it"], ["issue"], ["stamp"], ["exam", "check", "--odd"], ["keys"], []]


@pytest.mark.parametrize("arguments", USAGE_ERRORS, ids=" ".join)
@pytest.mark.parametrize("way", ["option", "environment", "file", "named file"])
def test_a_usage_error_is_one_object_however_json_is_asked_for(
    arguments: list[str],
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = list(arguments)
    match way:
        case "option":
            given.append("--json")
        case "environment":
            monkeypatch.setenv("ONESEAT_JSON", "1")
        case "file":
            (tmp_path / "oneseat.toml").write_text("json = true\n")
        case _:
            (tmp_path / "mine.toml").write_text("json = true\n")
            given = ["--config", "mine.toml", *given]
    assert run(main_group, given) == 2
    error = one_object(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_status"]) == (None, 2)
    assert error["cause"]["en"].isprintable() and "oneseat" not in error["cause"]["zh"]


@pytest.mark.parametrize("source", ["environment", "file"])
def test_a_refusal_is_one_object_however_json_is_asked_for(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if source == "environment":
        monkeypatch.setenv("ONESEAT_JSON", "yes")
    else:
        (tmp_path / "oneseat.toml").write_text("json = true\n")
    assert run(main_group, ["keys", "list"]) == 29
    assert one_object(capsys.readouterr().out)["error"]["code"] == "OS-029"


@pytest.mark.parametrize(
    ("raised", "words"), [(KeyboardInterrupt(), "中断"), (click.Abort(), "中断"), (Stopped(1000), "1,000")]
)
def test_an_interruption_is_one_object(
    raised: BaseException, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise raised

    monkeypatch.setattr(rings, "list_keys", interrupted)
    assert run(main_group, ["keys", "list", "--json"]) == 130
    error = one_object(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_status"]) == (None, 130) and words in error["cause"]["zh"]


def test_a_failure_after_the_result_prints_no_second_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = Console.result

    def then_interrupted(console: Console, *arguments: Any) -> None:
        printed(console, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "result", then_interrupted)
    assert run(main_group, ["exam", "show", "--json"]) == 130
    assert one_object(capsys.readouterr().out)["id"] == "demo"


def test_an_unforeseen_exception_is_a_refusal_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        try:
            int(NAME_OF_A_CANDIDATE)
        except ValueError as error:
            raise RuntimeError(f"parameters: {NAME_OF_A_CANDIDATE}") from error

    monkeypatch.setattr(rings, "list_keys", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(main_group, ["keys", "list", "--json"]) == 9
    captured = capsys.readouterr()
    assert NAME_OF_A_CANDIDATE not in captured.out + captured.err
    assert "Traceback" not in captured.err and "RuntimeError" in captured.err
    assert one_object(captured.out)["error"]["code"] == "OS-631"
    (log,) = tmp_path.glob("oneseat-fault-*.log")
    assert str(log) in captured.err
    written = log.read_text("utf-8")
    assert "test_output.py" in written and "ValueError" in written and NAME_OF_A_CANDIDATE not in written


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-16"])
def test_any_encoding_takes_prose_objects_and_refusals(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process is told its encoding by the environment; here the streams are made as it makes them."""
    said = subprocess.run(
        [sys.executable, str(ROOT / "build.py"), "exam", "show", "--json"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
    )
    assert json.loads(said.stdout.decode(encoding))["title"]["zh"].startswith("测试考试")
    for arguments, status in ((["exam", "show"], 0), (["keys", "list"], 29), (["exam", "check"], 0)):
        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding, "backslashreplace"))
            streams.prepare()
            assert run(main_group, arguments) == status
            sys.stdout.flush()
            sys.stderr.flush()
            # Decoded whole: what was written is in this encoding.
            shown, messages = out.getvalue().decode(encoding), err.getvalue().decode(encoding)
        assert bool(shown) == (status == 0) and "Traceback" not in messages


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("oneseat exam show --json >&-", 99),
        ("oneseat exam show >&-", 99),
        ("oneseat exam show --json >/dev/full", 99),
        ("oneseat exam show >/dev/full", 99),
        ("oneseat keys list --json >/dev/full", 29),
        ("oneseat keys list 2>/dev/full", 29),
        ("oneseat keys list 2>&-", 29),
        ("oneseat keys list <&- >&- 2>&-", 29),
        ("oneseat nothing --json >&-", 2),
        ("oneseat exam show --json | head -c 1", 0),
        ("oneseat exam show | head -1", 0),
        ("oneseat keys list --json | head -c 1", 29),
    ],
)
def test_a_stream_that_takes_nothing_ends_in_no_traceback(line: str, status: int) -> None:
    ended = shell(line)
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr
    if status == 99:
        assert "OS-099" in ended.stderr


def test_a_table_may_be_cut_off_by_head(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    rows = "".join(f"测试{number},1,{number}\n" for number in range(3000))
    roster.write_text(f"姓名,证件号码,准考证号\n{rows}", "utf-8")
    ended = shell(f"oneseat roster check {roster} | head -1")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr


def test_file_names_and_cells_show_neither_markup_nor_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console().table(
        "[red]a\x1b[2J\u202e.exe", ["[bold]x"], [["[link=http://a]b\x9b", "\ud800"][:1], ["\ud800"]]
    )
    shown = capsys.readouterr().out
    assert "[red]a\\x1b[2J\\u202e.exe" in shown and "[bold]x" in shown
    assert "[link=http://a]b\\x9b" in shown and "\\ud800" in shown
    Console().warn("a\x1bb")
    assert "a\\x1bb" in capsys.readouterr().err


def test_a_usage_error_quotes_what_was_typed_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(main_group, ["\x1b[2J\u202e"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Usage: oneseat ") and "\\x1b[2J\\u202e" in shown and "\x1b" not in shown


@pytest.mark.parametrize("value", ["\x9b2J", "\u202egpj", "\ud800", "\x7f", "\U000e0041", "考生　"])
def test_json_escapes_what_a_terminal_would_act_on(
    value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Console(as_json=True).result({"value": value})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"value": value}
    assert all(c.isprintable() or c in "\n　" for c in printed)
    narrow = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert json.loads(streams.json_text({"value": value})) == {"value": value}


@pytest.mark.parametrize("columns", ["80", "60", "100"])
def test_summaries_of_commands_are_whole(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for group in ([], ["keys"], ["state"], ["portal"]):
        assert run(main_group, [*group, "--help"]) == 0
        commands = capsys.readouterr().out.partition("Commands:")[2]
        assert commands and "..." not in commands


def test_the_program_has_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(main_group, ["--help"]) == 0
    assert "Usage: oneseat " in capsys.readouterr().out
    commands = [*ROOT.glob("oneseat/**/*.py"), *ROOT.glob("signing/**/*.py"), *ROOT.glob("docs/**/*.md")]
    for path in commands:
        for line in path.read_text("utf-8").splitlines():
            assert "build.py " not in line.replace("`build.py` ", "").replace("build.py ->", ""), path


def test_without_the_set_up_words_say_how_to_do_it(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    ended = subprocess.run(
        [bare / "bin" / "python", ROOT / "build.py", "doctor"],
        capture_output=True,
        text=True,
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert ended.returncode == 5 and "Traceback" not in ended.stderr
    assert "make setup" in ended.stderr and ".venv/bin/oneseat" in ended.stderr and "依赖包" in ended.stderr
