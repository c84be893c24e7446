"""Requests about personal data that were changed in the database are found in exports of each attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from oneseat.room.evidence import export, looks, tree, verify
from oneseat.room.evidence.attempt_folder import Purpose
from oneseat.room.evidence.export import Order
from oneseat.room.evidence.verify import Verified
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import kept, personal
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_personal import RoomPersonalRequestRow
from signing.clock import FixedClock
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, EXAM, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.kept import LATER, kept_room
from tests.room.staff_entry import Staff, entering, hire
from tests.room.test_verify_export import Exported, sealed_anew
from tests.room.test_written_records import change_rows

TABLE = RoomPersonalRequestRow
FILE = f"{tree.ROWS}/room_personal_requests.jsonl"


class Seats:
    """A seat with two attempts and three requests, the second one answered; and another seat."""

    def __init__(self, room: RunningRoom, own: Candidate, other: Candidate) -> None:
        self.exam, self.own, self.other = room.exam, own, other
        nonce = own.attempt["nonce"]
        with self.exam.database.writing() as connection:
            row = connection.execute(select(RoomAttemptRow).where(RoomAttemptRow.id == nonce)).one()
            again = {**row._mapping, "id": "f" * 32, "ordinal": 2}
            again |= {"cookie_hash": None, "grant_hash": None}
            connection.execute(insert(RoomAttemptRow), again)
        path = f"/staff/personal/{nonce}/requests"
        with entering(room, Staff) as entered:
            desk = entered("wang")
            for kind, said in (("copy", "要一份录像"), ("erase", "删除录像"), ("erase", "删除照片")):
                assert desk.post(path, kind=kind, said=said).status_code == 303
            self.numbers = [each.id for each in self.requests()]
            answered = desk.post(f"{path}/{self.numbers[1]}", outcome="refused", said="依法保留")
            assert answered.status_code == 303

    def requests(self) -> list[personal.PersonalRequest]:
        with self.exam.database.reading() as connection:
            return personal.of_seat(connection, EXAM, self.own.jti)

    @contextmanager
    def changed(self, change: Callable[[Connection], None]) -> Iterator[None]:
        """Change requests behind the audit log's back, and put them back afterwards."""
        with self.exam.database.writing() as connection:
            rows: list[dict[str, Any]] = [
                dict(row._mapping) for row in connection.execute(select(TABLE.__table__))
            ]
            change(connection)
        try:
            yield
        finally:
            with self.exam.database.writing() as connection:
                connection.execute(delete(TABLE))
                connection.execute(insert(TABLE), rows)

    def verified(self, jti: str, folder: Path, *, for_person: bool = False) -> list[Verified]:
        """What is found in an export of each attempt of a seat."""
        with kept_room(self.exam) as room, self.exam.database.reading() as connection:
            attempts = kept.list_attempts(connection, EXAM, jtis=[jti])
            order = Order(attempts, Purpose(for_person=for_person))
            export.export(room, order, folder, FixedClock(LATER), lambda _: None)
            trust = verify.Trust(room.root_public_key)
            return [verify.verify(folder / attempt.id, trust) for attempt in attempts]


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Seats]:
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    hire(exam, {"wang": Role.SUPPORT})
    with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        own, other = arrive(), arrive()
        for candidate in (own, other):
            candidate.enter().join()
        yield Seats(room, own, other)
    exam.database.close()


def codes(results: list[Verified]) -> list[list[str]]:
    return [sorted(found.error.code for found in result.findings) for result in results]


def of(seats: Seats, place: int) -> Any:
    return TABLE.id == seats.numbers[place]


def setting(place: int, **values: object) -> Callable[[Seats, Connection], None]:
    def change(seats: Seats, connection: Connection) -> None:
        connection.execute(update(TABLE).where(of(seats, place)).values(**values))

    return change


def swapping(*columns: str) -> Callable[[Seats, Connection], None]:
    """Swap columns of the two requests for erasure."""

    def change(seats: Seats, connection: Connection) -> None:
        rows = [connection.execute(select(TABLE.__table__).where(of(seats, place))).one() for place in (1, 2)]
        for place, row in zip((2, 1), rows, strict=True):
            values = {name: row._mapping[name] for name in columns}
            connection.execute(update(TABLE).where(of(seats, place)).values(values))

    return change


def remove(seats: Seats, connection: Connection) -> None:
    connection.execute(delete(TABLE).where(of(seats, 1)))


def add(seats: Seats, connection: Connection) -> None:
    at = BEFORE + timedelta(minutes=1)
    personal.add(
        connection, EXAM, personal.NewPersonalRequest(seats.own.jti, "copy", at, at, "wang", "never asked")
    )


