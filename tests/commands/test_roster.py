"""`roster` as a release engineer runs it: what the screen shows, the list of faults, settings."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.roster import SHOWN
from oneseat.commands.run import run
from oneseat.pipeline.exam.model import load
from oneseat.pipeline.roster import sample

ROOT = Path(__file__).parents[2]
EXAM = load(ROOT / "exams" / "demo.toml")
RESIDENTS = EXAM.model_copy(update={"document_kinds": ["resident-id"]})
PEOPLE = list(sample(SHOWN + 30, 1, RESIDENTS))
HEADER = ("姓名", "身份证号", "准考证号")
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oneseat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    for name in [name for name in os.environ if name.startswith("ONESEAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("ONESEAT_EXAM", str(ROOT / "exams" / "demo.toml"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        status = run(main_group, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        for person in PEOPLE:
            assert not any(value in captured.out + captured.err for value in person)
        return status, captured.out, captured.err

    return call


def roster(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_the_screen_shows_the_first_faults_and_the_file_all(oneseat: Call, tmp_path: Path) -> None:
    rows = [(p.name, p.id_number[:-1], p.admission_number) for p in PEOPLE]
    path = roster(tmp_path / "r.csv", HEADER, *rows)
    status, out, err = oneseat("roster", "check", path)
    assert status == 0
    assert out.count("身份证号") == SHOWN
    assert "30 more are not shown. --faults-csv FILE" in err
    status, _, err = oneseat("roster", "check", path, "--faults-csv", tmp_path / "faults.csv", "--strict")
    assert status == 88 and "faults.csv lists all of them" in err
    lines = (tmp_path / "faults.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(PEOPLE)


def test_remarks_on_names_are_shown_by_row(oneseat: Call, tmp_path: Path) -> None:
    rows = [(PEOPLE[0].name + "（女）", *PEOPLE[0][1:]), tuple(PEOPLE[1])]
    status, out, _ = oneseat("roster", "check", roster(tmp_path / "r.csv", HEADER, *rows))
    assert status == 0
    assert "Remarks on names" in out and "括号" in out and "2 of 2 rows are sound" in out


def test_a_title_is_named_by_option_or_once_for_all_commands_in_the_settings(
    oneseat: Call, tmp_path: Path
) -> None:
    path = roster(tmp_path / "r.csv", ("姓名", "身份证号", "报名序号"), *map(tuple, PEOPLE[:3]))
    assert oneseat("roster", "check", path)[0] == 87
    assert oneseat("roster", "check", path, "--column", "admission_number=报名序号")[0] == 0
    (tmp_path / "oneseat.toml").write_text('column = "admission_number=报名序号"\n', encoding="utf-8")
    for command in (("check", path), ("diff", path, path)):
        status, out, _ = oneseat("roster", *command, "--json")
        assert (status, json.loads(out).get("sound", json.loads(out).get("unchanged"))) == (0, 3)
    (tmp_path / "oneseat.toml").write_text('column = ["admission_number=报名序号"]\n', encoding="utf-8")
    assert oneseat("roster", "check", path)[0] == 0


@pytest.mark.parametrize("column", ["准考证号", "number=准考证号", "name="])
def test_a_column_is_named_with_its_title(oneseat: Call, tmp_path: Path, column: str) -> None:
    path = roster(tmp_path / "r.csv", HEADER, tuple(PEOPLE[0]))
    status, _, err = oneseat("roster", "check", path, "--column", column)
    assert status == 2 and "--column" in err


def test_differences_are_shown_masked(oneseat: Call, tmp_path: Path) -> None:
    old = roster(tmp_path / "old.csv", HEADER, *map(tuple, PEOPLE[:5]))
    new = roster(tmp_path / "new.csv", HEADER, *map(tuple, PEOPLE[1:6]))
    status, out, _ = oneseat("roster", "diff", old, new)
    assert status == 0
    assert "1 new, 1 gone, 0 changed, 4 unchanged." in out
    answer: Any = json.loads(oneseat("roster", "diff", old, new, "--json")[1])
    assert [entry["kind"] for entry in answer["entries"]] == ["new", "gone"]
