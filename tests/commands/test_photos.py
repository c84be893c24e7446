"""Registered photographs on their whole way: the room's key, the roster's photographs, and into the room."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.roster import sample
from oneseat.pipeline.roster.csv_files import write_csv
from oneseat.state.candidates import seat_list
from oneseat.state.database import Database
from oneseat.state.room import registered_photos
from tests.commands.conftest import EXAM, Engineer
from tests.shades import picture


def test_photographs_go_from_the_roster_to_the_room(prepared: Engineer) -> None:
    prepared.issue(3)
    root = prepared.space.root
    key, photos, sealed = root / "room-photos.pub", root / "photos", root / "photos.oneseat"
    photos.mkdir()
    for person in sample(3, 1, EXAM):
        (photos / f"{person.admission_number}.jpg").write_bytes(picture())
    shown = prepared.run("room", "photo-key", key, "--json")
    assert shown.status == 0
    order: list[str | Path] = [
        "roster",
        "photos",
        root / "roster.csv",
        "--photos",
        photos,
        "--room-key",
        key,
        "--to",
        sealed,
    ]
    packed = prepared.run(*order, "--json")
    assert (packed.status, packed.object["photos"]) == (0, 3)
    assert packed.object["recipient"] == shown.object["key"]
    taken = prepared.run("room", "photos", sealed, "--json")
    assert (taken.status, taken.object) == (0, {"photos": 3, "seats": 3})
    database = Database.open(prepared.space.state_url)
    with database.reading() as connection:
        for seat in seat_list.all_seats(connection, EXAM.id):
            assert registered_photos.exists(connection, EXAM.id, seat.jti)
    database.close()
    (photos / "1.jpg").write_bytes(b"")
    refused = prepared.run(*order, "--json")
    assert (refused.status, refused.object["error"]["code"]) == (3, "OS-655")


def test_the_check_of_a_roster_names_papers_that_are_not_there(prepared: Engineer) -> None:
    root = prepared.space.root
    root.mkdir(exist_ok=True)
    people = list(sample(2, 1, EXAM))
    rows = [(*person, paper) for person, paper in zip(people, ("a", "z"), strict=True)]
    write_csv(root / "papers.csv", ("姓名", "身份证号", "准考证号", "试卷"), rows)
    checked = prepared.run(
        "roster", "check", root / "papers.csv", "--json", "--faults-csv", root / "list.csv"
    )
    (missed,) = checked.object["papers"]
    assert (missed["place"], missed["rows"]) == ("3", 1) and "“z”" in missed["remark"]["zh"]
    assert "“z”" in (root / "list.csv").read_text("utf-8")
    there = root / "elsewhere"
    there.mkdir()
    (there / "formal-0.z.toml").touch()
    checked = prepared.run("roster", "check", root / "papers.csv", "--json", "--papers", there)
    assert [missed["place"] for missed in checked.object["papers"]] == ["2"]
