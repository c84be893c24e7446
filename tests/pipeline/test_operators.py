"""`operator` and `audit`: accounts from the command line, and the log held against older heads."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.keys import rings as keyrings
from oneseat.pipeline.workspace import Workspace
from oneseat.state.accounts import audit, credentials, operators
from oneseat.state.database import Database
from signing.authority.keys import PORTAL, KeyRing
from signing.authority.signer import sign_token
from signing.clock import FixedClock

ROOT = Path(__file__).parents[2]
PASSPHRASE = b"a passphrase of the tests"
PASSWORD = "a password that is never printed"
NOW = datetime(2035, 1, 2, tzinfo=UTC)

Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("operators")
    keyrings.init(Workspace(root, "demo"), PASSPHRASE, FixedClock(NOW), rehearsal=True)
    return root


@pytest.fixture
def oneseat(rings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Call:
    monkeypatch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE.decode())
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(rings))
    monkeypatch.setenv("ONESEAT_EXAM", str(ROOT / "exams" / "demo.toml"))
    monkeypatch.setenv("ONESEAT_STATE", f"sqlite:///{tmp_path / 'state.db'}")

    def call(*arguments: object) -> tuple[int, Any]:
        status = run(main_group, [str(argument) for argument in [*arguments, "--json"]], FixedClock(NOW))
        said = capsys.readouterr()
        assert PASSWORD not in said.out + said.err
        return status, json.loads(said.out)

    return call


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\r\n")
    return path


def refusal_of(outcome: tuple[int, Any]) -> tuple[str, int]:
    """Code and exit status of a command that was refused; its JSON says the same status."""
    status, said = outcome
    assert said["error"]["exit_status"] == status
    return said["error"]["code"], status


def test_an_operators_life(oneseat: Call, password: Path, tmp_path: Path) -> None:
    status, made = oneseat("operator", "add", "wang", "--role", "admin", "--password-file", password)
    assert (status, made["role"], made["state"], made["totp"]) == (0, "admin", "active", False)
    assert refusal_of(oneseat("operator", "add", "wang", "--password-file", password)) == ("OS-150", 4)
    assert refusal_of(oneseat("operator", "add", "Wang Li", "--password-file", password)) == ("OS-152", 3)
    assert refusal_of(oneseat("operator", "disable", "li")) == ("OS-151", 3)
    assert refusal_of(oneseat("operator", "passwd", "li", "--password-file", password)) == ("OS-151", 3)
    assert refusal_of(oneseat("operator", "role", "li", "lead")) == ("OS-151", 3)
    assert oneseat("operator", "role", "wang", "chief")[1]["role"] == "chief"
    assert oneseat("operator", "disable", "wang")[1]["state"] == "disabled"
    assert oneseat("operator", "disable", "wang", "--undo")[1]["state"] == "active"
    password.write_text("another long password")
    assert oneseat("operator", "passwd", "wang", "--password-file", password)[0] == 0
    database = Database.open(tmp_path / "state.db")
    with database.reading() as connection:
        found = operators.find(connection, "demo", "wang")
        acts = [entry.act for entry in audit.latest(connection, "demo", 9)]
    database.close()
    assert found is not None
    assert database.rehearsal, "the state is marked as the rings are"
    assert credentials.verify_password(found.password, "another long password")
    changed = ["operator.password", "operator.enabled", "operator.disabled", "operator.role"]
    assert acts == [*changed, "operator.added"]
    (listed,) = oneseat("operator", "list")[1]["operators"]
    assert (listed["name"], listed["last_login"], listed["totp_address"]) == ("wang", None, None)


def test_an_authenticators_secret_is_shown_once_and_kept_sealed(
    oneseat: Call, password: Path, tmp_path: Path, rings: Path
) -> None:
    _, made = oneseat("operator", "add", "wang", "--totp", "--password-file", password)
    assert made["totp_address"].startswith("otpauth://totp/OneSeat%20demo%3Awang?secret=")
    assert oneseat("operator", "list")[1]["operators"][0]["totp_address"] is None
    pepper = KeyRing.open(rings / "demo/keys/portal", PASSPHRASE, PORTAL).secret("pepper")
    database = Database.open(tmp_path / "state.db")
    with database.reading() as connection:
        found = operators.find(connection, "demo", "wang")
    assert found is not None
    assert found.sealed_totp is not None
    secret = credentials.unseal_totp(pepper, "demo", "wang", found.sealed_totp)
    assert credentials.totp_address(secret, "demo", "wang") == made["totp_address"]
    assert oneseat("operator", "passwd", "wang", "--password-file", password)[1]["totp"] is True
    assert oneseat("operator", "passwd", "wang", "--no-totp", "--password-file", password)[1]["totp"] is False
    database.close()


def test_a_second_factor_that_comes_or_goes_has_its_own_line_in_the_log(
    oneseat: Call, password: Path, tmp_path: Path
) -> None:
    oneseat("operator", "add", "wang", "--password-file", password)
    for option in ("--no-totp", "--totp", "--totp", "--no-totp", "--no-totp"):
        assert oneseat("operator", "passwd", "wang", option, "--password-file", password)[0] == 0
    database = Database.open(tmp_path / "state.db")
    with database.reading() as connection:
        acts = [entry.act for entry in audit.latest(connection, "demo", 20)][::-1]
    database.close()
    changed, secured, removed = "operator.password", "operator.totp-set", "operator.totp-removed"
    assert acts[1:] == [changed, changed, secured, changed, secured, changed, removed, changed]


def test_weak_and_absent_passwords_are_refused(
    oneseat: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = tmp_path / "weak"
    weak.write_text("short")
    assert refusal_of(oneseat("operator", "add", "wang", "--password-file", weak)) == ("OS-153", 3)
    assert refusal_of(oneseat("operator", "add", "wang", "--password-file", tmp_path / "absent")) == (
        "OS-153",
        3,
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert refusal_of(oneseat("operator", "add", "wang")) == ("OS-153", 3)
    assert oneseat("operator", "list")[1]["operators"] == []


def _head(rings: Path, length: int, digest: bytes, **changed: object) -> str:
    claims = {"exam": "demo", "entries": length, "digest": digest.hex(), "at": 1, "v": 1, **changed}
    signer = KeyRing.open(rings / "demo/keys/portal", PASSPHRASE, PORTAL).signer("activation")
    return sign_token(signer, audit.AUDIT_HEAD_TYP, claims)


def test_the_log_is_verified_alone_and_against_an_older_head(
    oneseat: Call, password: Path, tmp_path: Path, rings: Path
) -> None:
    for name in ("wang", "li"):
        oneseat("operator", "add", name, "--password-file", password)
    status, verified = oneseat("audit", "verify")
    assert (status, verified["entries"]) == (0, 2)
    older = tmp_path / "head.jws"
    older.write_text(_head(rings, 2, bytes.fromhex(verified["digest"])) + "\n")
    oneseat("operator", "disable", "li")
    status, verified = oneseat("audit", "verify", "--against", older)
    assert (status, verified["entries"], verified["against_entries"]) == (0, 3, 2)
    database = Database.open(tmp_path / "state.db")
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE id > 1")
    database.close()
    assert oneseat("audit", "verify")[0] == 0, "alone, a truncated log looks whole"
    assert refusal_of(oneseat("audit", "verify", "--against", older)) == ("OS-160", 7)


def test_only_a_head_of_this_exams_portal_counts(
    oneseat: Call, password: Path, tmp_path: Path, rings: Path
) -> None:
    oneseat("operator", "add", "wang", "--password-file", password)
    digest = bytes.fromhex(oneseat("audit", "verify")[1]["digest"])
    file = tmp_path / "head.jws"
    good = _head(rings, 1, digest)
    changed = good[:-3] + ("A" if good[-3] != "A" else "B") + good[-2:]
    other = _head(rings, 1, digest, exam="other")
    for text in (changed, other, _head(rings, 1, digest, entries="x"), "nothing", "ä"):
        file.write_text(text)
        assert refusal_of(oneseat("audit", "verify", "--against", file)) == ("OS-154", 3), text
    assert refusal_of(oneseat("audit", "verify", "--against", tmp_path / "absent")) == ("OS-154", 3)
    file.write_text(good)
    assert oneseat("audit", "verify", "--against", file)[0] == 0
