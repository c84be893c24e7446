"""Verification of exports: each kind of tampering is found, named, and has its own code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from oneseat.room.evidence import export, seats, tree, verify
from oneseat.room.evidence.attempt_folder import sign_tree
from oneseat.room.evidence.export import Order
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.evidence import EvidenceAbsent
from oneseat.state.accounts import audit
from oneseat.state.room import endings, marks, notes, reminders
from oneseat.state.room.endings import NewEnding
from oneseat.state.room.marks import NewMark
from oneseat.state.room.notes import Note
from oneseat.state.room.reminders import NewReminder
from signing.authority.evidence import EvidenceFile
from signing.authority.keys import RECEIPT
from signing.clock import FixedClock
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, EXAM, HeldExam, RoomKeys, running_room
from tests.room.kept import LATER, interview, kept_room

CLOCK = FixedClock(LATER)


class Exported:
    """An exam with two interviews, exported once; each test gets a copy of it."""

    def __init__(self, exam: HeldExam, room: KeptRoom, folder: Path) -> None:
        self.exam, self.room, self.folder = exam, room, folder

    def copy(self, tmp_path: Path) -> Path:
        return shutil.copytree(self.folder, tmp_path / "copy")


FROM_BEFORE = {
    "room.reminder-sent": {"code": "light"},
    "room.marked": {"clause": "phone"},
    "room.end-requested": {"why": "danger"},
    "room.note-written": {},
}
"""Acts with what their entries in the audit log stated before these had digests."""


def invigilate(exam: HeldExam, candidate: Candidate) -> None:
    """What invigilators left of an attempt before the audit log had digests of it."""
    attempt = candidate.attempt["nonce"]
    with exam.database.writing() as connection:
        by = (EXAM, attempt, BEFORE, "zhang")
        reminders.add(connection, NewReminder(*by, "light", "请开灯。"))
        marks.add(connection, NewMark(*by, "phone", BEFORE, BEFORE, ""))
        endings.add(connection, NewEnding(EXAM, attempt, "danger", "", BEFORE, "zhang"))
        notes.add(connection, Note(*by, "敲门声"))
        for act, stated in FROM_BEFORE.items():
            facts = {"jti": candidate.jti, "attempt": attempt, **stated}
            audit.append(connection, BEFORE, "operator:zhang", act, EXAM, facts)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp("exported")
    exam = HeldExam(folder / "exam", room_keys)
    with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        candidates = []
        for _ in range(2):
            room.at(BEFORE)
            candidates.append(interview(room, arrive()))
            invigilate(exam, candidates[-1])
    with kept_room(exam) as kept:
        with exam.database.reading() as connection:
            attempts = [a for c in candidates for a in seats.find(connection, EXAM, c.jti).attempts]
        export.export(kept, Order(attempts), folder / "out", CLOCK, lambda _: None)
        yield Exported(exam, kept, folder / "out")
    exam.database.close()


def findings(exported: Exported, folder: Path) -> set[tuple[str, str]]:
    """Each finding's code, with the last part of where it is."""
    result = verify.verify(folder, verify.Trust(exported.room.root_public_key))
    for finding in result.findings:
        for text in (finding.error.cause_text, finding.error.remedy_text):
            assert text.zh and text.en
    return {
        (finding.error.code, finding.where.rpartition("/")[2].partition("-")[0])
        for finding in result.findings
    }


def first(folder: Path) -> Path:
    return next(path for path in sorted(folder.iterdir()) if path.is_dir())


def one(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(first(folder).glob(pattern))))


def flip(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def swap_answers(folder: Path) -> None:
    path = one(folder, "rows/room_answers.jsonl")
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))


INVIGILATION = ("room_reminders", "room_marks", "room_notes", "room_endings")
"""What invigilators did, by the tables that keep it."""


def change_row(folder: Path, path: str) -> None:
    flip(one(folder, path))


def remove_rows(folder: Path, path: str) -> None:
    one(folder, path).unlink()


