"""Erasure of what is due: nothing earlier, nothing that is held, all of it, certified, whatever kills it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oneseat.room.evidence import certificate as certificates
from oneseat.room.evidence import export, holding, purge, seats, tree, verify
from oneseat.room.evidence.export import Order
from oneseat.room.evidence.purge import Purged
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.keeping import (
    CertificateFaulty,
    CopiesHidden,
    ErasureUnderWay,
    HoldIncomplete,
    RetentionUnset,
    SeatNotHeld,
)
from oneseat.room.rules.due import due_at
from oneseat.state.accounts import audit
from oneseat.state.errors import PurgeRefused, RunInProgress
from oneseat.state.issuing import licences
from oneseat.state.issuing.licences import NewLicence
from oneseat.state.room import holds
from oneseat.state.room import kept as kept_rows
from oneseat.state.room.kept import KeptAttempt
from oneseat.state.tables import retention
from oneseat.state.upkeep import purge as state_purge
from oneseat.store.segments import open_segment_store
from signing.authority.evidence import Erasure
from signing.authority.keys import RECEIPT
from signing.authority.signer import Signer, sign_token
from signing.charter import RetentionTerms
from signing.clock import FixedClock
from signing.text import Text
from signing.tokens import VERSION
from tests.buckets import Bucket
from tests.patience import PATIENCE_S
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, ENDS, EXAM, MOCKING, HeldExam, RoomKeys, running_room
from tests.room.kept import interview, kept_room, kept_settings, record_film

ROOT = Path(__file__).parents[2]
DAY = 24 * 3600
TERMS = RetentionTerms(7 * DAY, 180 * DAY, 30 * DAY, 30 * DAY, 200 * DAY)
SECOND = timedelta(seconds=1)


def after(days: int) -> datetime:
    return ENDS + timedelta(days=days)


@dataclass
class Kept:
    """An exam with a formal interview and a mock, and the room that keeps both."""

    exam: HeldExam
    room: KeptRoom
    formal: Candidate
    mock: Candidate
    certificates: Path

    def purge(self, at: datetime) -> Purged:
        return purge.purge(self.room, FixedClock(at), self.certificates)

    def recordings(self, candidate: Candidate) -> list[str]:
        return [
            stored.name
            for stored in self.room.segments.inventory(f"recordings/{EXAM}/{candidate.attempt['nonce']}/")
        ]

    def tables(self, candidate: Candidate) -> set[str]:
        """The names of the tables that have rows of a candidate's attempt."""
        attempt = candidate.attempt["nonce"]
        with self.exam.database.reading() as connection:
            return {
                table.name
                for table in retention.room_tables()
                if "attempt" in table.columns or table.name == "room_attempts"
                if connection.execute(
                    table.select().where(table.c.get("attempt", table.c.get("id")) == attempt)
                ).first()
            } - {"room_erasures"}

    def session_rows(self) -> int:
        """How many rows of events name neither a seat nor an attempt."""
        with self.exam.database.reading() as connection:
            return sum(
                len(connection.execute(table.select()).all())
                for table in retention.room_tables()
                if retention.class_of(table) == retention.EVENTS
                and not {"attempt", "jti"} & set(table.columns.keys())
            )


@contextlib.contextmanager
def kept_exam(
    folder: Path, keys: RoomKeys, state: str | None = None, store: str | None = None
) -> Iterator[Kept]:
    exam = HeldExam(folder / "exam", keys, state, retention=TERMS)
    changes: dict[str, Any] = {"store": store} if store else {}
    with running_room(exam, FixedClock(MOCKING), **changes) as room, arriving(room) as arrive:
        mock = arrive("mock").prepare()
        mock.call("begin")
        segments = record_film(mock, 2)
        room.later(timedelta(minutes=13))
        mock.hand_in(segments)
        room.at(BEFORE)
        formal = interview(room, arrive())
    with kept_room(exam, store) as kept:
        yield Kept(exam, kept, formal, mock, folder / "certificates")
    exam.database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, room_keys: RoomKeys) -> Iterator[Kept]:
    with contextlib.ExitStack() as stack:
        state = None
        if request.param == "postgresql":
            state = stack.enter_context(request.getfixturevalue("postgres").schema())
        yield stack.enter_context(kept_exam(tmp_path, room_keys, state))


