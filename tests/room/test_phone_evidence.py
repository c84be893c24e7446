"""What a phone has recorded and left behind: exported, verified, held and erased like the computer's."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oneseat.room.evidence import export, holding, purge, seats, verify
from oneseat.room.evidence.export import Order
from oneseat.room.evidence.purge import Purged
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.evidence import FileAltered, FileRemoved, NothingToExport
from oneseat.state.room import phones
from signing.charter import PhoneTerms
from signing.clock import FixedClock
from tests.room.candidate import Candidate, arriving
from tests.room.films import play
from tests.room.held_exam import BEFORE, ENDS, EXAM, HeldExam, RoomKeys, running_room
from tests.room.kept import LATER, kept_room, record_film
from tests.room.phone import BUILD, Phone, at_seat
from tests.room.test_purge import TERMS


@dataclass
class Kept:
    """An interview that computer and phone recorded, and a phone whose seat never came to a computer."""

    exam: HeldExam
    room: KeptRoom
    candidate: Candidate
    alone: Phone
    folder: Path

    @property
    def attempt(self) -> str:
        return str(self.candidate.attempt["nonce"])

    def export(self, target: Path) -> Path:
        """Export the candidate's seat; return the attempt's folder."""
        with self.exam.database.reading() as connection:
            seat = seats.find(connection, EXAM, self.candidate.jti)
        export.export(self.room, Order(seat.attempts), target, FixedClock(LATER), lambda _: None)
        return target / self.attempt

    def findings(self, folder: Path) -> list[verify.Finding]:
        return verify.verify(folder, verify.Trust(self.room.root_public_key)).findings

    def purge(self, at: datetime) -> Purged:
        return purge.purge(self.room, FixedClock(at), self.folder / "certificates")

    def recordings(self) -> set[str]:
        """The streams of which anything is stored."""
        prefix = f"recordings/{EXAM}/"
        stored = self.room.segments.inventory(prefix)
        return {each.name.removeprefix(prefix).split("/")[1] for each in stored}

    def phones(self) -> set[str]:
        """The seats of which a phone is known."""
        with self.exam.database.reading() as connection:
            named = (self.candidate.jti, self.alone.jti)
            return {jti for jti in named if phones.live_of_seats(connection, EXAM, [jti])}


@contextlib.contextmanager
def kept_phones(folder: Path, keys: RoomKeys, state: str | None = None) -> Iterator[Kept]:
    exam = HeldExam(folder / "exam", keys, state, retention=TERMS)
    exam.publish(version=2, phone=PhoneTerms("both", "gate", 20), builds=("build-1", BUILD))
    with contextlib.ExitStack() as stack:
        room = stack.enter_context(running_room(exam, FixedClock(BEFORE)))
        room.app.state.typed_identities.seat_of = at_seat
        candidate = stack.enter_context(arriving(room))()
        phone = stack.enter_context(contextlib.closing(Phone(room, candidate.jti))).log_in()
        alone = stack.enter_context(contextlib.closing(Phone(room, secrets.token_hex(16)))).log_in().agree()
        assert alone.code("beat", facts={}, takes=[alone.take_body(secrets.token_hex(12))])[0] == 409
        candidate.enter().join()
        candidate.agree()
        phone.place()
        candidate.beat()
        candidate.call("step", step="devices", facts={"ready": True})
        candidate.call("step", step="room", facts={})
        own = [*record_film(candidate, 2), *record_film(candidate, 1, "screen", 7)]
        phone.film(2)
        room.at(ENDS)
        candidate.hand_in(own)
        assert candidate.step == "complete"
    with kept_room(exam) as kept:
        yield Kept(exam, kept, candidate, alone, folder)
    exam.database.close()


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Kept]:
    with kept_phones(tmp_path_factory.mktemp("phones"), room_keys) as kept:
        yield kept


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, room_keys: RoomKeys) -> Iterator[Kept]:
    with contextlib.ExitStack() as stack:
        state = None
        if request.param == "postgresql":
            state = stack.enter_context(request.getfixturevalue("postgres").schema())
        yield stack.enter_context(kept_phones(tmp_path, room_keys, state))


def manifest(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return result


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rows" / f"{table}.jsonl").read_text().splitlines()]


def test_an_export_holds_what_the_phone_has_filmed_and_who_it_was(handed_over: Kept, tmp_path: Path) -> None:
    folder = handed_over.export(tmp_path / "out")
    content = manifest(folder)
    (filmed,) = (each for each in content["streams"] if each["stream"] == "phone")
    assert (filmed["segments"], filmed["promised"], filmed["announced"]) == (2, 2, 2)
    assert [play(folder / name)[0] for name in filmed["joined"]] == [20]
    assert {gap["stream"] for gap in content["gaps"]} == {"camera", "phone", "screen"}
    (phone,) = rows(folder, "room_phones")
    assert (phone["jti"], phone["filmed"]) == (handed_over.candidate.jti, handed_over.attempt)
    assert "cookie_hash" not in phone and phone["device_key"] and phone["placed_at"]
    assert {row["stream"] for row in rows(folder, "room_takes")} == {"camera", "phone", "screen"}
    assert handed_over.findings(tmp_path / "out") == []


def test_a_phones_recording_that_was_changed_or_removed_is_found(handed_over: Kept, tmp_path: Path) -> None:
    folder = handed_over.export(tmp_path / "out")
    first, second = sorted((folder / "segments" / "phone").rglob("*.webm"))
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    listed = rows(folder, "room_phones")
    (folder / "rows" / "room_phones.jsonl").write_text(json.dumps({**listed[0], "entered_by": "other"}))
    found = {each.where.rpartition("/")[2]: type(each.error) for each in handed_over.findings(folder)}
    assert (found[first.name], found[second.name]) == (FileAltered, FileRemoved)
    assert found["room_phones.jsonl"] is FileAltered


def test_of_a_seat_without_an_attempt_there_is_nothing_to_export(handed_over: Kept) -> None:
    with handed_over.exam.database.reading() as connection:
        named = seats.find(connection, EXAM, handed_over.alone.jti)
    assert named.attempts == ()
    with pytest.raises(NothingToExport):
        export.require_approval(Order(named.attempts), handed_over.exam.charter, LATER)


def test_what_phones_left_is_erased_when_due_and_not_while_held(kept: Kept) -> None:
    assert (kept.recordings(), len(kept.phones())) == ({"camera", "phone", "screen"}, 2)
    assert holding.hold(kept.exam.database, EXAM, kept.alone.jti, "appeal 7", "Li Lei", LATER) == 0
    assert kept.purge(ENDS + timedelta(days=180)).objects == 5
    assert (kept.recordings(), len(kept.phones())) == (set(), 2)
    due = ENDS + timedelta(days=200)
    kept.purge(due)
    assert kept.phones() == {kept.alone.jti}, "what is held stays"
    holding.release(kept.exam.database, EXAM, kept.alone.jti, "Li Lei", due)
    assert purge.plan(kept.room, due).rows == {"events": 2}, "the phone, and the group of the session"
    result = kept.purge(due + timedelta(days=1))
    assert (result.rows, kept.phones()) == (2, set())
    assert result.certificate is not None
    (erased,) = json.loads(result.certificate.read_text())["erased"]
    assert (erased["retention"], erased["kind"], erased["objects"]) == ("events", "seats", 0)