TAMPERING: dict[str, tuple[Callable[[Path], object], set[tuple[str, str]]]] = {
    "nothing": (lambda folder: None, set()),
    "segment": (lambda folder: flip(one(folder, "segments/*/*/*")), {("OS-2108", "000000")}),
    "joined": (lambda folder: flip(one(folder, "joined/*")), {("OS-2108", "camera")}),
    "event": (lambda folder: flip(one(folder, "rows/room_events.jsonl")), {("OS-2108", "room_events.jsonl")}),
    **{
        f"{table}-{name}": (partial(tamper, path=f"rows/{table}.jsonl"), {(code, f"{table}.jsonl")})
        for table in INVIGILATION
        for name, tamper, code in (("changed", change_row, "OS-2108"), ("removed", remove_rows, "OS-2109"))
    },
    "answers": (swap_answers, {("OS-2108", "room_answers.jsonl")}),
    "receipt": (lambda folder: flip(one(folder, "receipt.jws")), {("OS-2108", "receipt.jws")}),
    "manifest": (lambda folder: flip(one(folder, "manifest.json")), {("OS-2111", "manifest.json")}),
    "removed": (lambda folder: one(folder, "segments/*/*/*").unlink(), {("OS-2109", "000000")}),
    "added": (lambda folder: (first(folder) / "rows/more.jsonl").touch(), {("OS-2110", "more.jsonl")}),
    "beside": (lambda folder: (folder / "more.txt").touch(), {("OS-2110", "more.txt")}),
    "attempt": (lambda folder: shutil.rmtree(first(folder)), {("OS-2118", "x"), ("OS-2109", "manifest.jws")}),
    "index": (lambda folder: flip(folder / "index.json"), {("OS-2111", "index.json")}),
    "unsigned": (lambda folder: (folder / "index.jws").unlink(), {("OS-2109", "index.json")}),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_is_found(exported: Exported, tmp_path: Path, case: str) -> None:
    tamper, expected = TAMPERING[case]
    folder = exported.copy(tmp_path)
    tamper(folder)
    found = {(code, "x" if len(name) == 32 else name) for code, name in findings(exported, folder)}
    assert found == expected


def test_a_link_in_a_file_s_place_is_a_missing_file(exported: Exported, tmp_path: Path) -> None:
    folder = exported.copy(tmp_path)
    path = one(folder, "rows/room_events.jsonl")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert findings(exported, folder) == {("OS-2109", "room_events.jsonl")}


def sealed_anew(
    exported: Exported, folder: Path, change: Callable[[dict[str, Any]], None], signer: Any
) -> None:
    """Sign a changed manifest again, as whoever has a key would."""
    attempt = first(folder)
    manifest = json.loads((attempt / tree.MANIFEST).read_bytes())
    manifest["files"] = [
        vars(tree.digest_of(attempt / file["path"], file["path"]))
        for file in manifest["files"]
        if (attempt / file["path"]).exists()
    ]
    change(manifest)
    content = tree.document(manifest)
    room = replace(exported.room, signer=signer)
    files = [EvidenceFile(**file) for file in manifest["files"]]
    _, token = sign_tree(room, attempt.name, files, content, LATER)
    (attempt / tree.MANIFEST).write_bytes(content)
    (attempt / tree.MANIFEST_TOKEN).write_bytes(token)


def test_a_stranger_s_signature_is_refused(
    exported: Exported, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = exported.copy(tmp_path)
    stranger = RoomKeys.make(tmp_path_factory.mktemp("stranger")).room.signer(RECEIPT)
    sealed_anew(exported, folder, lambda manifest: None, stranger)
    assert ("OS-2112", "manifest.json") in findings(exported, folder)


def test_answers_and_segments_are_checked_even_where_the_manifest_agrees(
    exported: Exported, tmp_path: Path
) -> None:
    folder = exported.copy(tmp_path)
    swap_answers(folder)
    flip(one(folder, "segments/*/*/*"))
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    found = findings(exported, first(folder))
    assert {("OS-2114", "room_answers.jsonl"), ("OS-2116", "000000")} <= found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('\\"count\\":2', '\\"count\\":1'),
        ('"code":"displays"', '"code":"software"'),
        ('"sequence":2', '"sequence":3'),
    ],
    ids=["facts", "code", "sequence"],
)
def test_events_of_the_guard_are_checked_even_where_the_manifest_agrees(
    exported: Exported, tmp_path: Path, old: str, new: str
) -> None:
    folder = exported.copy(tmp_path)
    path = one(folder, "rows/room_guard_events.jsonl")
    content = path.read_text("utf-8")
    assert old in content
    path.chmod(0o600)
    path.write_text(content.replace(old, new, 1), "utf-8")
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    assert ("OS-2119", "room_guard_events.jsonl") in findings(exported, first(folder))