UNANSWERED = {"answered_at": None, "answered_by": None, "outcome": None, "answer": None}
CHANGES: dict[str, tuple[Callable[[Seats, Connection], None], list[str]]] = {
    "words": (setting(0, words="要两份录像"), ["OS-2322"]),
    "kind": (setting(0, kind="access"), ["OS-2322"]),
    "deadline": (setting(0, due_at=BEFORE + timedelta(days=300)), ["OS-2322"]),
    "salt gone": (setting(0, salt=None), ["OS-2322"]),
    "time": (setting(0, received_at=BEFORE + timedelta(minutes=1)), ["OS-2320", "OS-2321"]),
    "author": (setting(0, operator="li"), ["OS-2320", "OS-2321"]),
    "outcome": (setting(1, outcome="granted"), ["OS-2322"]),
    "answer": (setting(1, answer="已删除"), ["OS-2322"]),
    "answer gone": (setting(1, **UNANSWERED), ["OS-2321"]),
    "gone": (remove, ["OS-2321", "OS-2321"]),
    "added": (add, ["OS-2320"]),
    "words swapped": (swapping("words"), ["OS-2322", "OS-2322"]),
    "salts swapped": (swapping("salt"), ["OS-2322", "OS-2322", "OS-2322"]),
    "answer swapped": (swapping(*UNANSWERED), ["OS-2322"]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_in_the_database_is_found_in_exports_of_each_attempt(
    seats: Seats, tmp_path: Path, case: str
) -> None:
    change, expected = CHANGES[case]
    with seats.changed(lambda connection: change(seats, connection)):
        assert codes(seats.verified(seats.own.jti, tmp_path / "out")) == [expected, expected]


def test_a_request_that_was_moved_to_another_seat_is_missed_there_and_too_much_here(
    seats: Seats, tmp_path: Path
) -> None:
    with seats.changed(lambda connection: setting(2, jti=seats.other.jti)(seats, connection)):
        assert codes(seats.verified(seats.own.jti, tmp_path / "own")) == [["OS-2321"], ["OS-2321"]]
        assert codes(seats.verified(seats.other.jti, tmp_path / "other")) == [["OS-2320"]]


def test_what_nobody_has_changed_is_sound_and_vouched_for(seats: Seats, tmp_path: Path) -> None:
    results = seats.verified(seats.own.jti, tmp_path / "out")
    assert (codes(results), [each.unvouched for each in results]) == ([[], []], [0, 0])
    own = seats.verified(seats.own.jti, tmp_path / "own", for_person=True)
    assert (codes(own), [each.unvouched for each in own]) == ([[], []], [4, 4])


def test_the_entries_have_no_words(seats: Seats) -> None:
    with seats.exam.database.reading() as connection:
        said = [entry.facts for entry in audit.latest(connection, EXAM, 50, seats.own.jti)]
    assert sum('"record":' in facts for facts in said) == 4
    assert not any(words in facts for facts in said for words in ("录像", "照片", "保留"))


def test_a_request_from_before_digests_is_read_and_counted(seats: Seats, tmp_path: Path) -> None:
    """Its entry has the kind alone. What was written of it in exports of that time stays sound as well."""
    jti, at = seats.other.jti, BEFORE + timedelta(minutes=2)
    with seats.exam.database.writing() as connection:
        new = personal.NewPersonalRequest(jti, "copy", at, at, "wang", "旧请求")
        number = personal.add(connection, EXAM, new)
        connection.execute(update(TABLE).where(TABLE.id == number).values(salt=None))
        facts = {"jti": jti, "attempt": seats.other.attempt["nonce"], "kind": "copy"}
        audit.append(connection, at, "operator:wang", "room.personal-request", EXAM, facts)
        assert [each.words for each in personal.of_seat(connection, EXAM, jti)] == ["旧请求"]
    (result,) = seats.verified(jti, tmp_path / "now")
    assert (codes([result]), result.unvouched) == ([[]], 1)

    def turn(connection: Connection) -> None:
        connection.execute(update(TABLE).where(TABLE.id == number).values(kind="erase"))

    with seats.changed(turn):
        assert codes(seats.verified(jti, tmp_path / "kind")) == [["OS-2322"]]

    folder = tmp_path / "now"
    attempt = folder / str(seats.other.attempt["nonce"])
    change_rows(attempt, FILE, lambda rows: [row.pop("salt") for row in rows])
    change_rows(
        attempt, looks.FILE, lambda rows: rows.remove(next(row for row in rows if "personal" in row["act"]))
    )
    with kept_room(seats.exam) as room:
        sealed_anew(Exported(seats.exam, room, folder), folder, lambda manifest: None, room.signer)
        result = verify.verify(attempt, verify.Trust(room.root_public_key))
    assert (codes([result]), result.unvouched) == ([[]], 1)
