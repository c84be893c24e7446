"""The wall over HTTP: who may open it, what it shows, what its stream sends, and how each look is audited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx
import pytest

from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.staff.attempts import look_keys
from oneseat.room.staff.live_wall import wall_reading
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AuditFilter
from oneseat.state.accounts.operators import Role
from oneseat.state.room import permissions
from oneseat.state.room.permissions import NewPermission
from signing.clock import FixedClock
from signing.session_times import SeatTerms
from tests.room.candidate import Arrive, Candidate, identity_body
from tests.room.held_exam import BEFORE, ENDS, EXAM, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import WATCHER, Staff, entering, hire
from tests.room.test_identity import DOCUMENTS
from tests.room.test_live_pictures import jpeg, send

ROLES = {
    "viewer": Role.VIEWER,
    "agent": Role.SUPPORT,
    "admin": Role.ADMIN,
    "judge": Role.JUDGE,
    "li": Role.INVIGILATOR,
    "wang": WATCHER,
}
WATCHES = "wang"


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room whose exam has the identity step, with operators of several roles."""
    exam = HeldExam(tmp_path_factory.mktemp("wall"), room_keys, identity_documents=DOCUMENTS)
    hire(exam, ROLES)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def staff(room: RunningRoom) -> Iterator[Enter]:
    """Opens a browser that an operator has entered the room with."""
    with entering(room, Staff) as entered:
        yield lambda name=WATCHES: entered(name).http


Enter = Callable[..., httpx.Client]


