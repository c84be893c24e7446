"""``room groups``: whose the groups are, how many seats are in each, and who watches it now."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.room.rules.watching import SILENT_AFTER
from oneseat.state.database import Database
from oneseat.state.room import groups, watches
from oneseat.state.room.groups import GroupKey
from oneseat.state.tables.room_groups import RoomWatchRow
from signing.clock import FixedClock
from tests.room.candidate import NUMBER, Candidate, arriving, identity_body
from tests.room.held_exam import BEFORE, EXAM, MOCKING, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.test_identity import DOCUMENTS

DEMO = Path(__file__).parents[2] / "exams" / "demo.toml"
FORMAL, MOCK = (EXAM, "formal", 0), (EXAM, "mock", 0)
Groups = Callable[..., str]


@pytest.fixture
def room(tmp_path: Path, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    exam = HeldExam(tmp_path / "exam", room_keys, identity_documents=DOCUMENTS)
    with running_room(exam, FixedClock(BEFORE)) as running:
        yield running
    exam.database.close()


@pytest.fixture
def shell(room: RunningRoom, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Groups:
    """Runs the command of a moment by the room's clock; returns what it prints."""
    file = tmp_path / "exam.toml"
    file.write_text(DEMO.read_text("utf-8").replace('id = "demo"', f'id = "{EXAM}"', 1), "utf-8")
    shared = ["--exam", str(file), "--workspace", str(tmp_path / "dist"), "--state", room.exam.state]

    def ask(*words: str, at: datetime = BEFORE) -> str:
        capsys.readouterr()
        command = ["room", "groups", *words, "--at", at.isoformat(), *shared]
        assert run(main_group, command, FixedClock(at)) == 0
        printed = capsys.readouterr()
        return printed.out + printed.err

    return ask


def listed(printed: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed)["groups"]
    return found


@pytest.fixture
def come(room: RunningRoom) -> Iterator[list[Candidate]]:
    """Two candidates of the formal session, one of whom has entered twice, and one of a mock."""
    with arriving(room) as arrive:
        first = arrive().reach_identity()
        first.call("identity", **identity_body())
        room.later(timedelta(seconds=1))
        first.enter()
        found = [first, arrive().enter()]
        room.at(MOCKING)
        found.append(arrive("mock").enter())
        room.at(BEFORE)
        yield found


def test_groups_are_listed_with_their_invigilators_seats_and_who_watches(
    shell: Groups, room: RunningRoom, come: list[Candidate]
) -> None:
    with room.exam.database.writing() as connection:
        groups.prepare(connection, *FORMAL, 3)
        groups.assign(connection, GroupKey(*FORMAL, 1), "chen.wei", "sun.li")
        groups.assign(connection, GroupKey(*FORMAL, 2), None, "sun.li")
        watches.record(connection, GroupKey(*FORMAL, 1), "sun.li", BEFORE, SILENT_AFTER)
        groups.record_unwatched(connection, GroupKey(*FORMAL, 2), BEFORE)
    found = listed(shell("--json"))
    assert [(each["session"], each["group"], each["seats"]) for each in found] == [
        ("formal-0", 1, 2),
        ("formal-0", 2, 0),
        ("formal-0", 3, 0),
        ("mock-0", 1, 1),
    ]
    assert found[0] == {
        "session": "formal-0",
        "group": 1,
        "first": "chen.wei",
        "second": "sun.li",
        "seats": 2,
        "watched_by": "sun.li",
        "watched_as": "second",
        "unwatched_since": None,
    }
    assert (found[1]["first"], found[1]["second"], found[1]["watched_by"]) == (None, "sun.li", None)
    assert found[1]["unwatched_since"] is not None and found[1]["watched_as"] is None


def test_who_was_not_heard_for_a_minute_does_not_watch(
    shell: Groups, room: RunningRoom, come: list[Candidate]
) -> None:
    with room.exam.database.writing() as connection:
        groups.assign(connection, GroupKey(*FORMAL, 1), "chen.wei", None)
        watches.record(connection, GroupKey(*FORMAL, 1), "chen.wei", BEFORE, SILENT_AFTER)

    def watcher(later: timedelta) -> str | None:
        by: str | None = listed(shell("--json", at=BEFORE + later))[0]["watched_by"]
        return by

    assert watcher(SILENT_AFTER - timedelta(seconds=1)) == "chen.wei"
    assert watcher(SILENT_AFTER) is None