def certificate(kept: Kept, result: Purged) -> dict[str, Any]:
    """The certificate's content, after its signature was verified under the charter's receipt keys."""
    assert result.certificate is not None and kept.exam.charter.room is not None
    content = result.certificate.read_bytes()
    token = result.certificate.with_suffix(".jws").read_text()
    claims = Erasure.verify(token, kept.exam.charter.room.receipt_keys_by_kid)
    assert claims.document == hashlib.sha256(content).hexdigest()
    document: dict[str, Any] = json.loads(content)
    return document


def test_each_class_goes_when_it_is_due_and_not_before(kept: Kept) -> None:
    before = kept.tables(kept.formal)
    assert kept.purge(after(7) - SECOND).erasures == 0
    result = kept.purge(after(7))
    assert (result.erasures, result.objects) == (1, 2), "the mock's recordings"
    assert kept.recordings(kept.mock) == [] and len(kept.recordings(kept.formal)) == 6
    assert "room_takes" not in kept.tables(kept.mock) and "room_events" in kept.tables(kept.mock)
    assert kept.tables(kept.formal) == before
    result = kept.purge(after(180))
    assert (result.objects, kept.recordings(kept.formal)) == (6, [])
    assert kept.tables(kept.formal) == before - {"room_takes"}
    assert kept.session_rows() == 2, "the groups of mock and formal session"
    result = kept.purge(after(200))
    assert kept.tables(kept.formal) == kept.tables(kept.mock) == set()
    told = certificate(kept, result)
    assert {(each["retention"], each["kind"]) for each in told["erased"]} == {
        ("events", "formal"),
        ("events", "mock"),
        ("events", "seats"),
    }, "groups and watches of the sessions go with the last attempt"
    assert kept.session_rows() == 0
    assert kept.purge(after(300)) == Purged(EXAM, 0, 0, 0, 0, 0, None)


def test_a_certificate_says_what_how_many_and_which(kept: Kept) -> None:
    names = kept.recordings(kept.formal)
    planned = purge.plan(kept.room, after(180))
    result = kept.purge(after(180))
    told = certificate(kept, result)
    assert (told["objects"], told["rows"]) == (result.objects, result.rows)
    assert (planned.objects, sum(planned.rows.values())) == (result.objects, result.rows)
    (formal,) = (each for each in told["erased"] if each["kind"] == "formal")
    listed = hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()
    assert (formal["objects"], formal["names"], formal["rows"]) == (6, listed, 3)
    assert told["not_covered"] == ["backups", "exports"]
    assert kept.formal.jti not in json.dumps(told)
    with kept.exam.database.reading() as connection:
        (newest,) = audit.latest(connection, EXAM, 1)
        audit.verify(connection)
    assert (newest.act, json.loads(newest.facts)["objects"]) == ("room.purge", 8)


def test_what_is_left_is_exported_and_verified(kept: Kept, tmp_path: Path) -> None:
    """Its receipt names recordings that were erased by then."""
    kept.purge(after(180))
    with kept.exam.database.reading() as connection:
        attempts = seats.find(connection, EXAM, kept.formal.jti).attempts
    clock = FixedClock(after(181))
    export.export(kept.room, Order(attempts), tmp_path / "left", clock, lambda _: None)
    assert verify.verify(tmp_path / "left", verify.Trust(kept.room.root_public_key)).findings == []