def start_of(http: httpx.Client, **query: Any) -> dict[str, Any]:
    """What a page of the wall begins with."""
    page = http.get("/staff/wall", params=query)
    assert page.status_code == 200, page.text
    found = re.search(r'<script type="application/json" id="start">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    start: dict[str, Any] = json.loads(found[1])
    return start


def tile_of(start: dict[str, Any], candidate: Candidate) -> dict[str, Any]:
    (tile,) = [each for each in start["tiles"] if each["id"] == candidate.attempt["nonce"]]
    found: dict[str, Any] = tile
    return found


def picture(http: httpx.Client, candidate: Candidate, look: str, stream: str = "camera") -> httpx.Response:
    path = f"/staff/wall/pictures/{candidate.attempt['nonce']}/{stream}"
    return http.get(path, params={"look": look, "v": "1"})


def seen(arrive: Arrive, shade: int = 90) -> Candidate:
    """A candidate whose camera's picture was stored."""
    candidate = arrive().reach_identity()
    assert send(candidate, jpeg(shade)).status_code == 204
    candidate.room.app.state.live_pictures.store()
    return candidate


def entries(room: RunningRoom, act: str) -> list[dict[str, Any]]:
    with room.exam.database.reading() as connection:
        found = list(audit.entries(connection, EXAM, AuditFilter(act=act)))
    return [json.loads(each.facts) for each in reversed(found)]


def test_agents_and_viewers_get_no_wall_and_no_picture(arrive: Arrive, staff: Enter) -> None:
    candidate = seen(arrive)
    look = start_of(staff())["look"]
    for name in ("viewer", "agent", "admin", "judge"):
        http = staff(name)
        assert http.get("/staff/wall").status_code == 403
        assert http.get("/staff/wall/live").status_code == 403
        assert picture(http, candidate, look).status_code == 403
    stranger = httpx.Client(base_url=candidate.room.url)
    assert stranger.get("/staff/wall").status_code == stranger.get("/staff/wall/live").status_code == 401
    stranger.close()


def test_a_picture_is_shown_to_a_page_whose_opening_is_in_the_audit_log(
    arrive: Arrive, staff: Enter, room: RunningRoom
) -> None:
    candidate, http = seen(arrive, 33), staff()
    before = len(entries(room, "room.wall-opened"))
    assert "OS-2212" in picture(http, candidate, "").text
    start = start_of(http)
    shown = picture(http, candidate, start["look"])
    assert (shown.status_code, shown.content) == (200, jpeg(33))
    assert shown.headers["content-type"] == "image/jpeg" and shown.headers["cache-control"] == "no-store"
    opened = entries(room, "room.wall-opened")
    assert len(opened) == before + 1, "one entry for the page, none for its pictures"
    assert opened[-1]["session"] == "formal-0" and opened[-1]["attempts"] == len(start["order"])
    assert "OS-2212" in picture(staff(), candidate, start["look"]).text, "the key is of one login"
    assert "OS-2213" in picture(http, candidate, start["look"], "phone").text


def test_a_key_ends(staff: Enter, arrive: Arrive, room: RunningRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate, http = seen(arrive), staff()
    look = start_of(http)["look"]
    monkeypatch.setattr(look_keys, "LIFE", timedelta(seconds=30))
    room.later(timedelta(seconds=31))
    assert "OS-2212" in picture(http, candidate, look).text
    for wrong in ("1.2", "x", "9" * 60, f"{look}0", look.replace(".", "")):
        assert "OS-2212" in picture(http, candidate, wrong).text


def test_a_tile_says_where_the_candidate_is_and_what_is_wrong(
    arrive: Arrive, staff: Enter, room: RunningRoom
) -> None:
    candidate, http = arrive().reach_identity(), staff()
    candidate.call("identity", **identity_body())
    candidate.call("step", step="room", facts={})
    send(candidate, jpeg())
    room.app.state.live_pictures.store()
    tile = tile_of(start_of(http), candidate)
    assert (tile["number"], tile["name"]) == (f"••••{candidate.jti[-4:]}", "测**")
    assert (tile["step"], tile["marks"]) == ("候考", ["待核验"])
    assert tile["pictures"] == {"camera": int(room.clock.now().timestamp() * 1000)}
    assert candidate.jti not in json.dumps(start_of(http)), "no number in full"
    until = BEFORE + timedelta(minutes=5)
    new = NewPermission(EXAM, candidate.attempt["nonce"], "desk", "call", BEFORE, until)
    with room.exam.database.writing() as connection:
        permissions.add(connection, new)
    assert any("许可" in mark for mark in tile_of(start_of(http), candidate)["marks"])
    room.at(STARTS + timedelta(minutes=1))
    tile = tile_of(start_of(staff(), shown="alarms"), candidate)
    assert tile["step"] == "作答" and ["页面无响应", True] in tile["alarms"]


OLD_PICTURE = ["画面未更新", False]


def alarms_now(candidate: Candidate, http: httpx.Client, later_s: int = 0) -> list[list[Any]]:
    """The alarms of a candidate's tile some seconds later, while the page goes on calling."""
    candidate.room.later(timedelta(seconds=later_s))
    candidate.beat()
    alarms: list[list[Any]] = tile_of(start_of(http), candidate)["alarms"]
    return alarms


def film(candidate: Candidate, stream: str = "camera") -> None:
    """Send a picture, and have it stored."""
    assert send(candidate, jpeg(), stream).status_code == 204
    candidate.room.app.state.live_pictures.store()


def test_a_picture_is_missed_once_it_was_due(arrive: Arrive, staff: Enter, room: RunningRoom) -> None:
    candidate, http = arrive().reach_identity(), staff()
    candidate.call("identity", **identity_body())
    candidate.call("step", step="room", facts={})
    take = candidate.take_body("a" * 24)
    candidate.beat(takes=[take])
    assert OLD_PICTURE not in alarms_now(candidate, http), "it has just begun to record"
    assert OLD_PICTURE not in alarms_now(candidate, http, 70)
    assert OLD_PICTURE in alarms_now(candidate, http, 1)
    film(candidate)
    assert OLD_PICTURE not in alarms_now(candidate, http)
    assert OLD_PICTURE in alarms_now(candidate, http, 71)
    candidate.enter().join()
    assert OLD_PICTURE not in alarms_now(candidate, http), "its devices are not open yet"
    assert OLD_PICTURE in alarms_now(candidate, http, 71)
    candidate.beat(takes=[{**take, "promised": 0}, candidate.take_body("b" * 24)])
    assert OLD_PICTURE not in alarms_now(candidate, http, 11), "the camera was lost, and is back"
    candidate.beat(takes=[candidate.take_body("c" * 24, stream="screen")])
    film(candidate)
    assert OLD_PICTURE not in alarms_now(candidate, http, 65)
    film(candidate)
    assert OLD_PICTURE in alarms_now(candidate, http, 15), "the screen's never came"
    film(candidate, "screen")
    assert OLD_PICTURE not in alarms_now(candidate, http)


def test_after_hand_in_or_end_there_is_neither_tile_nor_picture(
    arrive: Arrive, staff: Enter, room: RunningRoom
) -> None:
    candidate = seen(arrive)
    room.at(ENDS)
    http = staff()
    look = start_of(http)["look"]
    assert "OS-2213" in picture(http, candidate, look).text
    assert tile_of(start_of(http), candidate)["pictures"] == {}
    candidate.hand_in(by="clock")
    assert candidate.attempt["nonce"] not in start_of(http)["order"]


def test_the_stream_sends_the_page_and_then_what_has_changed(
    arrive: Arrive, staff: Enter, room: RunningRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oneseat.room.staff.live_wall.wall.READ_EVERY_S", 0.05)
    monkeypatch.setattr("oneseat.web.event_streams.LIFE_S", 5.0)
    first, second = seen(arrive, 10), seen(arrive, 20)
    room.later(timedelta(seconds=20))
    with staff().stream("GET", "/staff/wall/live?session=formal-0") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        news = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        whole = next(news)
        assert {first.attempt["nonce"], second.attempt["nonce"]} <= {each["id"] for each in whole["tiles"]}
        send(second, jpeg(21))
        room.app.state.live_pictures.store()
        changed = next(news)
    assert [each["id"] for each in changed["tiles"]] == [second.attempt["nonce"]]
    assert tile_of(changed, second)["pictures"]["camera"] == int(room.clock.now().timestamp() * 1000)


def test_a_session_is_read_once_for_all_who_watch_it(staff: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mock, which no other test watches: a stream that was just left is read on for a moment.
    reads: list[int] = []
    read = wall_reading.WallReader.read

    def counted(reader: wall_reading.WallReader) -> wall_reading.WallSnapshot:
        reads.append(1)
        return read(reader)

    monkeypatch.setattr(wall_reading.WallReader, "read", counted)
    with ExitStack() as stack:
        for http in (staff(), staff(), staff()):
            answer = stack.enter_context(http.stream("GET", "/staff/wall/live", params={"session": "mock-0"}))
            assert next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert len(reads) == 1


def test_pages_filters_and_unknown_sessions_are_addresses(staff: Enter, arrive: Arrive) -> None:
    seen(arrive)
    http = staff()
    assert start_of(http, page=999)["order"] == []
    assert start_of(http, shown="nonsense")["order"] == start_of(http)["order"]
    assert start_of(http, session="formal-77")["order"] == start_of(http)["order"]
    assert start_of(http, session="mock-1")["order"] == []
    assert http.get("/staff/wall", params={"page": 0}).status_code == 400


# ------------------------------------------------------------------------------------------- the lead's page


def test_the_lead_sees_who_is_undecided_and_who_is_not_in(
    arrive: Arrive, staff: Enter, room: RunningRoom
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    away = KnownSeat(SeatTerms("f" * 28 + "7654", formal=0))
    elsewhere = KnownSeat(SeatTerms("e" * 28 + "8888", formal=1))
    seats = room.app.state.room.seats
    seats.store([KnownSeat(SeatTerms(candidate.jti, formal=0)), away, elsewhere], BEFORE)
    room.at(STARTS - timedelta(minutes=30))
    page = staff().get("/staff/lead").text
    undecided, missing = page.split('id="undecided"')[1].split('id="missing"')
    assert f"/staff/attempts/{candidate.attempt['nonce']}" in undecided and "测**" in undecided
    assert "••••7654" in missing and "8888" not in missing and candidate.jti[-4:] not in missing
    assert candidate.jti not in page and "<img" not in page.split("<main")[1]
    room.at(STARTS - timedelta(minutes=31))
    assert "7654" not in staff().get("/staff/lead").text, "nobody is late so early"
    assert "7654" not in staff().get("/staff/lead?session=mock-0").text
    seats.store([], BEFORE)


def test_the_overview_is_for_those_who_lead_and_changes_by_a_mark(
    arrive: Arrive, staff: Enter, room: RunningRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("viewer", "agent", "judge", "li"):
        assert staff(name).get("/staff/lead").status_code == 403
        assert staff(name).get("/staff/lead/live").status_code == 403
    monkeypatch.setattr("oneseat.room.staff.session.lead.READ_EVERY_S", 0.05)
    monkeypatch.setattr("oneseat.web.event_streams.LIFE_S", 5.0)
    candidate = arrive().reach_identity()
    with staff().stream("GET", "/staff/lead/live?session=formal-0") as answer:
        marks = (line[6:] for line in answer.iter_lines() if line.startswith("data: "))
        first = next(marks)
        candidate.call("identity", **identity_body())
        page = staff().get("/staff/lead?session=formal-0").text
        assert any(f'data-mark="{mark}"' in page for mark in islice(marks, 2))
        assert f'data-mark="{first}"' not in page
