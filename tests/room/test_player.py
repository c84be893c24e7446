"""The player's side of the room: who gets which segment, what is known of gaps, and what each look leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from oneseat.room.rules import playing
from oneseat.room.rules.playing import SEGMENT
from oneseat.room.rules.segments import STREAMS
from oneseat.state.accounts.operators import Role
from oneseat.state.room import events, marks
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.marks import NewMark
from oneseat.state.room.takes import Take
from signing.clock import FixedClock
from signing.dates import BEIJING
from tests.room.candidate import Arrive, Candidate, Segment
from tests.room.held_exam import BEFORE, ENDS, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import Enter, Staff, address, hire
from tests.room.test_staff import acts
from tests.room.test_staff_groups import give

AT = STARTS


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with an operator of each role."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    hire(exam, {str(role): role for role in Role})
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


def take(name: str, begins: datetime, stored: str, promised: int | None = None) -> Take:
    made = Take("a", name, "test", "camera", "video/webm", begins)
    for number in range(len(stored)):
        made = made.announce(number, bytes([number + 1]) * 32, 10)
    made = made.mark_stored(number for number, bit in enumerate(stored) if bit == "1")
    return made if promised is None else made.promise(promised)


def test_takes_are_placed_by_their_begin_and_end_with_an_event_or_their_segments() -> None:
    takes = [take("one", AT, "101", 3), take("two", AT + 4 * SEGMENT, "1")]
    ended = {"one": AT + timedelta(seconds=75)}
    one, two = playing.place(takes, ended, AT + timedelta(minutes=9), is_over=False)
    assert (one.stored, one.ends, one.is_running) == ("101", ended["one"], False)
    assert (two.stored, two.ends, two.is_running) == ("1", AT + timedelta(minutes=9), True)
    over = playing.place(takes, {}, AT + timedelta(minutes=9), is_over=True)
    assert [each.ends for each in over] == [AT + 3 * SEGMENT, AT + 5 * SEGMENT]
    assert not any(each.is_running for each in over)


def test_a_gap_lies_between_takes_and_a_stream_that_never_came_is_one() -> None:
    placed = playing.place(
        [take("one", AT, "11", 2), take("two", AT + 3 * SEGMENT, "1", 1)], {}, AT, is_over=True
    )
    gaps = playing.find_gaps(placed, [], AT, AT + 4 * SEGMENT)
    assert [(gap.stream, gap.begins, gap.ends) for gap in gaps] == [
        ("camera", AT + 2 * SEGMENT, AT + 3 * SEGMENT),
        ("screen", AT, AT + 4 * SEGMENT),
    ]


def start_of(page: httpx.Response) -> dict[str, Any]:
    found = re.search(r'id="start"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert found is not None, page.text[:500]
    start: dict[str, Any] = json.loads(found[1])
    return start


def segment(visitor: Staff, candidate: Candidate, which: Segment, **form: str) -> httpx.Response:
    path = f"{address(candidate)}/segment"
    return visitor.post(path, take=which.take, number=str(which.n), **form)


def recorded(room: RunningRoom, arrive: Arrive) -> tuple[Candidate, list[Segment]]:
    """A candidate in the answer time, two of whose three segments are in the store."""
    candidate = arrive().prepare()
    give(room, candidate, "invigilator")
    room.at(STARTS + timedelta(minutes=1))
    segments = candidate.record(3)
    candidate.stored(segments[0], segments[2])
    room.later(timedelta(minutes=2))
    return candidate, segments


def test_a_segment_comes_as_it_was_recorded_and_each_look_is_audited(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, segments = recorded(room, arrive)
    visitor = staff(Role.INVIGILATOR)
    page = visitor.get(f"{address(candidate)}/play")
    (camera,) = start_of(page)["takes"]
    assert (camera["take"], camera["stored"], camera["running"]) == (segments[0].take, "101", True)
    assert [gap["stream"] for gap in start_of(page)["gaps"]] == ["camera", "screen"]
    policy = page.headers["content-security-policy"]
    assert "media-src blob:" in policy and "script-src 'self'" in policy
    names = page.text.count("<span>invigilator ")
    assert names == 12 * len(STREAMS), (
        "the operator's name lies across each picture, also one that comes later"
    )
    answer = segment(visitor, candidate, segments[2])
    assert (answer.status_code, answer.content) == (200, segments[2].content)
    assert answer.headers["content-type"] == "video/webm" and answer.headers["cache-control"] == "no-store"
    missing = segment(visitor, candidate, segments[1])
    assert missing.status_code == 404 and "OS-2229" in missing.text
    assert visitor.get(f"{address(candidate)}/segment").status_code == 303, "no address plays one"
    assert [act for _, act in acts(room, candidate)] == ["room.recordings-opened", "room.segment-seen"]


def newer(visitor: Staff, candidate: Candidate, follow: str = "", **form: str) -> httpx.Response:
    return visitor.post(f"{address(candidate)}/newer", follow=follow, **form)


LISTS = ("happened", "marked", "lacking")


def lines(html: str, name: str) -> list[tuple[str | None, str]]:
    """A list's lines: the key, if there is one, and what it says."""
    (found,) = re.findall(rf'<ol class="jumps" data-list="{name}">(.*?)</ol>', html, re.DOTALL)
    return [
        (key[1] if (key := re.search('data-key="([^"]+)"', start)) else None, re.sub("<[^>]+>", "", text))
        for start, text in re.findall(r"<li([^>]*)>(.*?)</li>", found, re.DOTALL)
    ]


