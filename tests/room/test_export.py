"""Exports: what they hold, what is left out, who must approve them, and a run that is killed."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from oneseat.room.evidence import export, seats, verify
from oneseat.room.evidence.attempt_folder import Approval, Purpose
from oneseat.room.evidence.export import Exported, Order
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.evidence import (
    ApprovalIncomplete,
    ExportTargetTaken,
    NothingToExport,
    ScreensNeedApproval,
    TimestampMissing,
)
from oneseat.state.accounts import audit
from oneseat.state.room import kept as kept_rows
from signing.clock import FixedClock
from tests import tsa
from tests.buckets import Bucket
from tests.room.candidate import Candidate, arriving
from tests.room.films import play
from tests.room.held_exam import BEFORE, ENDS, EXAM, HeldExam, RoomKeys, running_room
from tests.room.kept import LATER, interview, kept_room, kept_settings, record_film

ROOT = Path(__file__).parents[2]
CLOCK = FixedClock(LATER)
TWO = Approval(approved_by=("Li Lei", "Han Meimei"))


@dataclass
class Held:
    """Two interviews that were held, and the room that kept them."""

    exam: HeldExam
    room: KeptRoom
    first: Candidate
    second: Candidate

    def order(self, candidate: Candidate | None = None, **changes: Any) -> Order:
        named = candidate or self.first
        with self.exam.database.reading() as connection:
            seat = seats.find(connection, EXAM, named.jti)
        return replace(Order(seat.attempts, jti=named.jti), **changes)

    def all(self, **changes: Any) -> Order:
        with self.exam.database.reading() as connection:
            return replace(Order(kept_rows.list_attempts(connection, EXAM)), **changes)

    def export(self, target: Path, order: Order | None = None) -> Exported:
        return export.export(self.room, order or self.order(), target, CLOCK, lambda _: None)

    def verify(self, folder: Path, ca: Path | None = None) -> verify.Verified:
        return verify.verify(folder, verify.Trust(self.room.root_public_key, ca))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def held(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> Iterator[Held]:
    with contextlib.ExitStack() as kept:
        state = None
        if request.param == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        exam = HeldExam(tmp_path_factory.mktemp("held"), room_keys, state)
        kept.callback(exam.database.close)
        with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
            first = interview(room, arrive())
            room.at(BEFORE)
            second = interview(room, arrive())
        yield Held(exam, kept.enter_context(kept_room(exam)), first, second)


def manifest(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("*/manifest.json")
    result: dict[str, Any] = json.loads(path.read_bytes())
    return result


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_export_holds_all_that_is_kept(held: Held, tmp_path: Path) -> None:
    result = held.export(tmp_path / "out")
    attempt = held.first.attempt["nonce"]
    folder = tmp_path / "out" / attempt
    stored = held.exam.folder / "recordings" / "recordings" / EXAM / attempt
    original = {path.name: path.read_bytes() for path in stored.rglob("*.webm")}
    exported = {path.name: path.read_bytes() for path in (folder / "segments").rglob("*.webm")}
    assert exported == original and len(original) == 6
    assert result.recorded_bytes == sum(map(len, original.values()))
    rows = {path.stem for path in (folder / "rows").iterdir()}
    assert rows >= {"room_attempts", "room_takes", "room_answers", "room_events", "room_reports"}
    assert (folder / "receipt.jws").read_text() == held.first.attempt["receipt"]["token"]
    assert len(list((folder / "charters").iterdir())) == 1
    checked = held.verify(tmp_path / "out")
    assert (checked.findings, checked.attempts) == ([], 1)
    assert held.verify(folder).findings == [], "one attempt's folder alone, too"


def test_joined_files_play_to_their_end(held: Held, tmp_path: Path) -> None:
    held.export(tmp_path / "out")
    told = manifest(tmp_path / "out")
    (folder,) = (path for path in (tmp_path / "out").iterdir() if path.is_dir())
    played = {
        (stream["stream"], *(play(folder / path)[0] for path in stream["joined"]))
        for stream in told["streams"]
    }
    assert played == {("camera", 30), ("camera", 10), ("screen", 20)}
    for stream in told["streams"]:
        assert stream["joined_ms"] == pytest.approx(1000 * stream["segments"], abs=100)


def test_no_secret_and_no_person_is_in_an_export(held: Held, tmp_path: Path) -> None:
    held.export(tmp_path / "out")
    text = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert held.first.ticket.encode() not in text
    for secret in ("cookie_hash", "grant_hash", '"ticket"'):
        assert secret.encode() not in text
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_./") for name in names(tmp_path))


def test_gaps_have_a_cause(held: Held, tmp_path: Path) -> None:
    held.export(tmp_path / "out")
    gaps = manifest(tmp_path / "out")["gaps"]
    assert {gap["stream"] for gap in gaps} == {"camera", "screen"}
    camera = [gap for gap in gaps if gap["stream"] == "camera"]
    assert [gap["cause"] for gap in camera] == ["unknown", "hidden"]
    assert camera[0]["ms"] > 30 * 60_000, "from the first take to the second"


def test_a_segment_that_is_gone_or_changed_is_named(held: Held, tmp_path: Path) -> None:
    attempt = held.second.attempt["nonce"]
    stored = sorted((held.exam.folder / "recordings" / "recordings" / EXAM / attempt).rglob("*.webm"))
    camera = [path for path in stored if "/camera/" in str(path)]
    kept = [path.read_bytes() for path in camera[:2]]
    camera[0].unlink()
    camera[1].chmod(0o600)
    camera[1].write_bytes(b"other")
    try:
        held.export(tmp_path / "out", held.order(held.second))
    finally:
        for path, content in zip(camera, kept, strict=False):
            path.write_bytes(content)
    told = manifest(tmp_path / "out")
    assert sorted(missing["cause"] for missing in told["missing"]) == ["differs", "gone-from-store"]
    assert [fault["fault"] for fault in told["faults"]] == ["differs"]
    checked = held.verify(tmp_path / "out")
    assert (checked.findings, checked.faults_at_export) == ([], 1), "the room itself has said so"


def test_screens_need_two_names_while_the_paper_is_used(held: Held, tmp_path: Path) -> None:
    order = held.order()
    early, purpose = ENDS.replace(minute=9), Purpose(without=("screen",))
    charter = held.exam.charter
    with pytest.raises(ScreensNeedApproval):
        export.require_approval(order, charter, early)
    export.require_approval(order, charter, LATER)
    export.require_approval(replace(order, purpose=Purpose(TWO)), charter, early)
    export.require_approval(replace(order, purpose=purpose), charter, early)
    held.export(tmp_path / "out", replace(order, purpose=purpose))
    assert not [name for name in names(tmp_path / "out") if "screen" in name]
    assert manifest(tmp_path / "out")["left_out"] == ["screen"]


@pytest.mark.parametrize(
    ("approval", "seat"),
    [
        (Approval("7", ()), True),
        (Approval("7", ("Li Lei",)), True),
        (Approval("7", ("Li Lei", "Li Lei")), True),
        (Approval("7", ("Li Lei", "li  \uff2cei")), True),
        (Approval("7", ("Li Lei", "")), True),
        (Approval("7", ("Li Lei", "Han Meimei", "Wang")), True),
        (Approval("7", ("Li Lei", "Han Meimei")), False),
    ],
    ids=["none", "one", "same", "alike", "empty", "three", "all"],
)
def test_a_case_needs_one_seat_and_two_names(held: Held, approval: Approval, seat: bool) -> None:
    order = held.order() if seat else held.all()
    with pytest.raises(ApprovalIncomplete):
        export.require_approval(replace(order, purpose=Purpose(approval)), held.exam.charter, LATER)


def test_an_unknown_seat_has_nothing(held: Held) -> None:
    with held.exam.database.reading() as connection, pytest.raises(NothingToExport):
        seats.find(connection, EXAM, "f" * 32)
    with pytest.raises(NothingToExport):
        export.require_approval(Order([]), held.exam.charter, LATER)


def test_each_export_is_in_the_audit_log(held: Held, tmp_path: Path) -> None:
    purpose = Purpose(replace(TWO, case="2035-7"))
    result = held.export(tmp_path / "out", held.order(purpose=purpose))
    with held.exam.database.reading() as connection:
        (newest, *_) = audit.latest(connection, EXAM, 1)
        audit.verify(connection)
    facts = json.loads(newest.facts)
    assert (newest.act, facts["root"], facts["case"]) == ("room.export", result.root, "2035-7")
    assert (facts["approved_by"], facts["jti"]) == ("Li Lei, Han Meimei", held.first.jti)
    assert manifest(tmp_path / "out")["approval"] == {
        "case": "2035-7",
        "approved_by": ["Li Lei", "Han Meimei"],
    }


def test_a_folder_is_never_written_over(held: Held, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportTargetTaken):
        held.export(tmp_path / "out")


def test_an_export_is_timestamped_or_waits(held: Held, tmp_path: Path) -> None:
    with tsa.running_tsa(tmp_path / "authority") as authority:
        url, ca = authority.url, authority.ca_file
        held.export(tmp_path / "out", held.order(tsa=url))
    checked = held.verify(tmp_path / "out", ca)
    assert checked.findings == [] and checked.timestamp is not None and checked.timestamp_trusted
    with pytest.raises(TimestampMissing):
        held.export(tmp_path / "later", held.order(tsa=url))
    assert not (tmp_path / "later").exists()
    held.export(tmp_path / "later")
    assert held.verify(tmp_path / "later").findings == []


PROGRAM = """
import os, signal, sys
from pathlib import Path
from oneseat.room.evidence import export
from oneseat.room.evidence.export import Order
from oneseat.room.exam.kept_room import KeptRoomSettings, open_kept_room
from oneseat.state.room import kept
from signing.clock import SystemClock

