"""``roster photos``: every fault is named at once, and what is written only the room can read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from oneseat.files.photo_file import PhotoFile
from oneseat.pipeline.photos import packing, sources
from oneseat.pipeline.photos.errors import PhotosFaulty, PhotosUnreadable, RoomKeyUnusable
from oneseat.pipeline.photos.matching import Matching, Roster
from oneseat.pipeline.photos.packing import Order, Packed
from oneseat.pipeline.photos.sources import open_source
from oneseat.pipeline.roster import AS_IT_IS
from oneseat.pipeline.roster.csv_files import write_csv
from oneseat.pipeline.roster.errors import RosterColumnUnknown
from oneseat.pipeline.roster.sample import Person, sample
from oneseat.state.issuing import licences
from signing.authority import registered_photos, sealed_boxes
from tests.pipeline.exam_workspace import EXAM, NOW, ExamWorkspace
from tests.shades import picture, shade_of

PEOPLE = list(sample(4, 3, EXAM))
ONE, TWO, THREE, FOUR = PEOPLE
PRIVATE = bytes(range(32))
HEADER = ("姓名", "身份证号", "准考证号")


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def named(people: Sequence[Person], suffix: str = "jpg") -> dict[str, bytes]:
    """A picture for each person, of a shade of its own, named by admission number."""
    return {f"{person.admission_number}__{suffix}": picture(40 * n + 40) for n, person in enumerate(people)}


@pytest.fixture
def issued(workspace: ExamWorkspace) -> ExamWorkspace:
    workspace.issue(PEOPLE)
    return workspace


def pack(
    workspace: ExamWorkspace,
    photos: Path,
    *,
    roster: Path | None = None,
    by: str = "admission_number",
    allow_missing: bool = False,
    faults_csv: Path | None = None,
) -> Packed:
    authority = workspace.rings.authority
    order = Order(
        workspace.folder / "photos.oneseat",
        "demo",
        sealed_boxes.public_key_of(PRIVATE),
        authority.signer("licence"),
        NOW,
        allow_missing,
        faults_csv,
    )
    path = roster or workspace.folder / "roster.csv"
    rows = Roster(path, EXAM, AS_IT_IS, Matching(by), workspace.database, authority.secret("pepper"))
    with open_source(photos) as source:
        return packing.pack(order, rows, source)


def shades(workspace: ExamWorkspace, packed: Packed) -> dict[str, int]:
    """What the room would see: the shade of each seat's photograph, by admission number."""
    signer = workspace.rings.authority.signer("licence")
    file = PhotoFile(packed.file)
    file.verified({signer.kid: signer.public_key})
    numbers = {jti_of(workspace, person): person.admission_number for person in PEOPLE}
    seen = {}
    for photo in file.photos():
        jpeg = sealed_boxes.open_with(PRIVATE, photo.box, registered_photos.context("demo", photo.jti))
        assert jpeg is not None
        seen[numbers[photo.jti]] = round(shade_of(jpeg), -1)
    return seen


def jti_of(workspace: ExamWorkspace, person: Person) -> str:
    with workspace.database.reading() as connection:
        number = person.admission_number
        return licences.find_stored_seats(connection, "demo", 0, [number])[number].jti


def faults(caught: pytest.ExceptionInfo[PhotosFaulty]) -> str:
    return caught.value.cause_text.zh


def test_each_photograph_reaches_its_seat_and_no_number_is_in_the_file(issued: ExamWorkspace) -> None:
    packed = pack(issued, put(issued.folder / "in", **named(PEOPLE)))
    assert (packed.rows, packed.photos, packed.missing) == (4, 4, 0)
    assert shades(issued, packed) == {person.admission_number: 40 * n + 40 for n, person in enumerate(PEOPLE)}
    content = packed.file.read_bytes()
    for person in PEOPLE:
        for number in (person.admission_number, person.id_number, person.name):
            assert number.encode() not in content
    assert b"JFIF" not in content
    assert packed.file.stat().st_mode & 0o077 == 0


def test_files_are_matched_by_id_number_or_by_a_column_of_the_roster(issued: ExamWorkspace) -> None:
    by_id = {f"{p.id_number.lower()}__JPG": picture(40 * n + 40) for n, p in enumerate(PEOPLE)}
    first = pack(issued, put(issued.folder / "by-id", **by_id), by="id_number")
    wanted = shades(issued, first)
    assert len(wanted) == 4
    roster = issued.folder / "with-photos.csv"
    rows = [(*person, f"照片\\P{n}.jpg") for n, person in enumerate(PEOPLE)]
    write_csv(roster, (*HEADER, "照片文件"), rows)
    by_column = {f"p{n}__png": picture(40 * n + 40, kind="PNG") for n, _ in enumerate(PEOPLE)}
    second = pack(issued, put(issued.folder / "by-column", **by_column), roster=roster, by="照片文件")
    assert shades(issued, second) == wanted
    with pytest.raises(RosterColumnUnknown):
        pack(issued, issued.folder / "by-column", roster=roster, by="相片")


