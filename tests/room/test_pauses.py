"""A pause lets the answer time of its seats stand still; all obey it, and nothing that was said is lost."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from oneseat.room.services.attempts.following import follow
from oneseat.room.services.attempts.sweeping import sweep
from oneseat.state.room import events, groups, measures
from oneseat.state.room.groups import GroupKey
from signing.clock import FixedClock
from signing.dates import BEIJING
from signing.fields import unix_time
from tests.room.candidate import Arrive, Candidate, arriving, wire
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    STARTS,
    UPLOAD,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.office import Enter, Office, add_operators, bounds_of, given, order, without_orders
from tests.room.staff_entry import entering
from tests.room.test_measures import row_of
from tests.room.test_wall import start_of, tile_of

MINUTE = timedelta(minutes=1)
PAUSE = {"act": "pause", "minutes": "10", "reason": "paper"}


@pytest.fixture
def room(measured_room: RunningRoom) -> RunningRoom:
    """The module's room as if no order had been given."""
    return without_orders(measured_room)


@pytest.fixture
def answering(room: RunningRoom, arrive: Arrive) -> Callable[[], Candidate]:
    """Brings a candidate to the questions, two minutes after the start."""

    def at_questions() -> Candidate:
        room.at(BEFORE)
        candidate = arrive().prepare()
        room.at(STARTS + 2 * MINUTE)
        candidate.beat()
        return candidate

    return at_questions


def resume(room: RunningRoom, office: Enter, minutes: int, pause: int = 1) -> None:
    order(room, office, act="resume", pause=str(pause), minutes=str(minutes), reason="paper")


def span(begins: datetime, ends: datetime) -> dict[str, str | None]:
    return {"begins_at": wire(begins), "ends_at": wire(ends)}


def events_of(room: RunningRoom, candidate: Candidate, code: str) -> list[dict[str, Any]]:
    with room.exam.database.reading() as connection:
        history = events.list_of(connection, EXAM, candidate.attempt["nonce"])
    return [dict(event.facts) for event in history if event.code == code]


