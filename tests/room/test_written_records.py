"""What people wrote is compared with the audit log: each kind of record, added, removed, or changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oneseat.room.evidence import export, looks, receipt_check, seats, tree, verify
from oneseat.room.evidence.attempt_folder import Purpose
from oneseat.room.evidence.export import Order
from oneseat.room.refusals.evidence import EvidenceError, RecordAdded, RecordAltered, RecordRemoved
from oneseat.room.rules import commitments
from oneseat.room.rules.commitments import Written
from signing.jws import canonical_json
from tests.room.held_exam import (
    EXAM,
    RoomKeys,
)
from tests.room.test_verify_export import Exported, first, sealed_anew
from tests.room.whole_interview import CLOCK, exported_whole


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Exported]:
    with exported_whole(tmp_path_factory.mktemp("whole"), room_keys) as exported:
        yield exported


Rows = list[dict[str, Any]]


def change_rows(folder: Path, path: str, change: Callable[[Rows], object]) -> None:
    """Change a file of JSON lines in an attempt's folder."""
    target = folder / path
    rows = [json.loads(each) for each in target.read_text("utf-8").splitlines()]
    change(rows)
    target.chmod(0o600)
    target.write_bytes(b"".join(canonical_json(row) + b"\n" for row in rows))


def found_of(exported: Exported, folder: Path, written: Written) -> set[type[EvidenceError]]:
    """What is found of a kind of record, in an export that the room's own key has signed anew."""
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    result = verify.verify(first(folder), verify.Trust(exported.room.root_public_key))
    where = f"{first(folder).name}/{tree.ROWS}/{written.table}.jsonl"
    named = [each for each in result.findings if each.error.facts.get("about") == written.about]
    assert {each.where for each in named} <= {where}
    return {type(each.error) for each in named}


def of_act(written: Written, rows: Rows) -> dict[str, Any]:
    return next(row for row in rows if written.wrote(row))


def add(written: Written, rows: Rows) -> None:
    """Add a record like one that is there, a second later."""
    made = dict(of_act(written, rows))
    made[written.at] = re.sub(r"\.\d+Z", ".999999Z", made[written.at])
    rows.append({**made, "id": 999_999})


def undo(written: Written, rows: Rows) -> None:
    """Remove a record: the row, or what a later act has written into it."""
    row = of_act(written, rows)
    if written.at in {"at", "requested_at", "received_at"}:
        rows.remove(row)
    else:
        row[written.at] = None


KINDS = pytest.mark.parametrize("written", commitments.ALL, ids=lambda written: written.act)


@KINDS
@pytest.mark.parametrize(("change", "error"), [(add, RecordAdded), (undo, RecordRemoved)])
def test_a_record_that_was_added_or_removed_is_found(
    exported: Exported,
    tmp_path: Path,
    written: Written,
    change: Callable[[Written, Rows], None],
    error: type[EvidenceError],
) -> None:
    folder = exported.copy(tmp_path)
    change_rows(first(folder), f"{tree.ROWS}/{written.table}.jsonl", lambda rows: change(written, rows))
    assert found_of(exported, folder, written) == {error}


@pytest.mark.parametrize(
    ("written", "column"),
    [
        (written, column)
        for written in commitments.ALL
        for column in (*written.covered, written.by, "salt")
        if written.only is None or column != written.only[0]
    ],
    ids=lambda value: value if isinstance(value, str) else value.act,
)
def test_a_record_is_found_that_was_changed_in_any_column(
    exported: Exported, tmp_path: Path, written: Written, column: str
) -> None:
    """A change of the author is one record that was added, and one that is gone."""

    def change(rows: Rows) -> None:
        row = of_act(written, rows)
        row[column] = row[column] + 1 if isinstance(row[column], int) else f"{row[column]}x"

    folder = exported.copy(tmp_path)
    change_rows(first(folder), f"{tree.ROWS}/{written.table}.jsonl", change)
    expected = {RecordAdded, RecordRemoved} if column == written.by else {RecordAltered}
    assert found_of(exported, folder, written) == expected


@KINDS
def test_a_record_is_found_whose_entry_was_removed(
    exported: Exported, tmp_path: Path, written: Written
) -> None:
    def remove(rows: Rows) -> None:
        rows.remove(next(row for row in rows if row["act"] == written.act))

    folder = exported.copy(tmp_path)
    change_rows(first(folder), looks.FILE, remove)
    assert found_of(exported, folder, written) == {RecordAdded}


def test_the_audit_log_has_no_words(exported: Exported) -> None:
    log = (first(exported.folder) / looks.FILE).read_text("utf-8")
    of_invigilators = ("敲门声", "右手", "有人晕倒", "误判")
    for words in (*of_invigilators, "看录像", "使用手机", "证件反光", "删除录像", "到期统一"):
        assert words not in log
    salts = {
        row["salt"]
        for written in commitments.ALL
        for row in receipt_check.rows(first(exported.folder) / f"{tree.ROWS}/{written.table}.jsonl")
    }
    assert len(salts) == 12 and not any(salt in log for salt in salts)


def test_a_copy_for_the_person_says_how_many_records_no_digest_vouches_for(
    exported: Exported, tmp_path: Path
) -> None:
    """It has no audit log: those who verify it hear that nothing stands beside what people wrote."""
    with exported.exam.database.reading() as connection:
        attempts = seats.find(connection, EXAM, first(exported.folder).name).attempts
    order = Order(attempts, Purpose(for_person=True))
    export.export(exported.room, order, tmp_path / "own", CLOCK, lambda _: None)
    trust = verify.Trust(exported.room.root_public_key)
    assert verify.verify(exported.folder, trust).unvouched == 0
    result = verify.verify(tmp_path / "own", trust)
    assert (result.findings, result.unvouched) == ([], 11)