def test_a_look_that_follows_is_one_entry_and_what_is_new_to_it_has_none(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, segments = recorded(room, arrive)
    visitor = staff(Role.INVIGILATOR)
    known = newer(visitor, candidate).json()
    assert (known["live"], known["now"]) == (True, int(room.clock.now().timestamp() * 1000))
    assert [take["stored"] for take in known["takes"]] == ["101"]
    assert acts(room, candidate) == [("operator:invigilator", "room.recordings-followed")]
    candidate.stored(segments[1])
    (again,) = newer(visitor, candidate, known["follow"]).json()["takes"]
    assert again["stored"] == "111"
    assert len(acts(room, candidate)) == 1, "it is the same look, however often it asks"

    # The third segment ended before the look began, the fifth one does not.
    room.at(room.clock.now() + timedelta(seconds=10))
    fifth = Segment(segments[0].take, 4, b"x" * 500)
    (put,) = candidate.announce(fifth)
    assert candidate.put(put["url"], fifth.content).status_code == 201
    candidate.stored(fifth)
    for each in (segments[2], fifth):
        assert segment(visitor, candidate, each, follow=known["follow"]).content == each.content
    assert [act for _, act in acts(room, candidate)] == ["room.recordings-followed", "room.segment-seen"]
    assert segment(visitor, candidate, fifth).status_code == 200
    assert len(acts(room, candidate)) == 3, "without a look, each segment is one"


def test_a_look_that_follows_gets_streams_events_and_marks_that_came_since(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, _ = recorded(room, arrive)
    visitor = staff(Role.INVIGILATOR)
    page = visitor.get(f"{address(candidate)}/play").text
    assert lines(page, "marked") == [(None, "没有标记。 None.")]
    known = newer(visitor, candidate).json()
    assert [lines(known["lists"], name) for name in LISTS] == [lines(page, name) for name in LISTS]
    before = lines(known["lists"], "happened")

    room.later(timedelta(seconds=20))
    lacking_since = lines(known["lists"], "lacking")[-1]
    candidate.record(1, stream="screen")
    at = room.clock.now() - timedelta(seconds=70)
    with room.exam.database.writing() as connection:
        attempt = candidate.attempt["nonce"]
        mark = NewMark("test", attempt, room.clock.now(), "lead", "talking", at, at, "<i>低声</i>")
        marks.add(connection, mark)
        events.append_all(connection, "test", attempt, [RoomEvent(room.clock.now(), "page", "hidden", {})])
    now = newer(visitor, candidate, known["follow"]).json()
    assert {take["stream"] for take in now["takes"]} == {"camera", "screen"}
    milliseconds = int(at.timestamp() * 1000)
    assert now["marks"] == [{"begins": milliseconds, "ends": milliseconds}]
    (marked,) = lines(now["lists"], "marked")
    assert "低声" in marked[1] and "lead" in marked[1]
    assert "&lt;i&gt;" in now["lists"] and "<i>" not in now["lists"], "what people wrote is text"
    assert len(lines(now["lists"], "happened")) == len(before) + 2
    lacking = lines(now["lists"], "lacking")[-1]
    assert lacking[0] == lacking_since[0] is not None, "a gap that goes on is known again"
    assert lacking[1] != lacking_since[1]
    for shown in (known, now):
        assert candidate.jti not in shown["lists"]
    opened = ["room.recordings-opened", "room.recordings-followed"]
    assert [act for _, act in acts(room, candidate)] == opened, "it is the same look"


def test_the_key_of_a_look_is_worth_nothing_elsewhere(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, _ = recorded(room, arrive)
    other, segments = recorded(room, arrive)
    visitor = staff(Role.LEAD)
    key = newer(visitor, candidate).json()["follow"]
    wall = re.search(r'"look": ?"([^"]+)"', visitor.get("/staff/wall").text)
    assert wall is not None
    begun = 0
    for who, follow in (
        (visitor, key),
        (staff(Role.LEAD), newer(visitor, other).json()["follow"]),
        (visitor, f"{key}0"),
        (visitor, "9.9"),
        (visitor, wall[1]),
    ):
        begun = sum(act == "room.recordings-followed" for _, act in acts(room, other))
        assert newer(who, other, follow).status_code == 200
        after = sum(act == "room.recordings-followed" for _, act in acts(room, other))
        assert after == begun + 1, "a look of its own begins, with its entry"
    assert segment(visitor, other, segments[0], follow=key).status_code == 200
    assert acts(room, other)[-1][1] == "room.segment-seen"
    assert newer(visitor, other, form_token="0" * 64).status_code == 403
    assert visitor.get(f"{address(other)}/newer").status_code == 303


def test_nobody_follows_what_they_may_not_see(room: RunningRoom, arrive: Arrive, staff: Enter) -> None:
    candidate, _ = recorded(room, arrive)
    watching = {Role.INVIGILATOR, Role.LEAD, Role.CHIEF}
    for role in Role:
        expected = 200 if role in watching else 403
        assert newer(staff(role), candidate).status_code == expected, role


def test_marks_lie_in_the_timeline_at_their_time_in_the_recordings(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, _ = recorded(room, arrive)
    visitor = staff(Role.INVIGILATOR)
    moment = (AT + timedelta(seconds=70)).astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
    form = {"begins": moment, "ends": moment, "words": "低声说话"}
    assert visitor.post(f"{address(candidate)}/mark", clause="talking", **form).status_code == 303
    page = visitor.get(f"{address(candidate)}/play")
    at = int((AT + timedelta(seconds=70)).timestamp() * 1000)
    assert start_of(page)["marks"] == [{"begins": at, "ends": at}]
    timeline = page.text[page.text.index('id="happened"') : page.text.index('id="marking"')]
    (marked,) = re.findall(r'<li class="marked">.*', timeline)
    assert f'data-at="{at}"' in marked and "低声说话" in marked and "invigilator" in marked
    times = [int(each) for each in re.findall(r'data-at="(\d+)"', timeline)]
    assert times == sorted(times) and times[-1] > at, "the act of marking came later"
    with room.exam.database.reading() as connection:
        (mark,) = marks.list_of(connection, "test", candidate.attempt["nonce"])
    assert visitor.post(f"{address(candidate)}/unmark", number=str(mark.id)).status_code == 303
    page = visitor.get(f"{address(candidate)}/play")
    assert start_of(page)["marks"] == [] and '<li class="marked">' not in page.text


def test_segments_take_a_form_and_are_of_the_attempt_alone(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, segments = recorded(room, arrive)
    other = arrive().prepare()
    visitor = staff(Role.LEAD)
    assert segment(visitor, candidate, segments[0], form_token="0" * 64).status_code == 403
    assert segment(visitor, other, segments[0]).status_code == 404
    gone = next(room.exam.folder.joinpath("recordings").rglob(f"*{segments[0].sha256}*"))
    gone.unlink()
    assert segment(visitor, candidate, segments[0]).status_code == 404, "the store has lost it"
    assert acts(room, candidate) == []


def test_who_helps_by_telephone_sees_no_stream_and_a_judge_sees_it_afterwards(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, segments = recorded(room, arrive)

    def seen_by(role: Role) -> tuple[int, int]:
        visitor = staff(role)
        page = visitor.get(f"{address(candidate)}/play").status_code
        return page, segment(visitor, candidate, segments[0]).status_code

    refused = (403, 403)
    now = {role: seen_by(role) for role in Role}
    watching = {Role.INVIGILATOR, Role.LEAD, Role.CHIEF}
    assert now == {role: (200, 200) if role in watching else refused for role in Role}
    assert "看录像" not in staff(Role.SUPPORT).get(address(candidate)).text
    room.at(ENDS)
    assert seen_by(Role.JUDGE) == (200, 200)
    assert {seen_by(role) for role in (Role.VIEWER, Role.SUPPORT, Role.ADMIN)} == {refused}
