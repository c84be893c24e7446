"""`service-token`: made once, shown once, listed without secrets, revoked at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.commands.service_token import SCOPES
from oneseat.state.accounts import audit, service_tokens
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.database import Database
from signing.clock import FixedClock

ROOT = Path(__file__).parents[2]
NOW = datetime(2035, 1, 2, tzinfo=UTC)
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Database.create(tmp_path / "state.db").close()
    return tmp_path / "state.db"


@pytest.fixture
def oneseat(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Call:
    """The command line, without passphrase or rings: a portal's host may have neither."""
    monkeypatch.setenv("ONESEAT_EXAM", str(ROOT / "exams" / "demo.toml"))
    monkeypatch.setenv("ONESEAT_STATE", str(state))
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(state.parent / "dist"))
    monkeypatch.delenv("ONESEAT_PASSPHRASE", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(main_group, ["service-token", *arguments], FixedClock(NOW))
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def make_token(oneseat: Call, *arguments: str) -> dict[str, Any]:
    status, out, _ = oneseat("make", "room 1", "--scope", "room:report", *arguments, "--json")
    assert status == 0
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_a_token_is_printed_once_and_never_again(oneseat: Call, state: Path) -> None:
    status, out, err = oneseat("make", "room 1", "--scope", "room:report", "--scope", "seat:read")
    token = out.strip()
    assert status == 0
    assert "once" in err
    assert token not in err
    database = Database.open(state)
    with database.reading() as connection:
        service = service_tokens.recognise(connection, "demo", token)
        audit.verify(connection)
    database.close()
    assert service is not None
    assert service.scopes == {Scope.ROOM_REPORT, Scope.SEAT_READ}
    secret = token.rpartition(".")[2]
    for again in (oneseat("list"), oneseat("list", "--json"), oneseat("revoke", service.id, "--json")):
        assert again[0] == 0
        assert service.id in again[1]
        assert secret not in again[1] + again[2]
    assert secret.encode() not in state.read_bytes()


def test_tokens_are_listed_with_what_they_may_and_whether_they_count(oneseat: Call) -> None:
    first = make_token(oneseat)
    make_token(oneseat, "--until", (NOW + timedelta(hours=1)).isoformat())
    make_token(oneseat, "--until", NOW.isoformat())
    oneseat("revoke", first["id"])
    listed = json.loads(oneseat("list", "--json")[1])["tokens"]
    assert [one["state"] for one in sorted(listed, key=lambda one: one["expires_at"])] == [
        "expired",
        "good",
        "revoked",
    ]
    assert {tuple(one["scopes"]) for one in listed} == {("room:report",)}
    assert all("token" not in one for one in listed)


def test_revoking_again_changes_nothing_and_an_unknown_id_is_refused(oneseat: Call) -> None:
    token = make_token(oneseat)
    assert "is revoked" in oneseat("revoke", token["id"])[1]
    assert "already" in oneseat("revoke", token["id"])[1]
    status, _, err = oneseat("revoke", token["token"])
    assert (status, "OS-164" in err) == (3, True)
    assert token["token"].rpartition(".")[2] not in err


def test_a_label_is_one_line_that_fits(oneseat: Call) -> None:
    label = "机房\n一号\t" + "x" * 100
    out = oneseat("make", label, "--scope", "room:report", "--json")[1]
    assert json.loads(out)["label"] == "机房 一号 " + "x" * 58


@pytest.mark.parametrize(
    "wrong",
    [("make", "room"), ("make", "room", "--scope", "all"), ("make", "x", "--until", "2035"), ("make",)],
)
def test_a_wrong_command_line_makes_no_token(oneseat: Call, wrong: tuple[str, ...]) -> None:
    assert oneseat(*wrong)[0] == 2
    assert json.loads(oneseat("list", "--json")[1]) == {"tokens": []}


def test_without_a_state_there_is_nothing_to_make_a_token_in(oneseat: Call, state: Path) -> None:
    state.unlink()
    assert oneseat("list")[0] == 102
    assert not state.exists()


def test_the_command_knows_every_scope() -> None:
    assert sorted(SCOPES) == sorted(Scope)
