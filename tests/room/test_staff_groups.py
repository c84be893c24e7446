"""Groups in the room: an invigilator sees own groups by every route; those who lead say which they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from fastapi.routing import APIRoute

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.rules.watching import SILENT_AFTER
from oneseat.room.services.watching import unwatched
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import events, groups, live_groups, watches
from oneseat.state.room.groups import GroupKey
from signing.clock import FixedClock
from tests.room.candidate import Arrive, Candidate
from tests.room.held_exam import BEFORE, SECOND, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import Staff, address, hire
from tests.room.test_identity import DOCUMENTS
from tests.room.test_staff import sent

PLACE = ("test", "formal", 0)
NAMES = {
    "chen": Role.INVIGILATOR,
    "sun": Role.INVIGILATOR,
    "lead": Role.LEAD,
    "chief": Role.CHIEF,
    "admin": Role.ADMIN,
    "judge": Role.JUDGE,
}


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with invigilators and those who lead them."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, identity_documents=DOCUMENTS)
    hire(exam, NAMES)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


def give(room: RunningRoom, candidate: Candidate, first: str, second: str | None = None) -> int:
    """Give a candidate's group to invigilators; return its number."""
    with room.exam.database.writing() as connection:
        number = groups.group_of(connection, candidate.attempt["nonce"])
        assert number is not None, "it joined one when it began"
        assert groups.assign(connection, GroupKey(*PLACE, number), first, second)
    return number


def split(room: RunningRoom, candidate: Candidate) -> None:
    """Put a candidate into a group of its own."""
    with room.exam.database.writing() as connection:
        last = len(groups.list_of(connection, *PLACE))
        groups.prepare(connection, *PLACE, last + 1)
        connection.exec_driver_sql(
            "UPDATE room_group_attempts SET number = ? WHERE attempt = ?",
            (last + 1, candidate.attempt["nonce"]),
        )


