"""Every signing key has audit entries: that it was made, retired and withdrawn, and nothing of its secret."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.project import Project
from oneseat.pipeline.workspace import Workspace
from oneseat.portal.desk import audit_words
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from signing.clock import SystemClock
from tests.commands.conftest import EXAM_FILE, PASSPHRASE, CommandResult

NAMES = ["root", "licence", "batch", "activation", "ticket", "receipt", "order"]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "dist"))
    monkeypatch.setenv("ONESEAT_EXAM", str(EXAM_FILE))
    return Workspace(tmp_path / "dist", "demo")


@pytest.fixture
def oneseat(space: Workspace, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str | Path) -> CommandResult:
        status = run(main_group, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return CommandResult(status, captured.out, captured.err)

    return call


def make_state(space: Workspace) -> None:
    project = Project(EXAM_FILE, space.root, PASSPHRASE.encode, SystemClock())
    Database.create(project.state_url, rehearsal=True).close()


def entries(space: Workspace) -> list[tuple[str, dict[str, Any]]]:
    """Acts and facts of the whole audit log, oldest first."""
    database = Database.open(space.state_url)
    with database.reading() as connection:
        audit.verify(connection)
        records = audit.latest(connection, "demo", 99)[::-1]
    database.close()
    assert {record.actor for record in records} <= {"pipeline"}
    return [(record.act, json.loads(record.facts)) for record in records]


def test_each_command_that_changes_a_ring_leaves_entries(oneseat: Any, space: Workspace) -> None:
    make_state(space)
    assert oneseat("keys", "init", "--rehearsal").status == 0
    first = {key["name"]: key for key in oneseat("keys", "list", "--json").object["keys"]}
    made = entries(space)
    assert [act for act, _ in made] == ["key.made"] * len(NAMES)
    assert [facts["key"] for _, facts in made] == NAMES
    assert made[1][1] == {
        "key": "licence",
        "kid": first["licence"]["kid"],
        "created": first["licence"]["created"],
        "where": "file",
    }
    assert oneseat("keys", "init", "--rehearsal").status == 0, "and nothing is new"
    kid = oneseat("keys", "rotate", "licence", "--json").object["kid"]
    assert oneseat("keys", "withdraw", first["licence"]["kid"]).status == 0
    later = [(act, facts["kid"]) for act, facts in entries(space)[len(NAMES) :]]
    old = first["licence"]["kid"]
    assert sorted(later[:2]) == [("key.made", kid), ("key.retired", old)]
    assert later[2:] == [("key.withdrawn", old)]
    assert {act for act, _ in entries(space)} <= audit_words.ACTS.keys()
    assert {fact for _, facts in entries(space) for fact in facts} <= audit_words.FACTS.keys()


@pytest.mark.service
def test_keys_made_before_there_is_a_state_are_recorded_before_a_charter_lists_them(
    oneseat: Any, space: Workspace
) -> None:
    assert oneseat("keys", "init", "--rehearsal").status == 0
    assert oneseat("keys", "rotate", "ticket").status == 0
    assert not Path(space.state_url.removeprefix("sqlite:///")).exists(), "no key command makes a state"
    assert oneseat("charter", "sign").status == 0
    acts = [act for act, _ in entries(space)]
    assert sorted(acts) == ["key.made"] * (len(NAMES) + 1) + ["key.retired"]
    assert oneseat("charter", "publish").status == 0
    assert [act for act, _ in entries(space)][len(NAMES) + 2 :] == ["charter.publish"]


def test_no_key_is_changed_where_the_state_cannot_be_written(oneseat: Any, space: Workspace) -> None:
    make_state(space)
    assert oneseat("keys", "init", "--rehearsal").status == 0
    before = oneseat("keys", "list", "--json").object
    file = Path(space.state_url.removeprefix("sqlite:///"))
    file.write_bytes(b"no database " * 400)
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    assert oneseat("keys", "rotate", "licence").status == 100
    assert oneseat("keys", "list", "--json").object == before


def test_nothing_secret_is_in_an_entry(oneseat: Any, space: Workspace) -> None:
    make_state(space)
    assert oneseat("keys", "init", "--rehearsal").status == 0
    shown = json.dumps(entries(space))
    secret = PASSPHRASE, str(space.root), "PRIVATE KEY"
    assert not [text for text in secret if text in shown]