def test_one_session_can_be_chosen_and_there_may_be_none(shell: Groups, room: RunningRoom) -> None:
    assert listed(shell("--json")) == [] and "0 groups" in shell()
    with room.exam.database.writing() as connection:
        groups.prepare(connection, *FORMAL, 1)
        groups.prepare(connection, *MOCK, 1)
    assert [each["session"] for each in listed(shell("--json", "--session", "mock-0"))] == ["mock-0"]
    assert listed(shell("--json", "--session", "mock-7")) == []


def test_the_table_names_operators_and_no_candidate(
    shell: Groups, room: RunningRoom, come: list[Candidate]
) -> None:
    with room.exam.database.writing() as connection:
        groups.prepare(connection, *FORMAL, 2)
        groups.assign(connection, GroupKey(*FORMAL, 1), "chen.wei", None)
        watches.record(connection, GroupKey(*FORMAL, 1), "lead", BEFORE, SILENT_AFTER)
    table = shell()
    for shown in ("formal-0", "mock-0", "chen.wei", "lead", "3 groups, 1 watched at 2035-"):
        assert shown in table, shown
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines()]
    assert ["formal-0", "2", "", "", "0", ""] in lines, "an empty group has no seats, and nobody"
    for printed in (table, shell("--json")):
        for candidate in come:
            assert candidate.jti not in printed
        assert NUMBER not in printed and "测试考生" not in printed and "测" not in printed


HOST = BEFORE - timedelta(days=3000)
HEARD = BEFORE + timedelta(seconds=5)
"""The host's clock in a rehearsal is years behind the room's."""


@contextlib.contextmanager
def commanded(
    folder: Path, capsys: pytest.CaptureFixture[str], *, rehearsal: bool
) -> Iterator[tuple[Database, Groups]]:
    """A database with a group that somebody watches, and the command about it, by the host's clock."""
    state = folder / "state.db"
    database = Database.create(state, rehearsal=rehearsal)
    with database.writing() as connection:
        groups.prepare(connection, *FORMAL, 1)
        groups.assign(connection, GroupKey(*FORMAL, 1), "chen.wei", None)
        watches.record(connection, GroupKey(*FORMAL, 1), "chen.wei", HEARD, SILENT_AFTER)
    file = folder / "exam.toml"
    file.write_text(DEMO.read_text("utf-8").replace('id = "demo"', f'id = "{EXAM}"', 1), "utf-8")
    shared = ["--exam", str(file), "--workspace", str(folder / "dist"), "--state", str(state)]

    def ask(*words: str, at: datetime = HOST) -> str:
        capsys.readouterr()
        assert run(main_group, ["room", "groups", *words, *shared], FixedClock(at)) == 0
        printed = capsys.readouterr()
        return printed.out + printed.err

    yield database, ask
    database.close()


@pytest.fixture
def rehearsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[Database, Groups]]:
    with commanded(tmp_path, capsys, rehearsal=True) as both:
        yield both


def test_a_rehearsal_goes_by_when_its_room_heard_anybody_last(rehearsed: tuple[Database, Groups]) -> None:
    database, ask = rehearsed
    said = json.loads(ask("--json"))
    assert datetime.fromisoformat(said["at"]) == HEARD
    assert said["groups"][0]["watched_by"] == "chen.wei"
    assert f"1 watched at {said['at']}, when the rehearsed room heard anybody last" in ask()
    with database.writing() as connection:
        groups.record_unwatched(connection, GroupKey(*FORMAL, 1), HEARD + SILENT_AFTER)
    (group,) = listed(ask("--json"))
    assert group["watched_by"] is None, "the room's own clock went on, and it found nobody"


def test_the_time_of_a_rehearsal_can_be_named(rehearsed: tuple[Database, Groups]) -> None:
    _, ask = rehearsed
    for at, by in ((HEARD + SILENT_AFTER / 2, "chen.wei"), (HEARD + SILENT_AFTER, None)):
        assert listed(ask("--json", "--at", at.isoformat()))[0]["watched_by"] == by
    assert "0 watched at 2036-" in ask("--at", "2036-01-10T11:00+08:00")


def test_a_rehearsal_that_heard_nobody_goes_by_the_host_s_clock(rehearsed: tuple[Database, Groups]) -> None:
    database, ask = rehearsed
    with database.writing() as connection:
        connection.execute(delete(RoomWatchRow))
    assert "0 watched now" in ask()


def test_a_real_room_goes_by_the_host_s_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with commanded(tmp_path, capsys, rehearsal=False) as (_, ask):
        for at, by in ((HEARD + SILENT_AFTER / 2, "chen.wei"), (HEARD + SILENT_AFTER, None)):
            said = json.loads(ask("--json", at=at))
            assert datetime.fromisoformat(said["at"]) == at and said["groups"][0]["watched_by"] == by
        assert "1 groups, 0 watched now." in ask(at=HEARD + SILENT_AFTER)
