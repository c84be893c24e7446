"""Help requests: one open per seat, whatever comes at once; events; incidents; erasure of old ones."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from oneseat.state.database import Database
from oneseat.state.help import events, incidents, pictures, requests
from oneseat.state.help.events import HelpEvent
from oneseat.state.help.requests import NewHelpRequest
from oneseat.state.tables.help_requests import HelpEventRow
from oneseat.state.upkeep.backup import backup, restore
from oneseat.state.upkeep.export import export
from oneseat.state.upkeep.purge import purge
from signing.errors import OneSeatError

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = NewHelpRequest(
    exam="demo",
    number="00000001",
    door="portal",
    reason="login",
    admission_number="2035",
    jti="a" * 32,
    sealed_details=b"sealed",
    callback_tag=None,
    address_tag=None,
    codes="OS-171",
    urgency=2,
    order_at=AT,
    submitted_at=AT,
    status="submitted",
    touched_at=AT,
)
STRANGER = replace(NEW, admission_number=None, jti=None, callback_tag=b"c" * 32, address_tag=b"a" * 32)


def _add(database: Database, *new: NewHelpRequest) -> list[bool]:
    with database.writing() as connection:
        return [requests.add(connection, one) is not None for one in new]


def _close(database: Database, number: str, at: datetime) -> None:
    with database.writing() as connection:
        request = requests.lock(connection, "demo", number)
        assert request is not None
        requests.change(connection, request, status="solved", closed_at=at)


def test_a_seat_has_one_open_request(database: Database) -> None:
    second = replace(NEW, number="00000002")
    others = [replace(second, number="00000003", exam="other"), replace(second, admission_number="2")]
    assert _add(database, NEW, second, *others) == [True, False, True, True]
    _close(database, NEW.number, AT)
    assert _add(database, replace(NEW, number="00000004")) == [True]
    with database.reading() as connection:
        latest = requests.find_latest(connection, "demo", "2035")
    assert latest is not None and latest.number == "00000004"


def test_strangers_take_no_seats_place_and_numbers_are_unique(database: Database) -> None:
    strangers = [replace(STRANGER, number=f"1000000{number}") for number in range(3)]
    assert _add(database, *strangers, NEW) == [True] * 4
    assert _add(database, replace(STRANGER, number=NEW.number)) == [False]


def test_of_many_at_once_one_is_open(database: Database) -> None:
    gate = threading.Barrier(8)

    def rush(number: int) -> bool:
        gate.wait()
        return _add(database, replace(NEW, number=f"{number:08d}"))[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(rush, range(8))) == [False] * 7 + [True]


def test_open_requests_are_listed_urgent_first_and_counted(database: Database) -> None:
    late, urgent = (
        replace(NEW, number="2", admission_number="2"),
        replace(NEW, number="3", admission_number="3"),
    )
    _add(database, NEW, late, replace(urgent, urgency=0), replace(STRANGER, number="4", urgency=3))
    _close(database, "2", AT)
    with database.reading() as connection:
        listed = requests.list_open(connection, "demo", 10)
        assert [request.number for request in listed] == ["3", "00000001", "4"]
        assert len(requests.list_open(connection, "demo", 2)) == 2
        assert requests.count_open(connection, "demo", 3) == 1
        assert requests.find(connection, "demo", "9") is None
    assert b"sealed" not in repr(listed).encode()


def test_limits_count_what_came_from_one_number_and_one_address(database: Database) -> None:
    _add(database, STRANGER, replace(STRANGER, number="2", callback_tag=b"d" * 32))
    with database.reading() as connection:
        assert requests.count_of_callback(connection, "demo", b"c" * 32, AT - MINUTE) == 1
        assert requests.count_of_address(connection, "demo", b"a" * 32, AT - MINUTE) == 2
        assert requests.count_of_address(connection, "demo", b"a" * 32, AT) == 0


def test_events_are_kept_in_order_and_erased_with_their_request(database: Database) -> None:
    _add(database, NEW, replace(NEW, number="2", admission_number="2"))
    acts = [HelpEvent(AT, "claim", "li"), HelpEvent(AT, "call", "li", "028-1", b"sealed")]
    with database.writing() as connection:
        for number in (NEW.number, "2"):
            request = requests.find(connection, "demo", number)
            assert request is not None
            for act in acts:
                events.append(connection, "demo", request.id, act)
            assert events.list_of(connection, "demo", request.id) == acts
    _close(database, NEW.number, AT)
    with database.writing() as connection:
        assert requests.erase_closed(connection, "demo", AT, 10) == 0
        assert requests.erase_closed(connection, "demo", AT + MINUTE, 10) == 1
        assert requests.find(connection, "demo", NEW.number) is None
        assert connection.scalar(select(func.count()).select_from(HelpEventRow)) == 2


def test_answers_of_the_last_minutes_are_listed(database: Database) -> None:
    _add(database, NEW)
    with database.writing() as connection:
        request = requests.lock(connection, "demo", NEW.number)
        assert request is not None
        requests.change(connection, request, reached_at=AT)
        assert requests.list_reached(connection, "demo", AT) == [AT]
        assert requests.list_reached(connection, "demo", AT + MINUTE) == []


def test_an_incident_is_open_until_it_is_over(database: Database) -> None:
    with database.writing() as connection:
        incidents.begin(connection, "demo", "login", "登录缓慢", "li", AT)
        (incident,) = incidents.list_open(connection, "demo")
        assert (incident.words, incident.reason, incident.opened_by) == ("登录缓慢", "login", "li")
        assert not incidents.end(connection, "other", incident.id, AT)
        assert incidents.end(connection, "demo", incident.id, AT)
        assert not incidents.end(connection, "demo", incident.id, AT)
        assert incidents.list_open(connection, "demo") == []


def _picture(database: Database, number: str, tag: bytes = b"t" * 32, sealed: bytes = b"sealed") -> int:
    """Add a picture to a request; return the request's id."""
    with database.writing() as connection:
        request = requests.find(connection, "demo", number)
        assert request is not None
        pictures.add(connection, "demo", request.id, tag, sealed, AT)
        return request.id


