"""Registered photographs: only the room opens them, people see them beside the others, and they end."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from oneseat.files.photo_file import PhotoFileWriter
from oneseat.room.evidence import export, purge
from oneseat.room.evidence.attempt_folder import Approval, Purpose
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.exam.photo_shelf import PhotoShelf
from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.refusals.photos import PhotoFileRefused
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import holds, registered_photos
from oneseat.state.room import kept as kept_rows
from signing.authority.errors import SealBroken
from signing.authority.signer import Signer
from signing.charter import RetentionTerms
from signing.clock import FixedClock
from signing.session_times import SeatTerms
from tests.room.candidate import Arrive, identity_body
from tests.room.held_exam import BEFORE, ENDS, EXAM, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.kept import kept_room
from tests.room.staff_entry import Staff, address, hire
from tests.room.test_identity import DOCUMENTS
from tests.shades import picture, shade_of

DAY = 24 * 3600
TERMS = RetentionTerms(7 * DAY, 180 * DAY, 30 * DAY, 30 * DAY, 200 * DAY)
_LATER = itertools.count(100, 100)
"""Each file is signed later than the one before."""
STRANGER = "9" * 32
"""A seat whose candidate never comes."""


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    folder = tmp_path_factory.mktemp("room")
    exam = HeldExam(folder, room_keys, identity_documents=DOCUMENTS, retention=TERMS)
    hire(exam, {"zhang": Role.SUPPORT})
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def kept(room: RunningRoom) -> Iterator[KeptRoom]:
    with kept_room(room.exam) as kept:
        yield kept


def sealed(
    exam: HeldExam,
    path: Path,
    photos: dict[str, int],
    *,
    later: int | None = None,
    recipient: bytes | None = None,
    signer: Signer | None = None,
    of: str = EXAM,
) -> Path:
    """A file of photographs as the issuer writes it, each of a shade."""
    shelf = PhotoShelf(EXAM, exam.keys.room.secret("sealing"))
    with path.open("wb") as file:
        writer = PhotoFileWriter(file, of, recipient or shelf.public_key)
        for jti, shade in photos.items():
            writer.add(jti, picture(shade))
        at = BEFORE + timedelta(seconds=next(_LATER) if later is None else later)
        writer.finish(signer or exam.keys.authority.signer("licence"), at)
    return path


def take_in(kept: KeptRoom, path: Path) -> int:
    with kept.database.reading() as connection:
        keys = kept.charter(connection).keys_for("licence")
    return kept.photos.take_in(kept.database, path, keys).photos


def faces(page: str) -> dict[str, int]:
    """The shade of each picture that a page shows, by its caption."""
    shown = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="(\S+) ', page)
    return {alt: round(shade_of(base64.b64decode(content)), -1) for content, alt in shown}


def test_the_photograph_is_seen_beside_face_and_card_and_the_look_names_it(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], kept: KeptRoom, tmp_path: Path
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    visitor = staff("zhang")
    before = visitor.get(address(candidate)).text
    assert "没有，仅人证比对" in before
    seen = visitor.post(f"{address(candidate)}/identity").text
    assert set(faces(seen)) == {"现场照片", "证件照片"} and "没有报名照片，仅人证比对" in seen
    assert take_in(kept, sealed(room.exam, tmp_path / "photos", {candidate.jti: 120, STRANGER: 10})) == 2
    page = visitor.get(address(candidate)).text
    assert "仅人证比对" not in page.replace("仅人证比对：尚未核对报名信息", "") and "data:image" not in page
    seen = visitor.post(f"{address(candidate)}/identity").text
    assert faces(seen)["报名照片"] == 120
    with room.exam.database.reading() as connection:
        looks = [e for e in audit.latest(connection, EXAM, 9, candidate.jti) if e.act == "room.identity-seen"]
        row = registered_photos.find(connection, EXAM, candidate.jti)
    assert row is not None
    assert [json.loads(look.facts).get("registered") for look in looks] == [row.sha256, None]


def test_the_watermark_is_in_its_pixels_too(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], kept: KeptRoom, tmp_path: Path
) -> None:
    candidate = arrive().reach_identity()
    take_in(kept, sealed(room.exam, tmp_path / "photos", {candidate.jti: 120}))
    page = staff("zhang").post(f"{address(candidate)}/identity").text
    (content,) = re.findall(r'base64,([^"]+)" alt="报名照片', page)
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        low, high = image.convert("L").getextrema()
    assert isinstance(low, int) and isinstance(high, int) and high - low > 20


def test_a_copied_database_and_another_ring_open_nothing(
    room: RunningRoom, kept: KeptRoom, tmp_path: Path, real_keys: RoomKeys
) -> None:
    take_in(kept, sealed(room.exam, tmp_path / "photos", {"1" * 32: 60}))
    with kept.database.reading() as connection:
        row = registered_photos.find(connection, EXAM, "1" * 32)
        opened = kept.photos.open(connection, "1" * 32)
    assert row is not None and opened is not None and round(shade_of(opened.jpeg), -1) == 60
    assert b"JFIF" not in row.sealed
    portal = room.exam.keys.portal.secret("delivery")
    for secret in (portal, real_keys.room.secret("sealing")):
        other = PhotoShelf(EXAM, secret)
        with kept.database.reading() as connection, pytest.raises(SealBroken):
            other.open(connection, "1" * 32)
        path = sealed(room.exam, tmp_path / "other", {"1" * 32: 70}, recipient=other.public_key)
        with pytest.raises(PhotoFileRefused, match="another room"):
            take_in(kept, path)


def test_a_photograph_is_replaced_by_a_newer_file_and_not_by_an_older_or_a_strangers(
    room: RunningRoom, kept: KeptRoom, tmp_path: Path
) -> None:
    exam, jti, first = room.exam, "2" * 32, next(_LATER)
    take_in(kept, sealed(exam, tmp_path / "first", {jti: 60}, later=first + 10))
    take_in(kept, sealed(exam, tmp_path / "second", {jti: 90}, later=first + 20))
    take_in(kept, tmp_path / "second")
    refused = {
        "a newer one": sealed(exam, tmp_path / "old", {jti: 30}, later=first + 15),
        "another exam": sealed(exam, tmp_path / "exam", {jti: 30}, later=first + 30, of="other"),
        "signed": sealed(
            exam, tmp_path / "key", {jti: 30}, later=first + 30, signer=exam.keys.portal.signer("ticket")
        ),
    }
    (tmp_path / "short").write_bytes((tmp_path / "second").read_bytes()[:-9])
    refused["cut short"] = tmp_path / "short"
    for words, path in refused.items():
        with pytest.raises(PhotoFileRefused) as caught:
            take_in(kept, path)
        assert words in caught.value.cause_text.en, caught.value.cause_text
    with kept.database.reading() as connection:
        opened = kept.photos.open(connection, jti)
    assert opened is not None and round(shade_of(opened.jpeg), -1) == 90


def test_an_export_says_which_photograph_there_was_and_does_not_hold_it(
    room: RunningRoom, arrive: Arrive, kept: KeptRoom, tmp_path: Path
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    take_in(kept, sealed(room.exam, tmp_path / "photos", {candidate.jti: 120}))
    with kept.database.reading() as connection:
        attempts = kept_rows.list_attempts(connection, EXAM, jtis=[candidate.jti])
        row = registered_photos.find(connection, EXAM, candidate.jti)
    order = export.Order(attempts, Purpose(Approval(approved_by=("王", "李"))))
    exported = export.export(kept, order, tmp_path / "evidence", FixedClock(BEFORE), lambda _: None)
    (listed,) = exported.folder.rglob("room_registered_photos.jsonl")
    line = json.loads(listed.read_text())
    assert row is not None and line["sha256"] == row.sha256
    assert set(line) == {"exam", "jti", "at", "sha256"}


def test_photographs_end_with_identities_those_of_absent_candidates_too(
    tmp_path: Path, room_keys: RoomKeys
) -> None:
    exam = HeldExam(tmp_path / "exam", room_keys, retention=TERMS)
    with kept_room(exam) as kept:
        take_in(kept, sealed(exam, tmp_path / "photos", {STRANGER: 10, "8" * 32: 10}))
        with kept.database.writing() as connection:
            holds.place(connection, EXAM, ("8" * 32,), "appeal", "Li", BEFORE)

        def left() -> int:
            with kept.database.reading() as connection:
                return registered_photos.count(connection, EXAM)

        due = ENDS + timedelta(days=30)
        early = purge.purge(kept, FixedClock(due - timedelta(seconds=1)), tmp_path)
        assert (early.rows, left()) == (0, 2)
        assert purge.plan(kept, due).rows == {"identity": 1}
        result = purge.purge(kept, FixedClock(due), tmp_path)
        assert (result.rows, left()) == (1, 1), "what is held stays"
        assert result.certificate is not None
        (erased,) = json.loads(result.certificate.read_text())["erased"]
        assert (erased["retention"], erased["kind"], erased["rows"]) == ("identity", "seats", 1)
        with kept.database.writing() as connection:
            holds.release(connection, EXAM, ("8" * 32,), "Li", due)
        again = purge.purge(kept, FixedClock(due + timedelta(days=1)), tmp_path)
        assert (again.erasures, left()) == (1, 0)
    exam.database.close()


def test_what_was_approved_is_seen_without_a_cause(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate, other = arrive().reach_identity(), arrive().reach_identity()
    terms = SeatTerms(candidate.jti, 15 * 60, None)
    room.app.state.room.seats.store([KnownSeat(terms, "b", ("hearing_aid", "large_type"))], BEFORE)
    visitor = staff("zhang")
    page = visitor.get(address(candidate)).text
    for words in ("已批准延长", "15 分钟", "助听设备", "大字显示"):
        assert words in page
    assert "已批准" not in visitor.get(address(other)).text
    room.app.state.room.seats.store([], BEFORE)
