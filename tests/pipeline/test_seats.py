"""`seat`: list, show, revoke and re-issue from the command line, with the desk's audit entries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.state.accounts import audit
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, NOW, ExamWorkspace, people

ROOT = Path(__file__).parents[2]
Call = Callable[..., tuple[int, Any]]
PEOPLE = people(4)
NUMBER = PEOPLE[1].admission_number


@pytest.fixture
def seat(workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Call:
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(workspace.folder))
    monkeypatch.setenv("ONESEAT_EXAM", str(ROOT / "exams" / "demo.toml"))
    monkeypatch.setenv("ONESEAT_STATE", f"sqlite:///{workspace.folder / 'state.db'}")
    workspace.issue(PEOPLE)

    def call(*arguments: str, as_json: bool = True) -> tuple[int, Any]:
        last = ["--json"] if as_json else []
        status = run(main_group, ["seat", *arguments, *last], FixedClock(NOW))
        printed = capsys.readouterr().out
        for person in PEOPLE:
            assert person.name not in printed and person.id_number not in printed
        return status, json.loads(printed) if as_json else printed

    return call


def acts(workspace: ExamWorkspace) -> list[str]:
    with workspace.database.reading() as connection:
        return [entry.act for entry in audit.latest(connection, EXAM.id, 10)]


def test_all_seats_are_listed_by_number_and_state(workspace: ExamWorkspace, seat: Call) -> None:
    status, listed = seat("list")
    assert status == 0
    assert [one["admission_number"] for one in listed["seats"]] == sorted(p.admission_number for p in PEOPLE)
    assert {one["state"] for one in listed["seats"]} == {"issued"}
    seat("revoke", NUMBER)
    assert [one["admission_number"] for one in seat("list", "--only", "revoked")[1]["seats"]] == [NUMBER]
    assert "3 seats" in seat("list", "--only", "issued", as_json=False)[1]


def test_a_seat_is_shown_by_its_number_or_a_licences_identifier(seat: Call) -> None:
    status, shown = seat("show", NUMBER)
    assert (status, shown["state"], shown["generation"], shown["licences"]) == (
        0,
        "issued",
        1,
        [shown["jti"]],
    )
    assert seat("show", shown["jti"])[1] == shown
    assert NUMBER in seat("show", NUMBER, as_json=False)[1]


def test_revoking_is_recorded_once(workspace: ExamWorkspace, seat: Call) -> None:
    status, shown = seat("revoke", NUMBER)
    assert (status, shown["state"], shown["revoked_because"]) == (0, "revoked", "operator")
    assert acts(workspace)[0] == "seat.revoked"
    assert seat("revoke", NUMBER)[1]["error"]["code"] == "OS-662"
    assert acts(workspace).count("seat.revoked") == 1


def test_a_reissue_is_queued_for_the_next_issue_run(workspace: ExamWorkspace, seat: Call) -> None:
    seat("revoke", NUMBER)
    assert seat("reissue", NUMBER)[1]["reissue_queued"] is True
    assert acts(workspace)[0] == "seat.reissue-queued"
    assert seat("reissue", NUMBER)[1]["error"]["code"] == "OS-663"
    assert workspace.issue(PEOPLE).reissued == 1
    shown = seat("show", NUMBER)[1]
    assert (shown["state"], shown["generation"], shown["reissue_queued"]) == ("issued", 2, False)


@pytest.mark.parametrize("number", ["000000000000", "0" * 32, "", "\0"])
def test_an_unknown_seat_is_refused(seat: Call, number: str) -> None:
    for act in ("show", "revoke", "reissue"):
        assert seat(act, number)[1]["error"]["code"] == "OS-093"
