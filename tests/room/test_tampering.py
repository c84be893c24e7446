"""Everything of a real exported attempt that can be changed or removed, and what finds it.

Each tampering is made twice where a second record exists: in the folder as it was handed out, where the
signed manifest finds it; and with a manifest that the room's own key has signed anew, as it would be if the
database had been changed before the export. Then the second record finds it.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from oneseat.room.evidence import export, given_orders, looks, seats, tree
from oneseat.room.evidence.export import Order
from oneseat.room.rules import commitments
from oneseat.state.accounts import audit
from oneseat.state.tables.accounts import AuditEntry
from signing.authority.keys import ORDER
from signing.charter import Measures
from tests.room.held_exam import (
    BEFORE,
    EXAM,
    HeldExam,
    RoomKeys,
)
from tests.room.test_verify_export import Exported, findings, first, flip, sealed_anew
from tests.room.whole_interview import CLOCK, exported_whole, order_token


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Exported]:
    with exported_whole(tmp_path_factory.mktemp("whole"), room_keys) as exported:
        yield exported


# --------------------------------------------------------------------------------------------- the list

Tamper = Callable[[Path], object]


def row(table: str, has: str, change: tuple[str, str] | None = None) -> tuple[str, Tamper]:
    """Change a row that has these words, or remove it."""
    path = f"{tree.ROWS}/{table}.jsonl"
    return path, line(path, has, change)


def line(path: str, has: str, change: tuple[str, str] | None = None) -> Tamper:
    def tamper(folder: Path) -> None:
        target = folder / path
        lines = target.read_text("utf-8").splitlines(keepends=True)
        place = next(n for n, each in enumerate(lines) if has in each)
        removed = lines.pop(place)
        if change is not None:
            changed = re.sub(*change, removed, count=1)
            assert changed != removed
            lines.insert(place, changed)
        target.chmod(0o600)
        target.write_text("".join(lines), "utf-8")

    return tamper


def file(pattern: str, *, removed: bool = False) -> tuple[str, Tamper]:
    """Change a file, or remove it."""

    def tamper(folder: Path) -> None:
        target = next(iter(sorted(folder.glob(pattern))))
        if removed:
            target.unlink()
        else:
            flip(target)

    return pattern, tamper


DAY = (r'at":"2035-01-1', 'at":"2036-01-1')
TAMPERING: dict[str, tuple[tuple[str, Tamper], str | None]] = {
    "segment changed": (file("segments/camera/*/*"), "OS-2116"),
    "segment gone": (file("segments/camera/*/*", removed=True), "OS-2115"),
    "phone changed": (file("segments/phone/*/*"), "OS-2116"),
    "phone gone": (file("segments/phone/*/*", removed=True), "OS-2115"),
    "phone's take": (row("room_takes", '"stream":"phone"', ('"promised":1', '"promised":0')), None),
    "joined": (file("joined/*"), None),
    "page's event": (row("room_events", '"devices-finished"', ("camera", "screen")), None),
    "hand-in": (row("room_events", '"handed-in"'), "OS-2260"),
    "paper": (row("room_events", '"paper-given"'), None),
    "guard changed": (row("room_guard_events", '"displays"', ('count\\\\":2', 'count\\\\":1')), "OS-2119"),
    "guard's first": (row("room_guard_events", '"sequence":1'), "OS-2260"),
    "guard's last": (row("room_guard_events", '"displays"'), "OS-2260"),
    "answer changed": (row("room_answers", '"sequence":2', ('"q1"', '"q2"')), "OS-2114"),
    "answer gone": (row("room_answers", '"sequence":2'), "OS-2260"),
    "receipt": (file("receipt.jws"), "OS-2115"),
    "charter": (file("charters/000001.jws"), "OS-2113"),
    "order changed": (file("orders/000001.jws"), "OS-2262"),
    "order gone": (file("orders/000002.jws", removed=True), "OS-2262"),
    "decision changed": (row("room_identity_decisions", "doubtful", ("doubtful", "passed")), "OS-2322"),
    "decision gone": (row("room_identity_decisions", "doubtful"), "OS-2321"),
    "note changed": (row("room_notes", "敲门声", ("敲门声", "敲窗声")), "OS-2322"),
    "mark gone": (row("room_marks", '"phone"'), "OS-2321"),
    "reminder changed": (row("room_reminders", '"light"', ("light", "sound")), "OS-2322"),
    "reminder unread": (
        row("room_reminders", '"light"', (r'"read_at":"[^"]*"', '"read_at":null')),
        "OS-2260",
    ),
    "ending changed": (row("room_endings", "照片不符", ("照片不符", "")), "OS-2322"),
    "review moved": (row("room_reviews", '"refer"', DAY), "OS-2320"),
    "request changed": (row("room_personal_requests", "删除录像", ("录像", "照片")), "OS-2322"),
    "request gone": (row("room_personal_requests", "复制一份"), "OS-2321"),
    "answer to it changed": (row("room_personal_requests", "统一清除", ("refused", "granted")), "OS-2322"),
    "judgement gone": (row("room_judgement_steps", '"proposed"'), "OS-2321"),
    "look changed": ((looks.FILE, line(looks.FILE, "identity-seen", ("zhang", "wang"))), "OS-2261"),
    "act gone": ((looks.FILE, line(looks.FILE, "identity-decided")), "OS-2320"),
    "look gone": ((looks.FILE, line(looks.FILE, "identity-seen")), None),
    "permission changed": (row("room_permissions", '"leave"', ('"leave"', '"call"')), "OS-2260"),
    "permission gone": (row("room_permissions", '"leave"'), "OS-2260"),
    "permission's event": (row("room_events", '"permission-opened"'), "OS-2260"),
    "help changed": (row("room_help_requests", '"device"', ('"device"', '"other"')), "OS-2260"),
    "help gone": (row("room_help_requests", '"device"'), "OS-2260"),
    "consent changed": (
        row("room_attempts", "consent_at", ('consent_at":"2035', 'consent_at":"2034')),
        "OS-2260",
    ),
    "consent's event": (row("room_events", '"consented"'), "OS-2260"),
    "hand-in moved": (
        row("room_attempts", "handed_in", ('handed_in_at":"2035', 'handed_in_at":"2034')),
        "OS-2260",
    ),
}
"""By a name: what is tampered with, and the code of what finds it though the manifest agrees; None: only
the manifest's signature does."""