@pytest.mark.parametrize(
    ("table", "old", "new", "codes"),
    [
        ("room_notes", "敲门声", "敲窗声", set()),
        ("room_notes", '"zhang"', '"li"', {"OS-2320", "OS-2321"}),
        ("room_marks", '"phone"', '"device"', {"OS-2322"}),
        ("room_endings", '"danger"', '"substitute"', {"OS-2322"}),
    ],
    ids=["words", "author", "clause", "reason"],
)
def test_records_from_before_digests_are_compared_by_what_their_entries_state(
    exported: Exported, tmp_path: Path, table: str, old: str, new: str, codes: set[str]
) -> None:
    """Their words have nothing beside them, and whoever verifies is told how many records these are."""
    folder = exported.copy(tmp_path)
    path = one(folder, f"rows/{table}.jsonl")
    content = path.read_text("utf-8")
    assert old in content
    path.chmod(0o600)
    path.write_text(content.replace(old, new), "utf-8")
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    result = verify.verify(first(folder), verify.Trust(exported.room.root_public_key))
    assert {finding.error.code for finding in result.findings} == codes
    assert result.unvouched == len(FROM_BEFORE) - bool(codes)


def test_another_attempt_s_receipt_contradicts(exported: Exported, tmp_path: Path) -> None:
    folder = exported.copy(tmp_path)
    other = sorted(path for path in folder.iterdir() if path.is_dir())[1]
    shutil.copyfile(other / "receipt.jws", first(folder) / "receipt.jws")
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    assert ("OS-2115", "receipt.jws") in findings(exported, first(folder))


def drop_take(folder: Path) -> None:
    """Remove a take, and the event that has the takes of the hand-in."""
    for name, line_of in (("room_takes", b'"stream"'), ("room_events", b'"handed-in"')):
        path = one(folder, f"rows/{name}.jsonl")
        lines = path.read_bytes().splitlines(keepends=True)
        lines.remove(next(line for line in lines if line_of in line))
        path.write_bytes(b"".join(lines))


def unlist_segment(folder: Path) -> None:
    """Remove a segment; :func:`sealed_anew` lists what is there."""
    one(folder, "segments/*/*/*").unlink()


@pytest.mark.parametrize(
    ("remove", "reason"),
    [(drop_take, "other recordings"), (unlist_segment, "not there")],
    ids=["takes", "segment"],
)
def test_recordings_that_the_receipt_names_are_missed_even_where_the_manifest_agrees(
    exported: Exported, tmp_path: Path, remove: Callable[[Path], None], reason: str
) -> None:
    folder = exported.copy(tmp_path)
    remove(folder)
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    result = verify.verify(first(folder), verify.Trust(exported.room.root_public_key))
    finding, *others = result.findings
    assert finding.where.endswith("receipt.jws")
    assert (finding.error.code, reason in finding.error.cause_text.en) == ("OS-2115", True)
    assert {other.error.code for other in others} == ({"OS-2260"} if remove is drop_take else set())


def test_takes_that_grew_after_the_hand_in_do_not_contradict(exported: Exported, tmp_path: Path) -> None:
    folder = exported.copy(tmp_path)
    path = one(folder, "rows/room_takes.jsonl")
    content = path.read_text("utf-8")
    assert '"promised":2' in content
    path.write_text(content.replace('"promised":2', '"promised":3'), "utf-8")
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    assert findings(exported, first(folder)) == set()


def test_an_attempt_under_another_s_name_is_not_that_attempt(exported: Exported, tmp_path: Path) -> None:
    folder = exported.copy(tmp_path)
    one_attempt, other = sorted(path for path in folder.iterdir() if path.is_dir())
    shutil.rmtree(one_attempt)
    shutil.copytree(other, one_attempt)
    assert ("OS-2111", "manifest.json") in findings(exported, folder)


def test_another_exam_s_root_key_verifies_nothing(exported: Exported, tmp_path: Path) -> None:
    result = verify.verify(exported.folder, verify.Trust(bytes(32)))
    assert {finding.error.code for finding in result.findings} == {"OS-2112", "OS-2113"}


def test_an_old_export_verifies_after_the_keys_were_rotated(
    exported: Exported, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The new charter lists another receipt key; the old charter goes on vouching for the old one."""
    exam = exported.exam
    assert exam.charter.room is not None
    new = RoomKeys.make(tmp_path_factory.mktemp("rotated")).room.signer(RECEIPT)
    terms = replace(exam.charter.room, receipt_keys=(new.public_key,))
    exam.publish(version=exam.charter.version + 1, room=terms)
    assert findings(exported, exported.folder) == set()
    with exam.database.reading() as connection:
        attempts = seats.find(connection, EXAM, first(exported.folder).name).attempts
    room = replace(exported.room, signer=new)
    export.export(room, Order(attempts), tmp_path / "new", CLOCK, lambda _: None)
    assert len(list(first(tmp_path / "new").glob("charters/*"))) == 2
    assert findings(exported, tmp_path / "new") == set()


def test_a_folder_that_is_no_export(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(EvidenceAbsent):
        verify.verify(tmp_path, verify.Trust(exported.room.root_public_key))