def test_a_pause_and_its_resume_move_everything_by_what_was_lost(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    candidate, begins = answering(), STARTS + 2 * MINUTE
    address = office("zhang").drafted(**PAUSE)
    page = office("li").get(address).text
    assert "暂停，最长" in page and "11:20:00" in page, "the end if nobody resumes it"
    assert office("li").give(address).status_code == 303
    heard = candidate.beat()
    assert candidate.attempt["ends_at"] == wire(ENDS + 10 * MINUTE)
    (paused,) = candidate.attempt["pauses"]
    assert {**span(begins, begins + 10 * MINUTE), "names": ["张主考", "李副主考"]}.items() <= paused.items()
    assert paused["reason"]["zh"] == "试题内容需要核对。"
    assert "考试暂停，最长 10 分钟" in heard["bulletins"][0]["zh"]
    assert candidate.attempt["step"] == "questions"
    room.at(STARTS + 4 * MINUTE)
    shown = office("zhang").get("/staff/measures").text
    assert "正在暂停" in shown and "11:12:00" in shown
    resume(room, office, 2)
    heard = candidate.beat()
    assert candidate.attempt["ends_at"] == wire(ENDS + 4 * MINUTE)
    assert candidate.attempt["upload_until"] == wire(ENDS + 4 * MINUTE + UPLOAD)
    assert candidate.attempt["pauses"] == [{**paused, **span(begins, begins + 4 * MINUTE)}]
    assert candidate.look()["attempt"]["ends_at"] == wire(ENDS + 4 * MINUTE), "monitoring has the same end"
    assert candidate.look(2)["attempt"]["paused_until"] == wire(begins + 4 * MINUTE)
    assert "考试恢复作答" in heard["bulletins"][-1]["zh"]
    assert [(each.act, each.seconds) for each in given(room)] == [("pause", 600), ("resume", 240)]
    assert "正在暂停" not in office("zhang").get("/staff/measures").text
    assert candidate.attempt["question_times"] == [600, 600], "a pause stretches no question"


def test_the_clock_hands_in_at_the_moved_end_also_who_is_offline(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    offline = answering()
    order(room, office, **PAUSE)
    served = room.app.state.room
    assert follow(served) >= 1
    room.at(ENDS + 9 * MINUTE)
    sweep(served)
    assert row_of(room, offline.attempt["nonce"]).handed_in_at is None
    assert offline.code("hand-in", by="candidate", answers_head="0" * 64, takes=[])[1] == "OS-2015"
    room.at(ENDS + 11 * MINUTE)
    sweep(served)
    row = row_of(room, offline.attempt["nonce"])
    assert (row.ends_at, row.handed_in_by) == (ENDS + 10 * MINUTE, "clock")


def test_answers_of_the_paused_time_are_kept_and_noted(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    candidate, begins = answering(), STARTS + 2 * MINUTE
    order(room, office, **PAUSE)
    room.at(begins + timedelta(seconds=9))
    first = candidate.answer_body(1)
    candidate.call("answer", **first)
    assert events_of(room, candidate, "answer-in-pause") == [], "it had not heard of the pause yet"
    room.at(begins + 5 * MINUTE)
    second = candidate.answer_body(2, first["hash"])
    candidate.call("answer", **second)
    room.at(begins + 11 * MINUTE)
    third = candidate.answer_body(3, second["hash"], made_at=begins + 6 * MINUTE)
    candidate.call("answer", **third)
    fourth = candidate.answer_body(4, third["hash"])
    kept = candidate.call("answer", **fourth)
    assert kept["late"] is False
    noted = events_of(room, candidate, "answer-in-pause")
    assert [(each["sequence"], each["order"], each["made"]) for each in noted] == [
        (2, 1, second["made_at"]),
        (3, 1, third["made_at"]),
    ]
    assert len(candidate.join()["answers"]) == 4
    page = office("li").get(f"/staff/attempts/{candidate.attempt['nonce']}").text
    assert "暂停期间的作答（已保存）" in page


def test_what_makes_no_sense_is_refused_in_words(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    assert "该场次还没有开考" in office("zhang").draft(**PAUSE).text
    answering()
    first, second = office("zhang"), office("li")
    assert "没有可以恢复的暂停" in first.draft(act="resume", pause="1", minutes="3").text
    assert "顺延和暂停的时间超过允许的上限" in first.draft(**{**PAUSE, "minutes": "31"}).text
    alone = first.drafted(**PAUSE)
    assert "OS-2242" in first.give(alone).text
    assert second.give(alone).status_code == 303
    assert "已经在暂停中" in first.draft(**PAUSE).text
    for changes in ({"minutes": "0"}, {"reason": "mine"}):
        assert "OS-2240" in first.draft(**{"act": "resume", "pause": "1", "minutes": "3", **changes}).text
    assert "没有可以恢复的暂停" in first.draft(act="resume", pause="2", minutes="3").text
    assert "在此之前暂停已自动结束" in first.draft(act="resume", pause="1", minutes="10").text
    late = first.drafted(act="resume", pause="1", minutes="1")
    room.later(MINUTE + timedelta(seconds=1))
    assert "恢复的时间已经过去" in second.give(late).text
    resume(room, office, 2)
    assert "没有可以恢复的暂停" in first.draft(act="resume", pause="1", minutes="3").text, "twice"
    room.at(ENDS + 20 * MINUTE)
    assert "该场次已经结束" in office("zhang").draft(**PAUSE).text
    assert [each.act for each in given(room)] == ["pause", "resume"]


def test_a_pause_is_the_same_after_every_process_was_started_again(
    held: HeldExam, room_keys: RoomKeys
) -> None:
    held.publish(version=held.charter.version + 1, measures=bounds_of(room_keys))
    add_operators(held)
    clock, there = FixedClock(BEFORE), ExitStack()
    with running_room(held, clock) as room:
        port = int(room.url.rpartition(":")[2])
        candidate = there.enter_context(arriving(room))().prepare()
        room.at(STARTS + MINUTE)
        with entering(room, Office) as office:
            order(room, office, **PAUSE)
        candidate.beat()
        before = candidate.attempt
        assert len(before["pauses"]) == 1
    clock.at += 3 * MINUTE
    with there, running_room(held, clock, port) as room, entering(room, Office) as office:
        candidate.beat()
        assert candidate.attempt == before
        assert "正在暂停" in office("li").get("/staff/measures").text
        resume(room, office, 1)
        candidate.beat()
        assert candidate.attempt["ends_at"] == wire(ENDS + 4 * MINUTE)


def test_wall_lead_and_attempt_pages_say_that_it_is_paused(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    candidate, other = answering(), answering()
    order(room, office, **{**PAUSE, "whom": "seats", "seats": candidate.jti})
    visitor = office("li")
    page = f"/staff/attempts/{candidate.attempt['nonce']}"
    assert "暂停中" in visitor.get(page).text
    assert "暂停中" not in visitor.get(f"/staff/attempts/{other.attempt['nonce']}").text
    overview = visitor.get("/staff/lead?session=formal-0").text
    assert "暂停中" in overview and "暂停，最长 10 分钟" in overview
    start = start_of(visitor.http, session="formal-0")
    assert tile_of(start, candidate)["step"] == "暂停中"
    assert "最晚 11:12:00 恢复" in tile_of(start, candidate)["marks"]
    assert tile_of(start, other)["step"] == "作答"
    room.at(STARTS + 12 * MINUTE)
    assert "暂停中" not in visitor.get(page).text


def test_pauses_without_a_gap_end_together_on_every_page_and_each_is_resumed_alone(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    candidate, other = answering(), answering()
    looks = itertools.count(1)
    order(room, office, **{**PAUSE, "whom": "seats", "seats": candidate.jti})
    room.later(MINUTE)
    order(room, office, **PAUSE)  # the candidate's own, from 11:02, and that of all, from 11:03

    def ends(which: Candidate) -> datetime | None:
        """When it goes on; all that say so say the same."""
        which.beat()
        paused = which.look(next(looks))["attempt"]["paused_until"]
        tile = tile_of(start_of(office("li").http, session="formal-0"), which)
        shown = office("li").get(f"/staff/attempts/{which.attempt['nonce']}").text
        assert ("暂停中" in shown) == (tile["step"] == "暂停中") == (paused is not None)
        said = [mark for mark in tile["marks"] if "恢复" in mark]
        if paused is None:
            assert said == []
            return None
        until = datetime.fromisoformat(paused)
        assert said == [f"最晚 {until.astimezone(BEIJING):%H:%M:%S} 恢复"]
        return until

    at = STARTS + 3 * MINUTE
    assert [ends(each) for each in (candidate, other)] == [at + 10 * MINUTE] * 2
    measures_page = office("li").get("/staff/measures").text
    assert "11:12:00" in measures_page and "11:13:00" in measures_page, "each order has its own end"
    room.later(MINUTE)
    resume(room, office, 1, pause=2)
    assert [ends(candidate), ends(other)] == [at + 9 * MINUTE, at + 2 * MINUTE], "its own goes on"
    room.later(MINUTE)
    assert [ends(candidate), ends(other)] == [at + 9 * MINUTE, None]
    resume(room, office, 1, pause=1)
    assert ends(candidate) == at + 3 * MINUTE


# --------------------------------------------------------------------------------------------- groups


def group_of(room: RunningRoom, candidate: Candidate) -> int:
    with room.exam.database.reading() as connection:
        number = groups.group_of(connection, candidate.attempt["nonce"])
    assert number is not None
    return number


def test_a_measure_for_a_group_is_for_its_members_and_refused_when_others_have_come(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    group = group_of(room, candidate)
    form = {"act": "extend", "minutes": "3", "whom": "group", "group": f"0-{group}"}
    first, second = office("zhang"), office("li")
    with room.exam.database.reading() as connection:
        members = groups.seats_of(connection, GroupKey(EXAM, "formal", 0, group))
    assert candidate.jti in members
    assert f"第 {group} 组（{len(members)} 人）" in first.get("/staff/measures").text
    address = first.drafted(**form)
    page = re.sub(r"<[^>]+>", "", second.get(address).text)
    assert f"第 {group} 组 {len(members)} 名考生" in page
    with room.exam.database.reading() as connection:
        draft = measures.find(connection, EXAM, address.rpartition("/")[2])
    assert draft is not None and (draft.seats, draft.group_number) == (members, group)
    late = arrive().prepare()
    assert group_of(room, late) == group
    refused = second.give(address)
    assert refused.status_code == 409 and "OS-2295" in refused.text
    assert second.give(first.drafted(**form)).status_code == 303
    assert given(room)[0].seats == tuple(sorted({*members, late.jti}))
    late.beat()
    assert late.attempt["ends_at"] == wire(ENDS + 3 * MINUTE)
    assert "OS-2240" in first.draft(**{**form, "session": "0", "group": f"1-{group}"}).text


def test_an_announcement_to_a_group_reaches_its_members_alone_and_is_counted_by_them(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    group, chief = group_of(room, candidate), office("zhang")
    page = chief.get("/staff/announcements").text
    found = re.search(rf'value="formal-0-{group}"[^>]*>正式第 1 场第 {group} 组的考生（在场 (\d+) 人）', page)
    assert found is not None
    answer = chief.post("/staff/announcements", session=f"formal-0-{group}", zh="请检查网线。", en="")
    assert answer.status_code == 303
    assert candidate.beat()["bulletins"][0]["zh"] == "请检查网线。"
    late = arrive().prepare()
    assert late.beat()["bulletins"] == [], "it was for those who were there"
    page = re.sub(r"<[^>]+>", "", chief.get("/staff/announcements").text)
    assert f"正式第 1 场第 {group} 组" in page and f"在场 {found[1]} 人" in page
    for place in ("formal-0-99", "formal-9-1", "formal-0-x", "formal-0-1-1"):
        assert "OS-2248" in chief.post("/staff/announcements", session=place, zh="好", en="").text


def test_a_pause_begins_in_the_second_in_which_it_is_confirmed(
    room: RunningRoom, office: Enter, answering: Callable[[], Candidate]
) -> None:
    answering()
    address = office("zhang").drafted(**PAUSE)
    room.later(5 * MINUTE)
    assert office("li").give(address).status_code == 303
    assert unix_time(given(room)[0].at) == STARTS + 7 * MINUTE