def test_a_zip_file_is_read_as_chinese_systems_write_it(issued: ExamWorkspace) -> None:
    path = issued.folder / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._x.jpg", b"no picture")
        for n, person in enumerate(PEOPLE):
            entry = zipfile.ZipInfo(f"第一批/{person.admission_number}.jpg")
            archive.writestr(entry, picture(40 * n + 40))
    assert pack(issued, path).photos == 4


def test_all_faults_are_named_at_once_and_nothing_is_written(issued: ExamWorkspace) -> None:
    one, two = ONE.admission_number, TWO.admission_number
    photos = put(
        issued.folder / "in",
        **{
            f"{one}__jpg": picture(),
            f"{one}__png": picture(kind="PNG"),  # two for one seat
            f"{two}__jpg": picture()[:200],  # undecodable
            f"{THREE.admission_number}__gif": b"GIF89a",  # wrong kind, and so the third has none
            f"{FOUR.admission_number}__jpg": picture(size=(90, 300)),  # too small
            "110105203501010011__jpg": picture(),  # of nobody on the roster
        },
    )
    with pytest.raises(PhotosFaulty) as caught:
        pack(issued, photos, faults_csv=issued.folder / "faults.csv")
    shown = faults(caught)
    assert "共" not in shown and "6 处问题" in shown
    for words in (
        "已有另一张照片",
        "文件已损坏",
        "不是 JPEG",
        "图片太小",
        "名单中没有对应的考生",
        "没有照片",
    ):
        assert shown.count(words) == 1, (words, shown)
    assert "110105203501010011" not in shown and ONE.name not in shown
    with (issued.folder / "faults.csv").open(encoding="utf-8-sig") as file:
        listed = list(csv.reader(file))
    assert len(listed) == 7 and listed[0] == ["位置", "原因", "reason"]
    assert not (issued.folder / "photos.oneseat").exists()
    assert not list(issued.folder.glob(".photos*")), "nothing half-made is left"


def test_pictures_beyond_the_limits_are_not_decoded(
    issued: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_FILE_BYTES", 5000)
    monkeypatch.setattr(packing, "MOST_PIXELS", 40_000)
    large, detailed = ONE.admission_number, TWO.admission_number
    photos = put(
        issued.folder / "in",
        **{f"{large}__jpg": picture() + bytes(5000), f"{detailed}__jpg": picture(size=(250, 200))},
    )
    with pytest.raises(PhotosFaulty) as caught:
        pack(issued, photos, allow_missing=True)
    assert "2 处问题" in faults(caught)
    assert "文件超过" in faults(caught) and "万像素" in faults(caught)


def test_candidates_without_a_photograph_are_counted_where_that_is_allowed(issued: ExamWorkspace) -> None:
    photos = put(issued.folder / "in", **named(PEOPLE[:2]))
    with pytest.raises(PhotosFaulty, match="2 fault"):
        pack(issued, photos)
    packed = pack(issued, photos, allow_missing=True)
    assert (packed.photos, packed.missing) == (2, 2)


def test_rows_that_are_faulty_or_not_issued_as_they_are_get_no_photograph(issued: ExamWorkspace) -> None:
    """Else a photograph would be shown beside another person's interview."""
    *_, other, fresh = sample(6, 3, EXAM)
    changed = Person(FOUR.name, other.id_number, FOUR.admission_number)
    roster = issued.folder / "changed.csv"
    write_csv(roster, HEADER, [ONE, TWO, (THREE.name, "11", THREE.admission_number), changed, fresh])
    with pytest.raises(PhotosFaulty) as caught:
        pack(issued, put(issued.folder / "in", **named([ONE, TWO])), roster=roster)
    shown = faults(caught)
    assert "3 处问题" in shown
    for words in ("该行有误", "考生信息与名单不同", "尚未签发"):
        assert words in shown


def test_what_holds_no_pictures_is_refused_as_such(issued: ExamWorkspace, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 damaged")
    for path in (tmp_path / "no.zip", tmp_path / "absent"):
        with pytest.raises(PhotosUnreadable):
            pack(issued, path)
    (tmp_path / "locked.zip").write_bytes(_encrypted())
    with pytest.raises(PhotosUnreadable, match="password"):
        pack(issued, tmp_path / "locked.zip")
    (tmp_path / "room.pub").write_text("no key")
    with pytest.raises(RoomKeyUnusable):
        packing.read_room_key(tmp_path / "room.pub")


def test_a_large_entry_of_an_archive_is_not_unpacked(issued: ExamWorkspace) -> None:
    path = issued.folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ONE.admission_number}.jpg", picture() + bytes(sources.MAX_FILE_BYTES + 1))
    with pytest.raises(PhotosFaulty, match="larger than 10 MiB"):
        pack(issued, path, allow_missing=True)


def _encrypted() -> bytes:
    """A zip file whose only entry has the flag of encryption (APPNOTE 4.4.4, bit 0)."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("1.jpg", b"x")
    content = bytearray(target.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)