def test_an_invigilator_sees_own_groups_by_every_route(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    mine, foreign = sent(arrive), sent(arrive)
    split(room, foreign)
    give(room, mine, "chen")
    give(room, foreign, "sun")
    chen = staff("chen")
    page = chen.get("/staff/?session=formal-0").text
    assert mine.attempt["nonce"] in page and foreign.attempt["nonce"] not in page
    wall = chen.get("/staff/wall?session=formal-0").text
    assert mine.attempt["nonce"] in wall and foreign.attempt["nonce"] not in wall
    assert chen.get(address(mine)).status_code == 200
    shown = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    look = re.search(r"look&#34;: &#34;([^&]+)&|\"look\": ?\"([^\"]+)\"", wall)
    tried = 0
    for route in room.app.router.routes:
        if not isinstance(route, APIRoute) or "{attempt_id}" not in route.path or route.name == "address":
            continue
        if not route.path.startswith("/staff/"):
            continue
        path = route.path.replace("{attempt_id}", foreign.attempt["nonce"]).replace("{stream}", "camera")
        path = re.sub(r"\{\w+\}", "1", path)
        for method in (route.methods or set()) - {"HEAD"}:
            headers = {"origin": room.exam.origin}
            form = {"form_token": shown[1] if shown else "", "reason": "dark"} if method == "POST" else None
            query = {"look": next(filter(None, look.groups())) if look else ""}
            answer = chen.http.request(method, path, data=form, headers=headers, params=query)
            assert answer.status_code == 403, (method, path, answer.status_code)
            assert re.search("OS-2200|OS-2082", answer.text), (method, path)
            tried += "OS-2200" in answer.text
    assert tried >= 5
    for name in ("lead", "admin", "judge"):
        assert staff(name).get(address(foreign)).status_code == 200, name


def test_a_group_that_is_given_to_somebody_else_is_seen_no_more(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    give(room, candidate, "chen", "sun")
    first, second = staff("chen"), staff("sun")
    assert first.get(address(candidate)).status_code == second.get(address(candidate)).status_code == 200
    give(room, candidate, "sun")
    assert "OS-2200" in first.get(address(candidate)).text
    assert second.get(address(candidate)).status_code == 200


def test_those_who_lead_prepare_assign_and_take_over(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    lead, place = staff("lead"), {"session": "formal-0"}
    sent(arrive)
    with room.exam.database.reading() as connection:
        before = len(groups.list_of(connection, *PLACE))
    saved = lead.post("/staff/groups/prepare", count=str(before + 2), **place)
    assert (saved.status_code, saved.headers["location"]) == (
        303,
        "/staff/groups?session=formal-0&done=saved",
    )
    number = str(before + 2)
    assert lead.post("/staff/groups/assign", number=number, first="chen", second="sun", **place).is_redirect
    page = lead.get("/staff/groups?session=formal-0&done=saved").text
    assert "已保存" in page and page.count('<option value="chen" selected>') >= 1
    assert lead.post("/staff/groups/take-over", number=number, **place).is_redirect
    with room.exam.database.reading() as connection:
        taken = groups.list_of(connection, *PLACE)[-1]
        acts = [entry.act for entry in audit.latest(connection, "test", 3)]
    assert (taken.number, taken.first, taken.second) == (before + 2, "lead", "chen")
    assert acts == ["room.group-taken-over", "room.group-assigned", "room.groups-prepared"]
    refused = {
        "one person": lead.post("/staff/groups/assign", number="1", first="chen", second="chen", **place),
        "no watcher": lead.post("/staff/groups/assign", number="1", first="judge", second="", **place),
        "stranger": lead.post("/staff/groups/assign", number="1", first="nobody", second="", **place),
        "no group": lead.post("/staff/groups/assign", number="999", first="chen", second="", **place),
        "does not watch": staff("admin").post("/staff/groups/take-over", number="1", **place),
        "role": staff("chen").post("/staff/groups/assign", number="1", first="chen", second="", **place),
    }
    codes = {why: re.findall(r"OS-\d{4}", answer.text)[-1] for why, answer in refused.items()}
    assert codes == {
        "one person": "OS-2202",
        "no watcher": "OS-2202",
        "stranger": "OS-2202",
        "no group": "OS-2201",
        "does not watch": "OS-2202",
        "role": "OS-2082",
    }


def test_an_open_page_watches_own_groups_until_it_is_silent(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    number = give(room, candidate, "chen", "sun")
    chen, sun, lead = staff("chen"), staff("sun"), staff("lead")

    def beat(visitor: Staff) -> dict[int, object]:
        answer = visitor.post("/staff/watch", session="formal-0")
        assert answer.status_code == 200
        return {each["number"]: each["operator"] for each in json.loads(answer.text)["groups"]}

    assert beat(sun)[number] == "sun"
    assert beat(chen)[number] == "chen"
    assert beat(sun)[number] == "chen", "the first one is heard"
    assert number not in beat(lead), "a group that is not the lead's"
    room.later(SILENT_AFTER - SECOND)
    assert beat(sun)[number] == "chen"
    room.later(SECOND)
    assert beat(sun)[number] == "sun"
    assert "sun <span" in lead.get("/staff/groups?session=formal-0").text
    assert lead.post("/staff/watch", session="formal-0", form_token="0" * 64).status_code == 403


def test_a_group_that_nobody_watches_is_an_alarm_and_an_event(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    split(room, candidate)
    number = give(room, candidate, "chen", "sun")
    chen, lead = staff("chen"), staff("lead")
    served: ServedRoom = room.app.state.room

    def look() -> tuple[list[str], bool, bool]:
        """What is noted after a look: in the attempt's history, on the lead's page, among the groups."""
        candidate.beat()
        unwatched.note(served)
        with served.database.reading() as connection:
            history = events.list_of(connection, *PLACE[:1], candidate.attempt["nonce"])
            key = GroupKey(*PLACE, number)
            alone = key in live_groups.list_unwatched(connection, "test")
        named = [each.code for each in history if each.facts.get("group") == number]
        listed = re.search(rf'class="number">{number}</span> 组</a>', lead.get("/staff/lead").text)
        return named, listed is not None, alone

    assert look() == ([], False, False), "the candidate has only just come"
    room.later(SILENT_AFTER)
    assert look() == (["unwatched"], True, True)
    assert look() == (["unwatched"], True, True), "it is noted once"
    assert chen.post("/staff/watch", session="formal-0").status_code == 200
    assert look() == (["unwatched", "watched-again"], False, False)
    room.later(SILENT_AFTER)
    assert look()[1:] == (True, True)
    room.later(unwatched.PRESENT)
    unwatched.note(served)
    with served.database.reading() as connection:
        assert GroupKey(*PLACE, number) not in live_groups.list_unwatched(connection, "test"), (
            "nobody is there"
        )
        beside = watches.rows_beside(connection, candidate.attempt["nonce"], BEFORE, None)
        assert [each["operator"] for each in beside] == ["chen"]
        assert not watches.rows_beside(connection, candidate.attempt["nonce"], served.clock.now(), None)


def test_a_wall_shows_one_group_of_those_that_a_person_sees(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    mine, foreign = sent(arrive), sent(arrive)
    split(room, foreign)
    number, other = give(room, mine, "chen"), give(room, foreign, "sun")
    assert number != other

    def shown(name: str, group: int) -> list[bool]:
        page = staff(name).get(f"/staff/wall?session=formal-0&group={group}")
        assert page.status_code == 200 and f"group={group}" in page.text
        return [each.attempt["nonce"] in page.text for each in (mine, foreign)]

    assert shown("lead", number) == [True, False]
    assert shown("lead", other) == [False, True]
    assert shown("chen", other) == [False, False], "a group of others stays theirs"
    listed = staff("lead").get("/staff/wall?session=formal-0").text
    assert f'<option value="{number}">' in listed and f'<option value="{other}">' in listed
    assert f'<option value="{other}">' not in staff("chen").get("/staff/wall?session=formal-0").text
    assert staff("lead").get("/staff/wall?session=formal-0&group=-1").status_code == 400