@dataclass
class Certificate:
    """A certificate in its folder, and the exam that it is of."""

    exam: HeldExam
    signer: Signer
    path: Path

    def sign(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the document and sign it again, as only the room could."""
        document = json.loads(self.path.read_bytes())
        change(document)
        content = tree.document(document)
        digest, at = hashlib.sha256(content).hexdigest(), int(after(180).timestamp())
        claims = Erasure(exam=EXAM, at=at, document=digest, v=VERSION).claims()
        self.path.write_bytes(content)
        self.path.with_suffix(".jws").write_text(sign_token(self.signer, Erasure.TYP, claims))

    def refusal(self, root: bytes) -> str:
        with pytest.raises(CertificateFaulty) as refused:
            certificates.verify(self.path, root)
        return refused.value.cause_text.en


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Certificate]:
    """The certificate of one purge, after which the room's receipt key was rotated."""
    folder = tmp_path_factory.mktemp("certified")
    with kept_exam(folder, room_keys) as kept:
        result = kept.purge(after(180))
        exam, room = kept.exam, kept.exam.charter.room
        assert result.certificate is not None
        assert room is not None
        new = RoomKeys.make(folder / "rotated").room.signer(RECEIPT)
        exam.publish(version=exam.charter.version + 1, room=replace(room, receipt_keys=(new.public_key,)))
        yield Certificate(exam, kept.room.signer, result.certificate)


@pytest.fixture
def root(signed: Certificate) -> bytes:
    return signed.exam.keys.authority.signer("root").public_key


def test_a_certificate_is_verified_after_its_key_was_rotated(signed: Certificate, root: bytes) -> None:
    for path in (signed.path, signed.path.with_suffix(".jws")):
        result = certificates.verify(path, root)
        assert (result.exam, result.objects, result.held) == (EXAM, 8, 0)
        assert datetime.fromisoformat(result.made_at) == after(180)


def test_a_changed_certificate_is_refused(signed: Certificate, root: bytes, tmp_path: Path) -> None:
    for path in (signed.path, signed.path.with_suffix(".jws")):
        shutil.copy(path, tmp_path)
    copy = replace(signed, path=tmp_path / signed.path.name)
    assert "sign" in copy.refusal(bytes(32)), "another exam's root key"
    content = copy.path.read_bytes()
    copy.path.write_bytes(content.replace(b'"objects":8', b'"objects":9'))
    assert "changed after it was signed" in copy.refusal(root)
    copy.path.write_bytes(content)
    copy.sign(lambda document: document.update(objects=9))
    assert "contradict" in copy.refusal(root)
    copy.sign(lambda document: document["erased"].append({}))
    assert "another form" in copy.refusal(root)
    copy.sign(lambda document: document.pop("charter_token"))
    assert "another form" in copy.refusal(root)
    copy.path.with_suffix(".jws").unlink()
    assert ".jws" in copy.refusal(root)


def test_a_held_seat_keeps_everything_until_it_is_released(kept: Kept) -> None:
    jti, database = kept.formal.jti, kept.exam.database
    assert holding.hold(database, EXAM, jti, "appeal 2035-7", "Li Lei", after(1)) == 1
    result = kept.purge(after(400))
    assert result.held == 1 and len(kept.recordings(kept.formal)) == 6
    assert kept.tables(kept.mock) == set()
    assert certificate(kept, result)["held"] == 1
    holding.release(database, EXAM, jti, "Han Meimei", after(401))
    kept.purge(after(401))
    assert kept.tables(kept.formal) == set() and kept.recordings(kept.formal) == []
    (listed,) = holding.list_holds(database, EXAM)
    assert (listed.reason, listed.placed_by, listed.released_by) == ("appeal 2035-7", "Li Lei", "Han Meimei")


def test_a_hold_is_on_every_licence_of_the_seat(kept: Kept) -> None:
    """Also on one that was issued after the hold, and where an attempt's id named the seat."""
    database = kept.exam.database
    holding.hold(database, EXAM, kept.mock.attempt["nonce"], "appeal 2035-7", "Li Lei", after(1))
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "a" * 64, "build-1", after(2)).id
        for generation, jti in enumerate((kept.mock.jti, kept.formal.jti)):
            write = licences.advance_seats if generation else licences.add_seats
            licence = NewLicence("1234", generation, jti, b"t" * 32, b"sealed", f"token-{jti}")
            write(connection, EXAM, edition, [licence])
    assert kept.purge(after(400)).held == 2
    assert len(kept.recordings(kept.formal)) == 6
    holding.release(database, EXAM, kept.formal.jti, "Li Lei", after(401))
    kept.purge(after(401))
    assert kept.recordings(kept.formal) == []