def test_pictures_are_kept_in_order_and_erased_with_their_request(database: Database) -> None:
    _add(database, NEW, replace(NEW, number="2", admission_number="2"))
    first = _picture(database, NEW.number)
    _picture(database, NEW.number, b"u" * 32, b"\x00\xff" * 150_000)
    other = _picture(database, "2")
    with pytest.raises((OneSeatError, IntegrityError)):
        _picture(database, NEW.number)
    with database.reading() as connection:
        one, two = pictures.list_of(connection, "demo", first)
        assert (one.tag, two.tag, one.added_at) == (b"t" * 32, b"u" * 32, AT)
        assert pictures.read_sealed(connection, "demo", first, two.id) == b"\x00\xff" * 150_000
        assert pictures.read_sealed(connection, "demo", other, two.id) is None, "of another request"
        assert pictures.read_sealed(connection, "other", first, two.id) is None, "of another exam"
    with database.writing() as connection:
        assert pictures.erase(connection, "demo", other, one.id) == 0
        assert pictures.erase(connection, "demo", first, one.id) == 1
        assert [left.id for left in pictures.list_of(connection, "demo", first)] == [two.id]
    _close(database, NEW.number, AT)
    with database.writing() as connection:
        assert requests.erase_closed(connection, "demo", AT + MINUTE, 10) == 1
        assert pictures.list_of(connection, "demo", first) == []
        assert len(pictures.list_of(connection, "demo", other)) == 1


def test_pictures_go_through_backup_and_purge_and_stay_out_of_exports(
    database: Database, tmp_path: Path
) -> None:
    _add(database, NEW)
    request_id = _picture(database, NEW.number, sealed=b"SECRET" * 50_000)
    backup(database, tmp_path / "backup", AT)
    restored = str(tmp_path / "restored.db")
    restore(tmp_path / "backup", restored)
    again = Database.open(restored)
    try:
        with again.reading() as connection:
            (picture,) = pictures.list_of(connection, "demo", request_id)
            sealed = pictures.read_sealed(connection, "demo", request_id, picture.id)
        assert sealed == b"SECRET" * 50_000
        export(again, "demo", tmp_path / "export", AT)
        exported = json.loads((tmp_path / "export" / "help_pictures.jsonl").read_text())
        assert exported == {"id": picture.id, "request_id": request_id, "added_at": AT.isoformat()}
        assert purge(again, "demo", AT).tables["help_pictures"] == 1
    finally:
        again.close()
    assert b"SECRET" not in Path(restored).read_bytes()