settings = KeptRoomSettings(**{**eval(sys.argv[1]), "keys": Path(eval(sys.argv[1])["keys"])})

def die(progress):
    if progress.rows == 1 and progress.recorded_bytes > int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

with open_kept_room(settings) as room:
    with room.database.reading() as connection:
        attempts = kept.list_attempts(connection, settings.exam)
    export.export(room, Order(attempts), Path(sys.argv[2]), SystemClock(), die)
"""


def test_a_killed_export_shows_nothing_and_goes_on(held: Held, tmp_path: Path) -> None:
    target = tmp_path / "out"
    settings = vars(kept_settings(held.exam))
    first = sum(path.stat().st_size for path in (held.exam.folder / "recordings").rglob("*.webm")) // 2
    given = repr({**settings, "keys": str(settings["keys"])})
    command = [sys.executable, "-c", PROGRAM, given, str(target), str(first)]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not target.exists()
    (draft,) = tmp_path.iterdir()
    (done,) = (path for path in draft.iterdir() if path.is_dir() and not path.name.startswith("."))
    before = (done / "manifest.jws").read_bytes()
    held.export(target, held.all())
    assert not draft.exists()
    assert (target / done.name / "manifest.jws").read_bytes() == before, "what was finished is kept"
    assert held.verify(target).findings == []
    assert not [name for name in names(target) if "/." in f"/{name}"]


def test_what_a_killed_export_wrote_for_others_is_not_handed_over(held: Held, tmp_path: Path) -> None:
    def die(progress: export.Progress) -> None:
        if progress.rows == 1:
            raise KeyboardInterrupt

    target = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        export.export(held.room, held.all(), target, CLOCK, die)
    (draft,) = tmp_path.iterdir()
    (done,) = (path.name for path in draft.iterdir() if path.is_dir())
    other = held.second if held.first.attempt["nonce"] == done else held.first
    held.export(target, held.order(other))
    assert {path.name for path in target.iterdir() if path.is_dir()} == {other.attempt["nonce"]}
    assert held.verify(target).findings == []


def test_an_export_from_a_bucket(tmp_path: Path, room_keys: RoomKeys, bucket: Bucket) -> None:
    exam = HeldExam(tmp_path / "exam", room_keys)
    store = bucket.server.address(bucket.name, "rooms/one")
    with running_room(exam, FixedClock(BEFORE), store=store) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        segments = record_film(candidate, 2)
        room.at(ENDS)
        candidate.hand_in(segments)
    with kept_room(exam, store) as kept:
        held = Held(exam, kept, candidate, candidate)
        result = held.export(tmp_path / "out")
        assert result.recorded_bytes == sum(len(each.content) for each in segments)
        assert held.verify(tmp_path / "out").findings == []
    exam.database.close()