def test_a_hold_that_a_purge_has_not_overtaken_comes_first(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is placed, and not yet committed, when the purge has measured what is due of the seat."""
    holder: list[threading.Thread] = []
    placed = threading.Event()
    place, measure = holds.place, purge._Purge._measure

    def hold() -> None:
        holding.hold(kept.exam.database, EXAM, kept.formal.jti, "appeal 2035-7", "Li Lei", after(1))

    def place_slowly(*given: Any) -> None:
        place(*given)
        placed.set()
        time.sleep(0.3)

    def measure_then_hold(run: Any, attempt: KeptAttempt, retained: str) -> purge.Due:
        due = measure(run, attempt, retained)
        if attempt.id == kept.formal.attempt["nonce"] and not holder:
            holder.append(threading.Thread(target=hold))
            holder[0].start()
            assert placed.wait(PATIENCE_S)
        return due

    monkeypatch.setattr(holds, "place", place_slowly)
    monkeypatch.setattr(purge._Purge, "_measure", measure_then_hold)
    tables = kept.tables(kept.formal)
    result = kept.purge(after(400))
    holder[0].join()
    assert (result.held, result.objects) == (1, 2)
    assert len(kept.recordings(kept.formal)) == 6
    assert kept.tables(kept.formal) == tables


def test_a_hold_while_the_seat_is_being_erased_is_refused(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold after a purge that died keeps what that one had begun to erase."""
    database, erase = kept.exam.database, type(kept.room.segments).erase
    formal = kept.formal.attempt["nonce"]

    def hold() -> int:
        return holding.hold(database, EXAM, kept.formal.jti, "appeal 2035-7", "Li Lei", after(1))

    def refuse_a_hold_then_die(store: Any, prefix: str) -> None:
        if formal not in prefix:
            return erase(store, prefix)
        with pytest.raises(ErasureUnderWay):
            hold()
        assert holding.list_holds(database, EXAM) == []
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(type(kept.room.segments), "erase", refuse_a_hold_then_die)
        with pytest.raises(InterruptedError):
            kept.purge(after(180))
    assert hold() == 1
    assert [each.retention for each in holding.list_erased(database, EXAM, formal)] == ["recordings"]
    assert kept.purge(after(400)).held == 1
    assert len(kept.recordings(kept.formal)) == 6


def test_a_hold_and_a_purge_of_the_whole_exam_exclude_each_other(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, plan = kept.exam.database, state_purge.plan

    def refuse_a_hold_then_plan(*given: Any) -> state_purge.PurgePlan:
        with pytest.raises(RunInProgress):
            holding.hold(database, EXAM, kept.formal.jti, "appeal 2035-7", "Li Lei", after(1))
        return plan(*given)

    monkeypatch.setattr(state_purge, "plan", refuse_a_hold_then_plan)
    state_purge.purge(database, EXAM, after(400))
    assert kept.tables(kept.formal) == set()


def test_a_hold_keeps_the_whole_exam_in_the_database(kept: Kept) -> None:
    jti, database = kept.formal.jti, kept.exam.database
    holding.hold(database, EXAM, jti, "appeal 2035-7", "Li Lei", after(1))
    with pytest.raises(PurgeRefused, match="1 seats"):
        state_purge.purge(database, EXAM, after(400))
    assert kept.tables(kept.formal)
    holding.release(database, EXAM, jti, "Li Lei", after(401))
    state_purge.purge(database, EXAM, after(401))
    assert kept.tables(kept.formal) == set()


def test_holds_need_a_reason_and_a_name(kept: Kept) -> None:
    database, jti = kept.exam.database, kept.formal.jti
    for reason, by in (("", "Li Lei"), ("appeal", " "), ("x" * 201, "Li Lei")):
        with pytest.raises(HoldIncomplete):
            holding.hold(database, EXAM, jti, reason, by, after(1))
    with pytest.raises(SeatNotHeld):
        holding.release(database, EXAM, jti, "Li Lei", after(1))


def test_without_retention_nothing_is_erased(kept: Kept) -> None:
    exam = kept.exam
    assert exam.charter.room is not None
    exam.publish(version=exam.charter.version + 1, room=replace(exam.charter.room, retention=None))
    with pytest.raises(RetentionUnset):
        kept.purge(after(400))
    assert len(kept.recordings(kept.formal)) == 6


PROGRAM = """
import os, signal, sys
from pathlib import Path
from oneseat.room.evidence import purge
from oneseat.room.exam.kept_room import KeptRoomSettings, open_kept_room
from oneseat.state.room import erasures, kept
from datetime import datetime
from signing.clock import FixedClock

given, place, at, folder = eval(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3]), sys.argv[4]
settings = KeptRoomSettings(**{**given, "keys": Path(given["keys"])})

def dying(module, name):
    def die(*args, **more):
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(module, name, die)

with open_kept_room(settings) as room:
    if place == "objects":
        erase = type(room.segments).erase
        def some(self, prefix):
            name = next(iter(self.names(prefix)))
            self._files.remove(name)
            os.kill(os.getpid(), signal.SIGKILL)
        type(room.segments).erase = some
    elif place == "rows":
        dying(erasures, "finish")
    else:
        dying(purge, "_certify")
    purge.purge(room, FixedClock(at), Path(folder))
"""


@pytest.mark.parametrize("place", ["objects", "rows", "certificate"])
def test_a_killed_purge_goes_on_and_certifies_all(tmp_path: Path, room_keys: RoomKeys, place: str) -> None:
    with kept_exam(tmp_path, room_keys) as kept:
        settings = vars(kept_settings(kept.exam))
        given = repr({**settings, "keys": str(settings["keys"])})
        command = [
            sys.executable,
            "-c",
            PROGRAM,
            given,
            place,
            after(200).isoformat(),
            str(kept.certificates),
        ]
        ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=120)
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert not kept.certificates.exists()
        told = certificate(kept, kept.purge(after(201)))
        assert told["objects"] == 8, "what the killed run erased is counted"
        assert kept.tables(kept.formal) == kept.tables(kept.mock) == set()
        assert kept.recordings(kept.formal) == kept.recordings(kept.mock) == []


def test_a_bucket_is_emptied_of_older_versions_too(
    tmp_path: Path, room_keys: RoomKeys, moto_bucket: Bucket
) -> None:
    import boto3

    store = moto_bucket.server.address(moto_bucket.name, "rooms/one")
    client = boto3.client("s3", endpoint_url=moto_bucket.server.url, region_name="us-east-1")
    client.put_bucket_versioning(Bucket=moto_bucket.name, VersioningConfiguration={"Status": "Enabled"})
    with kept_exam(tmp_path, room_keys, store=store) as kept:
        names = kept.recordings(kept.formal)
        client.put_object(Bucket=moto_bucket.name, Key=f"rooms/one/{names[0]}", Body=b"written over")
        client.delete_object(Bucket=moto_bucket.name, Key=f"rooms/one/{names[1]}")
        assert len(kept.recordings(kept.formal)) == 7
        kept.purge(after(200))
        left = client.list_object_versions(Bucket=moto_bucket.name, Prefix="rooms/one/recordings/")
        assert not left.get("Versions") and not left.get("DeleteMarkers")


def test_a_bucket_that_is_replicated_is_refused(
    tmp_path: Path, moto_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    segments = open_segment_store(moto_bucket.server.address(moto_bucket.name, "rooms/one"), b"", "")
    assert segments.hidden_copies() == ()
    client = boto3.client("s3", endpoint_url=moto_bucket.server.url, region_name="us-east-1")
    moto_bucket.server.make_bucket(f"{moto_bucket.name}-copy")
    for name in (moto_bucket.name, f"{moto_bucket.name}-copy"):
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule: Any = {
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{moto_bucket.name}-copy"},
    }
    client.put_bucket_replication(
        Bucket=moto_bucket.name,
        ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/x", "Rules": [rule]},
    )
    (reason,) = segments.hidden_copies()
    assert "replicated" in reason.en


def test_a_bucket_without_versions_is_emptied(
    tmp_path: Path, room_keys: RoomKeys, swift_bucket: Bucket
) -> None:
    store = swift_bucket.server.address(swift_bucket.name, "rooms/one")
    with kept_exam(tmp_path, room_keys, store=store) as kept:
        assert kept.purge(after(200)).objects == 8
        assert kept.recordings(kept.formal) == []


def test_a_store_that_hides_copies_is_refused(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(kept.room.segments), "hidden_copies", lambda _: (Text("copies", "副本"),))
    with pytest.raises(CopiesHidden):
        kept.purge(after(400))
    assert len(kept.recordings(kept.formal)) == 6


def test_results_move_what_is_counted_from_them(room_keys: RoomKeys, kept: Kept) -> None:
    charter = kept.exam.charter
    moved = replace(TERMS, results_at=after(50))
    expected = {"recordings": 230, "identity": 80, "requests": 30, "events": 250}
    for retained, days in expected.items():
        assert due_at(charter, moved, retained, "formal") == after(days)
    assert due_at(charter, moved, "recordings", "mock") == after(7)
    with kept.exam.database.reading() as connection:
        assert len(kept_rows.list_attempts(connection, EXAM)) == 2
