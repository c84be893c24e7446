"""The command line: what it prints where, which setting wins, and how it ends."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from oneseat import __version__
from oneseat.commands import version
from oneseat.commands.console import Console
from oneseat.commands.main import main_group
from oneseat.commands.run import INTERRUPTED, run
from oneseat.pipeline.events import Progress
from oneseat.pipeline.keys import rings
from oneseat.pipeline.workspace import Workspace
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from signing.authority import hsm
from tests import softhsm

ROOT = Path(__file__).parents[2]
PASSPHRASE = "a passphrase that must never be printed"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("ONESEAT_EXAM", str(ROOT / "exams" / "demo.toml"))


class CommandResult:
    """How a command ended, and what it said where."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def object(self) -> Any:
        assert len(self.out.splitlines()) == 1, self.out
        return json.loads(self.out)


@pytest.fixture
def oneseat(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str | Path) -> CommandResult:
        status = run(main_group, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert PASSPHRASE not in captured.out + captured.err
        return CommandResult(status, captured.out, captured.err)

    return call


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(leaves(main_group))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself_and_takes_the_shared_options(
    path: tuple[str, ...], oneseat: Any
) -> None:
    said = oneseat(*path, "--help")
    assert said.status == 0
    assert ALL[path].help, "no help text"
    for option in ("--json", "--verbose", "--exam", "--workspace", "--state", "--passphrase-file"):
        assert option in said.out
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"


def test_results_go_to_stdout_as_one_object_and_the_rest_to_stderr(oneseat: Any, tmp_path: Path) -> None:
    made = oneseat("keys", "init", "--rehearsal", "--json")
    assert made.status == 0 and made.object["made"] == ["authority", "portal", "room", "code-signing"]
    assert "DEVELOPMENT CERTIFICATE" in made.err
    again = oneseat("keys", "init", "--rehearsal", "--json")
    assert again.object["kept"] == ["authority", "portal", "room", "code-signing"]
    assert again.object["made"] == []
    listed = oneseat("keys", "list", "--json").object["keys"]
    assert [(key["name"], key["state"]) for key in listed] == [
        ("root", "active"),
        ("licence", "active"),
        ("batch", "active"),
        ("activation", "active"),
        ("ticket", "active"),
        ("receipt", "active"),
        ("order", "active"),
    ]
    signed = oneseat("charter", "sign", "--json").object
    assert (signed["version"], signed["made"]) == (1, True)
    assert oneseat("charter", "sign", "--json").object["made"] is False
    assert oneseat("charter", "show", "--json").object["version"] == 1
    assert oneseat("charter", "publish", "--json").object == {"version": 1, "changed": True}
    assert oneseat("charter", "publish", "--json").object == {"version": 1, "changed": False}
    rotated = oneseat("keys", "rotate", "licence", "--json").object
    assert rotated["kid"] in {key["kid"] for key in oneseat("keys", "list", "--json").object["keys"]}
    assert oneseat("charter", "sign", "--json").object["version"] == 2
    roster = tmp_path / "roster.csv"
    assert oneseat("roster", "sample", roster, "--count", "7", "--json").object["candidates"] == 7
    assert oneseat("roster", "check", roster, "--json").object["sound"] == 7
    checked = oneseat("exam", "check", "--json").object
    assert (checked["exam"], checked["faults"]) == ("demo", [])
    assert oneseat("exam", "show", "--json").object["id"] == "demo"
    assert "_oneseat_completion" in oneseat("completion", "bash", "--json").object["script"]


@pytest.mark.service
def test_a_key_is_made_in_a_token_and_a_retired_one_withdrawn(
    oneseat: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = softhsm.make(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(token.configuration))
    hsm.SESSIONS.close_all()
    pin = tmp_path / "pin"
    pin.write_text(f"{token.pin}\n")
    assert oneseat("keys", "init", "--rehearsal").status == 0
    first = oneseat("keys", "list", "--json").object["keys"][1]
    made = oneseat("keys", "create", "licence", "--pkcs11", token.uri, "--pin-file", pin, "--json", "-v")
    assert made.status == 0 and made.object["where"].startswith("pkcs11:token=oneseat-test;id=%")
    assert token.pin not in made.out + made.err
    listed = oneseat("keys", "list", "--json").object["keys"]
    states = {key["kid"]: (key["state"], key["where"]) for key in listed if key["name"] == "licence"}
    assert states == {first["kid"]: ("retired", ""), made.object["kid"]: ("active", made.object["where"])}
    assert oneseat("charter", "sign", "--json").object["version"] == 1
    assert len(_licence_keys(oneseat)) == 2
    assert oneseat("keys", "withdraw", made.object["kid"]).status == 29, "the active key is not given up"
    for hyphenated in (f"-h{first['kid'][2:]}", f"-xv{first['kid'][3:]}", f"--{first['kid'][2:]}"):
        unknown = oneseat("keys", "withdraw", hyphenated, "--json")
        assert unknown.object["error"]["code"] == "OS-029" and hyphenated in unknown.out
    assert oneseat("keys", "withdraw", first["kid"], "--json").object["state"] == "withdrawn"
    assert _places_recorded(tmp_path) == {first["kid"]: "file", made.object["kid"]: "pkcs11"}
    assert oneseat("charter", "sign", "--json").object["version"] == 2
    assert len(_licence_keys(oneseat)) == 1
    assert oneseat("keys", "create", "licence").status == 2
    assert oneseat("keys", "create", "licence", "--at", "nobody:1", "--no-pin").status == 250
    hsm.SESSIONS.close_all()


@pytest.mark.service
def test_the_state_is_backed_up_restored_exported_and_purged(oneseat: Any, tmp_path: Path) -> None:
    file, again = tmp_path / "state.backup", f"sqlite:///{tmp_path}/again.db"
    assert oneseat("state", "backup", file).status == 102, "there is no state yet"
    assert oneseat("keys", "init", "--rehearsal").status == 0
    assert oneseat("charter", "sign").status == 0 and oneseat("charter", "publish").status == 0
    made = oneseat("state", "backup", file, "--json").object
    assert made["tables"]["charters"]["rows"] == 1 and made["audit_entries"] == 8
    assert oneseat("state", "backup", file).status == 254
    assert oneseat("state", "restore", file).status == 253
    assert oneseat("state", "restore", file, "--state", again, "--json").object == made
    exported = oneseat("state", "export", tmp_path / "out", "--json").object
    assert exported["files"]["charters.jsonl"] == 1 and exported["log_is_whole"]
    too_early = oneseat("state", "purge", "--confirm", "demo")
    assert too_early.status == 255 and "Wed 31 January 2035, 24:00" in too_early.err
    assert oneseat("state", "purge", "--early", "--confirm", "other").status == 255
    assert (
        oneseat("state", "purge", "--early", "--confirm", "demo", "--json").object["tables"]["charters"] == 1
    )
    assert oneseat("state", "purge", "--early", "--confirm", "demo", "--json").object["rows"] == 0
    assert oneseat("audit", "verify", "--json").object["entries"] == 10


def _places_recorded(folder: Path) -> dict[str, str]:
    """Where each licence key is kept by its audit entry: the scheme, without token, path and PIN."""
    with Database.open(Workspace(folder / "work", "demo").state_url).reading() as connection:
        facts = [json.loads(record.facts) for record in audit.of_acts(connection, "demo", ["key.made"])]
    return {fact["kid"]: fact["where"] for fact in facts if fact["key"] == "licence"}


def _licence_keys(oneseat: Any) -> list[str]:
    return [
        key["x"] for key in oneseat("charter", "show", "--json").object["keys"] if key["use"] == "licence"
    ]


def test_a_refusal_ends_with_its_number_and_says_cause_and_remedy(oneseat: Any, tmp_path: Path) -> None:
    said = oneseat("keys", "list", "--json")
    assert said.status == 29
    assert said.object["error"]["code"] == "OS-029"
    assert "OS-029" in said.err and "keys init" in said.err and "密钥" in said.err
    assert oneseat("keys", "list").out == ""
    assert oneseat("base", "verify").status == 73
    assert oneseat("verify", tmp_path / "absent.exe").status == 29


def test_a_wrong_command_line_is_two(oneseat: Any) -> None:
    assert oneseat("no-such-command").status == 2
    assert oneseat("issue").status == 2
    assert oneseat("portal", "serve", "--rehearse-at", "2035-01-04T12:00").status == 2


def test_a_wrong_or_absent_passphrase_is_refused(
    oneseat: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert oneseat("keys", "init").status == 0
    wrong = tmp_path / "wrong"
    wrong.write_text("not it\n")
    assert oneseat("charter", "sign", "--passphrase-file", wrong).status == 30
    wrong.write_text("\n")
    assert oneseat("charter", "sign", "--passphrase-file", wrong).status == 97
    assert oneseat("charter", "sign", "--passphrase-file", tmp_path / "absent").status == 97
    monkeypatch.delenv("ONESEAT_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert oneseat("charter", "sign").status == 97


def test_a_ring_keeps_its_rehearsal_mark(oneseat: Any) -> None:
    assert oneseat("keys", "init").status == 0
    assert oneseat("keys", "init", "--rehearsal").status == 31


def test_flag_wins_over_environment_wins_over_file(
    oneseat: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster, settings = tmp_path / "roster.csv", tmp_path / "settings.toml"
    settings.write_text(
        f'exam = "{ROOT}/exams/interview-2023-01.toml"\n[roster.sample]\ncount = 3\nseed = 5\n'
    )
    base = ["--config", settings, "roster", "sample", roster, "--json"]
    assert oneseat(*base).object["candidates"] == 3
    assert oneseat(*base, "--count", "4").object["candidates"] == 4
    named = ["--config", settings, "exam", "check", "--json"]
    assert oneseat(*named).object["exam"] == "demo"
    monkeypatch.delenv("ONESEAT_EXAM")
    assert oneseat(*named).object["exam"] == "interview-2023-01"
    assert oneseat(*named, "--exam", ROOT / "exams" / "demo.toml").object["exam"] == "demo"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colour = 1\n", "colour"),
        ("[roster.sample]\nsize = 1\n", "size"),
        ("[nothing]\n", "nothing"),
        ("[roster]\nsample = 1\n", "sample"),
        ("not toml", ""),
    ],
)
def test_a_setting_that_no_command_knows_is_refused(
    oneseat: Any, tmp_path: Path, text: str, named: str
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(text)
    said = oneseat("--config", settings, "exam", "check")
    assert said.status == 98 and named in said.err
    assert oneseat("--config", tmp_path / "absent.toml", "exam", "check").status == 98


def test_every_fault_of_an_exam_is_told_at_once(oneseat: Any, tmp_path: Path) -> None:
    file = tmp_path / "exam.toml"
    assert oneseat("exam", "new", file, "--json").object == {"file": str(file), "exam": "exam"}
    assert oneseat("exam", "check", "--exam", file).status == 0
    assert oneseat("exam", "new", file).status == 82
    file.write_text(
        file.read_text().replace("id = ", "colour = 1\nid = ").replace("[download]", "[download]\nx = 1")
    )
    said = oneseat("exam", "check", "--exam", file)
    assert said.status == 80 and "colour" in said.err and "download.x" in said.err


def test_a_faulty_row_stops_only_a_strict_run(oneseat: Any, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    oneseat("roster", "sample", roster, "--count", "3")
    with roster.open("a", encoding="utf-8") as file:
        file.write("测试考生,1.10101E+17,100000009999\n")
    said = oneseat("roster", "check", roster)
    assert said.status == 0 and "3 of 4" in said.out and "1.10101E+17" not in said.out
    assert oneseat("roster", "check", roster, "--strict").status == 88
    strict = oneseat("roster", "check", roster, "--strict", "--json")
    assert strict.status == 88 and strict.object["sound"] == 3
    assert strict.object["error"]["code"] == "OS-088" and len(strict.object["faulty"]) == 1


def test_what_the_system_refuses_has_a_code_too(oneseat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere")

    monkeypatch.setattr(rings, "list_keys", full)
    said = oneseat("keys", "list")
    assert said.status == 99 and "No space left" in said.err and "Traceback" not in said.err


def test_an_interruption_is_130(oneseat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rings, "list_keys", interrupted)
    assert oneseat("keys", "list").status == INTERRUPTED


def test_no_color_is_honoured_and_a_closed_pipe_is_no_error() -> None:
    command = [sys.executable, str(ROOT / "build.py"), "exam", "show"]
    shown = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "1"},
        check=True,
    )
    assert "\x1b[3" not in shown.stdout + shown.stderr
    reader = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {' '.join(command)} | head -c 3"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert reader.returncode in (0, 141) and "Traceback" not in reader.stderr


def test_the_version_names_the_commit_of_a_checkout(oneseat: Any, tmp_path: Path) -> None:
    shown = oneseat("--version")
    assert shown.status == 0
    commit = version.find_commit()
    assert shown.out == f"oneseat, version {__version__}" + (f" ({commit})\n" if commit else "\n")
    assert version.find_commit(tmp_path) is None, "no checkout"


def test_the_commit_is_that_of_git(tmp_path: Path) -> None:
    git = ("git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org")
    for arguments in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    assert version.find_commit(tmp_path) == head[:12]
    (tmp_path / "changed").write_text("1")
    subprocess.run([*git, "add", "changed"], check=True)
    assert version.find_commit(tmp_path) == f"{head[:12]}-dirty"


@pytest.mark.parametrize(("flags", "shows"), [((), True), (("--quiet",), False), (("-q",), False)])
def test_quiet_leaves_out_steps_and_progress_only(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], shows: bool
) -> None:
    console = Console(quiet=bool(flags))
    console.step("a step")
    with console.progress() as on_progress:
        on_progress(Progress(1, 0))
    console.warn("a warning")
    console.result({}, "a result")
    captured = capsys.readouterr()
    assert ("a step" in captured.err) == shows
    assert "a warning" in captured.err
    assert captured.out == "a result\n"


@pytest.mark.service
def test_doctor_finds_every_tool_in_order_and_names_what_is_missing(
    oneseat: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sound = oneseat("doctor", "--json")
    assert sound.status == 0, sound.err
    assert {tool["tool"]: tool["code"] for tool in sound.object["tools"]} == {
        "Windows Python (files)": None,
        "wine prefix (files)": None,
        "wine": None,
        "Windows Python": None,
        "makensis": None,
        "osslsigncode": None,
        "phone tools (files)": None,
        "javac": None,
        "dx": None,
        "aapt2": None,
        "android-framework-res": None,
        "zipalign": None,
        "apksigner": None,
        "throwaway signature": None,
    }
    assert sound.object["settings_file"] is None
    assert sound.object["exam_remarks"] == []
    monkeypatch.chdir(tmp_path)
    (tmp_path / "oneseat.toml").write_text("quiet = true\n")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    lacking = oneseat("doctor", "--json")
    assert lacking.status == 60
    assert lacking.object["settings_file"] == str(tmp_path / "oneseat.toml")
    faults = {tool["tool"]: tool for tool in lacking.object["tools"]}
    assert faults["makensis"]["code"] == "OS-060" and "make setup" in faults["makensis"]["mend"]
    assert faults["osslsigncode"]["code"] == "OS-060"
    assert faults["apksigner"]["code"] == "OS-060" and "make setup" in faults["apksigner"]["mend"]