@pytest.mark.parametrize("case", TAMPERING)
def test_the_signature_finds_what_was_changed_in_the_folder(
    exported: Exported, tmp_path: Path, case: str
) -> None:
    (where, tamper), _ = TAMPERING[case]
    folder = exported.copy(tmp_path)
    tamper(first(folder))
    name = where.rpartition("/")[2]
    found = [code for code, place in findings(exported, folder) if "*" in name or place == name]
    assert "OS-2108" in found or "OS-2109" in found


@pytest.mark.parametrize("case", [name for name, (_, code) in TAMPERING.items() if code])
def test_a_second_record_finds_what_was_changed_before_the_export(
    exported: Exported, tmp_path: Path, case: str
) -> None:
    (_, tamper), code = TAMPERING[case]
    folder = exported.copy(tmp_path)
    tamper(first(folder))
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    assert code in {found for found, _ in findings(exported, first(folder))}


def test_the_untouched_export_is_sound_and_is_verified_without_a_network(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network is used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert findings(exported, exported.folder) == set()
    folder = exported.copy(tmp_path)
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    assert findings(exported, first(folder)) == set()
    for (path, tamper), _ in TAMPERING.values():
        assert list(first(folder).glob(path)), f"{path} is in the export"
        assert callable(tamper)


def test_the_manifest_says_what_it_was_held_with(exported: Exported) -> None:
    said = json.loads((first(exported.folder) / tree.MANIFEST).read_bytes())
    versions = said["versions"]
    assert (versions["consent"], versions["charter"], versions["client"]) == ("1", 2, None)
    assert versions["paper"]["variant"] and len(versions["paper"]["sha256"]) == 64
    assert [(order["number"], order["in_force"], order["concerns"]) for order in said["orders"]] == [
        (1, True, True),
        (2, True, True),
    ]
    assert said["clocks"]["answers"] == {"count": 2, "least_ms": 0, "most_ms": 0}
    assert said["clocks"]["monitoring"]["count"] == 2
    assert (said["audit"]["broken_at"], said["audit"]["entries"] > 2) == (None, True)
    seen = [
        json.loads(each) for each in (first(exported.folder) / looks.FILE).read_text("utf-8").splitlines()
    ]
    acts = [(entry["actor"], entry["act"]) for entry in seen]
    assert acts[:2] == [("operator:zhang", "room.identity-seen"), ("operator:zhang", "room.identity-decided")]
    assert {act for _, act in acts[2:]} == {each.act for each in commitments.ALL} - {
        "room.identity-decided"
    } | {"room.review-seen"}


def test_a_log_that_was_broken_before_the_export_is_named(exported: Exported, tmp_path: Path) -> None:
    with exported.exam.database.reading() as connection:
        attempts = seats.find(connection, EXAM, first(exported.folder).name).attempts
        (seen,) = audit.of_acts(connection, EXAM, ["room.identity-seen"])

    def set_actor(actor: str) -> None:
        with exported.exam.database.writing() as connection:
            connection.execute(update(AuditEntry).where(AuditEntry.id == seen.id).values(actor=actor))

    set_actor("operator:wang")
    try:
        export.export(exported.room, Order(attempts), tmp_path / "out", CLOCK, lambda _: None)
    finally:
        set_actor(seen.actor)
    assert findings(exported, tmp_path / "out") == {("OS-2261", looks.FILE), ("OS-2263", looks.FILE)}


def test_an_order_for_another_seat_is_listed_and_not_handed_out(tmp_path: Path, room_keys: RoomKeys) -> None:
    """The others' pseudonyms are nothing to who gets this seat's evidence, and no number is missing."""
    exam = HeldExam(tmp_path / "exam", room_keys)
    bounds = Measures((room_keys.room.signer(ORDER).public_key,), 60, 60, may_end=False)
    exam.publish(version=2, measures=bounds)
    tokens = [order_token(room_keys, 1, BEFORE, ("a" * 32,)), order_token(room_keys, 2, BEFORE)]
    writer = tree.TreeWriter(tmp_path / "out")
    listed = given_orders.write(writer, [exam.charter], tokens, "b" * 32)
    exam.database.close()
    assert [order["concerns"] for order in listed] == [False, True]
    assert [file.path for file in writer.files] == ["orders/000002.jws"]
    manifest = {"orders": listed}
    assert not [*given_orders.faults(tmp_path / "out", manifest, [exam.charter], set())]
    manifest = {"orders": listed[1:]}
    assert [error.code for _, error in given_orders.faults(tmp_path / "out", manifest, [exam.charter], set())]
