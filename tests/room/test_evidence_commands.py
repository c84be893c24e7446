"""The commands that export, verify, hold and erase, as an operator types them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.state.accounts import audit
from signing.clock import FixedClock
from signing.jws import b64url_encode
from tests import tsa
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, ENDS, EXAM, PASSPHRASE, HeldExam, RoomKeys, running_room
from tests.room.kept import interview
from tests.room.test_purge import TERMS

DEMO = Path(__file__).parents[2] / "exams" / "demo.toml"


class Desk:
    """A shell of the room's host, with the room's own ring and recordings."""

    def __init__(self, exam: HeldExam, candidate: Candidate, folder: Path, capsys: Any) -> None:
        self.exam, self.candidate, self._capsys = exam, candidate, capsys
        self.file = folder / "exam.toml"
        self.file.write_text(DEMO.read_text("utf-8").replace('id = "demo"', f'id = "{EXAM}"', 1), "utf-8")
        (folder / "passphrase").write_bytes(PASSPHRASE)
        self._shared = ["--exam", self.file, "--workspace", folder / "dist", "--state", exam.state]
        self._shared += ["--passphrase-file", folder / "passphrase", "--json"]
        self.root_key = b64url_encode(exam.keys.authority.signer("root").public_key)
        self.room = ["--keys", exam.keys.folder / "room", "--recordings", exam.folder / "recordings"]
        self.room += ["--root-key", self.root_key]

    def __call__(self, at: datetime, *words: object) -> tuple[int, dict[str, Any]]:
        """Run a command; return its exit status and its JSON object."""
        self._capsys.readouterr()
        arguments = [str(word) for word in ("room", *words, *self._shared)]
        status = run(main_group, arguments, FixedClock(at))
        return status, json.loads(self._capsys.readouterr().out)


@pytest.fixture
def desk(tmp_path: Path, room_keys: RoomKeys, capsys: pytest.CaptureFixture[str]) -> Any:
    exam = HeldExam(tmp_path / "exam", room_keys, retention=TERMS)
    with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        candidate = interview(room, arrive())
    yield Desk(exam, candidate, tmp_path, capsys)
    exam.database.close()


LATER = ENDS + timedelta(days=1)


def test_an_export_is_verified_without_the_room(desk: Desk, tmp_path: Path) -> None:
    status, result = desk(LATER, "export", desk.candidate.jti, "--to", tmp_path / "out", *desk.room)
    assert (status, result["attempts"]) == (0, 1)
    status, result = desk(LATER, "verify", tmp_path / "out", "--root-key", desk.root_key)
    assert (status, result["findings"], result["attempts"]) == (0, [], 1)
    (victim, *_) = (tmp_path / "out").rglob("room_events.jsonl")
    victim.write_bytes(b"")
    status, result = desk(LATER, "verify", tmp_path / "out", "--root-key", desk.root_key)
    assert (status, result["error"]["code"]) == (7, "OS-2107")
    (finding,) = result["findings"]
    assert (finding["code"], finding["where"].rpartition("/")[2]) == ("OS-2108", "room_events.jsonl")
    assert finding["remedy"]["zh"]


@pytest.mark.parametrize("table", ["base.build", "release"])
def test_the_server_of_code_signatures_timestamps_an_export_unless_another_is_named(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.chdir(tmp_path)
    seat = ("export", desk.candidate.jti)
    with tsa.running_tsa(tmp_path / "authority") as authority:
        (tmp_path / "oneseat.toml").write_text(f'[{table}]\ntimestamp-url = "{authority.url}"\n', "utf-8")
        assert desk(LATER, *seat, "--to", tmp_path / "stamped", *desk.room)[1]["timestamped"] is True
        bare = desk(LATER, *seat, "--to", tmp_path / "bare", "--no-timestamp", *desk.room)[1]
    status, result = desk(LATER, "verify", tmp_path / "stamped", "--root-key", desk.root_key)
    assert (status, bool(result["timestamp"]), bare["timestamped"]) == (0, True, False)
    assert not (tmp_path / "bare" / "index.tsr").exists()
    gone = desk(LATER, *seat, "--to", tmp_path / "late", *desk.room)
    assert (gone[0], gone[1]["error"]["code"]) == (6, "OS-2105"), "the server has ended"
    named = desk(LATER, *seat, "--to", tmp_path / "other", "--tsa", "http://localhost:9/named", *desk.room)
    causes = [result["error"]["cause"]["en"] for _, result in (gone, named)]
    assert ["localhost" in cause for cause in causes] == [False, True]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("--case", "7"), 8, "OS-2103"),
        ((), 8, "OS-2102"),
        (("--without-screen",), 0, None),
        (("--approved-by", "Li Lei", "--approved-by", "Han Meimei"), 0, None),
    ],
    ids=["case", "screen", "without", "two"],
)
def test_an_early_export_needs_approval(
    desk: Desk, tmp_path: Path, words: tuple[str, ...], status: int, code: str | None
) -> None:
    found, result = desk(
        ENDS - timedelta(minutes=1), "export", "--all", "--to", tmp_path / "out", *words, *desk.room
    )
    assert (found, result.get("error", {}).get("code")) == (status, code)
    assert (tmp_path / "out").exists() == (status == 0)


def test_a_session_is_exported_whole(desk: Desk, tmp_path: Path) -> None:
    status, result = desk(LATER, "export", "--session", "formal-0", "--to", tmp_path / "out", *desk.room)
    assert (status, result["attempts"]) == (0, 1)
    with desk.exam.database.reading() as connection:
        (newest,) = audit.latest(connection, EXAM, 1)
    facts = json.loads(newest.facts)
    assert (newest.act, facts["session"], "jti" in facts) == ("room.export", "formal-0", False)
    status, result = desk(LATER, "export", "--session", "mock-0", "--to", tmp_path / "none", *desk.room)
    assert (status, result["error"]["code"]) == (3, "OS-2101")
    both = ("--all", "--session", "formal-0")
    assert desk(LATER, "export", *both, "--to", tmp_path / "both", *desk.room)[0] == 2


def test_a_case_has_two_names_in_the_manifest(desk: Desk, tmp_path: Path) -> None:
    case = ("--case", "2035-7", "--approved-by", "Li Lei", "--approved-by", "Han Meimei")
    seat = desk.candidate.jti
    status, _ = desk(LATER, "export", seat, *case, "--to", tmp_path / "out", *desk.room)
    (manifest,) = (tmp_path / "out").glob("*/manifest.json")
    wanted = {"case": "2035-7", "approved_by": ["Li Lei", "Han Meimei"]}
    assert (status, json.loads(manifest.read_bytes())["approval"]) == (0, wanted)
    case = ("--case", "2035-7", "--approved-by", "Li Lei", "--approved-by", " li lei")
    status, result = desk(LATER, "export", seat, *case, "--to", tmp_path / "one", *desk.room)
    assert (status, result["error"]["code"], (tmp_path / "one").exists()) == (8, "OS-2103", False)


def test_hold_and_purge(desk: Desk, tmp_path: Path) -> None:
    jti, due = desk.candidate.jti, ENDS + timedelta(days=200)
    assert desk(LATER, "hold", jti, "--reason", "appeal", "--by", "Li Lei") == (
        0,
        {"held": True, "attempts": 1, "erased": []},
    )
    status, result = desk(due, "purge", "--dry-run", *desk.room)
    assert (status, result["held"], result["objects"]) == (0, 1, 0)
    assert desk(due, "hold", jti, "--release", "--by", "Li Lei")[0] == 0
    status, result = desk(due, "hold", "--list")
    assert [hold["reason"] for hold in result["holds"]] == ["appeal"]
    assert desk(due, "purge", *desk.room)[1]["error"]["code"] == "OS-255", "the exam's id was not given"
    status, result = desk(due, "purge", "--confirm", EXAM, "--to", tmp_path / "kept", *desk.room)
    assert (status, result["objects"], result["held"]) == (0, 6, 0)
    assert Path(result["certificate"]).parent == tmp_path / "kept"
    status, verified = desk(due, "verify", result["certificate"], "--root-key", desk.root_key)
    assert (status, verified["objects"], verified["held"]) == (0, 6, 0)
    Path(result["certificate"]).with_suffix(".jws").unlink()
    status, result = desk(due, "verify", result["certificate"], "--root-key", desk.root_key)
    assert (status, result["error"]["code"]) == (7, "OS-2156")
    status, result = desk(due, "export", "--all", "--to", tmp_path / "out", *desk.room)
    assert (status, result["error"]["code"]) == (3, "OS-2101")
