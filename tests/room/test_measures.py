"""Measures: one person drafts, another confirms, within the bounds, once; the order counts at once."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bench import rooms
from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.rules.measures import GOOD_FOR
from oneseat.room.services.attempts.following import follow
from oneseat.room.services.attempts.sweeping import sweep
from oneseat.room.services.portal.order_outbox import OrderOutbox
from oneseat.state.accounts import audit
from oneseat.state.publishing import orders
from oneseat.state.room import announcements, attempts, events, kept, measures
from oneseat.state.room.attempts import Attempt
from oneseat.state.tables import retention
from oneseat.state.tables.issuing import Seat
from oneseat.state.tables.room_measures import RoomBulletinRow
from signing.authority.keys import ORDER
from signing.charter import Measures
from signing.clock import FixedClock
from signing.session_times import SeatTerms
from tests.room.candidate import Arrive, arriving, wire
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    SECOND,
    STARTS,
    UPLOAD,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.office import Enter, Office, add_operators, bounds_of, given, order, without_orders
from tests.room.portal_double import running_portal
from tests.room.staff_entry import entering

TEN = timedelta(minutes=10)


@pytest.fixture
def room(measured_room: RunningRoom) -> RunningRoom:
    """The module's room as if no order had been given."""
    return without_orders(measured_room)


def acts(room: RunningRoom) -> list[tuple[str, str]]:
    with room.exam.database.reading() as connection:
        entries = audit.latest(connection, EXAM, 10)
    return [(each.actor, each.act) for each in reversed(entries) if each.act.startswith("room.measure")]


def test_one_drafts_with_what_will_change_another_confirms_and_candidates_follow(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    first, second = office("zhang"), office("li")
    address = first.drafted()
    page = first.get(address).text
    assert "请另一位工作人员用自己的账号登录后确认" in page and "确认下达" not in page
    page = second.get(address).text
    assert re.search(r"11:00:00 → <b class=\"moved\">01-10 11:10:00", page) and "供电中断。" in page
    assert re.search(r'<th scope="row" class="number">1</th>', page), "one candidate is there"
    candidate.beat()
    assert candidate.attempt["starts_at"] == wire(STARTS), "a draft changes nothing"
    answer = second.give(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/measures?done=given")
    candidate.beat()
    assert candidate.attempt["starts_at"] == wire(STARTS + TEN)
    (order,) = given(room)
    assert (order.act, order.seconds, order.names) == ("postpone", 600, ("张主考", "李副主考"))
    assert order.reason.zh == "供电中断。" and order.at == int(BEFORE.timestamp())
    page = first.get("/staff/measures?done=given").text
    assert "措施已下达" in page and "张主考、李副主考：供电中断。" in page and "第 1 号" in page
    assert acts(room)[-2:] == [
        ("operator:zhang", "room.measure-drafted"),
        ("operator:li", "room.measure-given"),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"minutes": "31"}, 409, "OS-2241"),
        ({"act": "extend", "minutes": "31"}, 409, "OS-2241"),
        ({"act": "end", "minutes": "11"}, 409, "OS-2241"),
        ({"act": "end", "minutes": "10"}, 409, "OS-2241"),
        ({"act": "dance"}, 400, "OS-2240"),
        ({"act": "pause"}, 409, "OS-2241"),
        ({"act": "resume"}, 409, "OS-2241"),
        ({"whom": "group", "group": "0-9"}, 400, "OS-2240"),
        ({"minutes": "0"}, 400, "OS-2240"),
        ({"minutes": "-5"}, 400, "OS-2240"),
        ({"minutes": "²"}, 400, "OS-2240"),
        ({"session": "1"}, 400, "OS-2240"),
        ({"reason": "mine"}, 400, "OS-2240"),
        ({"whom": "seats"}, 400, "OS-2240"),
        ({"name": " "}, 400, "OS-2240"),
        ({"name": "张\u202e"}, 400, "OS-2240"),
        ({"whom": "seats", "seats": f"{'0' * 32}\nnobody"}, 400, "OS-2247"),
    ],
)
def test_a_draft_that_is_incomplete_or_out_of_bounds_is_refused_and_not_kept(
    room: RunningRoom, office: Enter, changes: dict[str, str], status: int, code: str
) -> None:
    refused = office("zhang").draft(**changes)
    assert refused.status_code == status and code in refused.text
    with room.exam.database.reading() as connection:
        assert measures.list_newest(connection, EXAM, 10) == []


def test_bounds_are_checked_again_when_it_is_signed_and_what_was_shown_must_still_hold(
    room: RunningRoom, office: Enter
) -> None:
    first, second = office("zhang"), office("li")
    one, other = first.drafted(minutes="20"), first.drafted(minutes="20")
    second.get(other)
    assert second.give(one).status_code == 303
    stale = second.give(other, newest="0")
    assert stale.status_code == 409 and "OS-2245" in stale.text
    beyond = second.give(other)
    assert (
        beyond.status_code == 409 and "OS-2241" in beyond.text and "推迟的时间超过允许的上限" in beyond.text
    )
    assert len(given(room)) == 1


def test_one_person_cannot_do_both_under_one_account_or_one_name(room: RunningRoom, office: Enter) -> None:
    first, second = office("zhang"), office("li")
    address = first.drafted()
    for refused in (first.give(address, name="王 某"), second.give(address, name="张 主考")):
        assert refused.status_code == 403 and "OS-2242" in refused.text
    assert given(room) == []
    assert second.give(address).status_code == 303


def test_a_draft_is_given_once_and_not_after_it_was_withdrawn_or_has_waited_too_long(
    room: RunningRoom, office: Enter
) -> None:
    first, second = office("zhang"), office("li")
    address, late = first.drafted(), first.drafted()
    assert second.give(address).status_code == 303
    again = second.give(address, newest="1")
    assert again.status_code == 409 and "OS-2243" in again.text
    back = first.drafted()
    assert first.post(f"{back}/withdraw").headers["location"] == "/staff/measures?done=withdrawn"
    assert "OS-2243" in second.give(back, newest="1").text
    room.later(GOOD_FOR)
    assert "OS-2243" in office("li").give(late, newest="1").text
    assert [order.number for order in given(room)] == [1]


def test_another_exams_draft_is_unknown_here(room: RunningRoom, office: Enter) -> None:
    address = office("zhang").drafted()
    with room.exam.database.writing() as connection:
        draft = measures.find(connection, EXAM, address.rpartition("/")[2])
        assert draft is not None
        measures.add(connection, replace(draft, id="f" * 32, exam="other"))
    foreign = f"/staff/measures/{'f' * 32}"
    visitor = office("li")
    for answer in (visitor.get(foreign), visitor.give(foreign), visitor.post(f"{foreign}/withdraw")):
        assert answer.status_code == 404 and "OS-2244" in answer.text
    assert given(room) == []


@pytest.mark.parametrize("name", ["support", "lead"])
def test_who_may_not_give_measures_sees_no_page_of_them(room: RunningRoom, office: Enter, name: str) -> None:
    address, visitor = office("zhang").drafted(), office(name)
    for answer in (
        visitor.get("/staff/measures"),
        visitor.get(address),
        visitor.draft(),
        visitor.give(address),
        visitor.post(f"{address}/withdraw"),
    ):
        assert answer.status_code == 403 and "OS-2082" in answer.text
    foreign = office("li").post(f"{address}/give", origin="https://evil.example", newest="0", name="李")
    assert foreign.status_code == 403 and given(room) == []


def test_a_list_of_seats_moves_these_alone(room: RunningRoom, office: Enter, arrive: Arrive) -> None:
    candidate, other = arrive().prepare(), arrive().prepare()
    with room.exam.database.writing() as connection:
        row = {"exam": EXAM, "admission_number": "A-0001", "generation": 1, "jti": candidate.jti}
        connection.execute(insert(Seat), row)
    address = office("zhang").drafted(act="extend", minutes="3", whom="seats", seats=" A-0001 \r\nA-0001\r\n")
    assert office("li").give(address).status_code == 303
    for each, ends in ((candidate, ENDS + timedelta(minutes=3)), (other, ENDS)):
        each.beat()
        assert each.attempt["ends_at"] == wire(ends)
    assert given(room)[0].seats == (candidate.jti,)


def test_what_comes_at_the_wrong_time_is_refused(room: RunningRoom, office: Enter) -> None:
    room.at(STARTS - timedelta(minutes=5))
    first, second = office("zhang"), office("li")
    address = first.drafted(minutes="5")
    room.at(STARTS)
    refused = second.give(address)
    assert refused.status_code == 409 and "该场次已经开考，请改用“顺延”" in refused.text
    ending = first.drafted(act="end", minutes="5")
    room.at(STARTS + timedelta(minutes=5))
    assert "该结束时间已经过去" in second.give(ending).text
    room.at(ENDS)
    assert "该场次已经结束" in first.draft(act="extend", minutes="5").text
    assert given(room) == []


def test_without_a_key_that_the_charter_lists_nothing_is_drafted(
    room: RunningRoom, room_keys: RoomKeys, office: Enter
) -> None:
    exam = room.exam
    exam.publish(version=exam.charter.version + 1, measures=None)
    visitor = office("zhang")
    assert "本考场不能签发措施" in visitor.get("/staff/measures").text
    refused = visitor.draft()
    assert refused.status_code == 409 and "OS-2246" in refused.text
    exam.publish(version=exam.charter.version + 1, measures=bounds_of(room_keys))


def test_orders_reach_the_portal_one_after_the_other(room: RunningRoom, office: Enter) -> None:
    first, second = office("zhang"), office("li")
    for _ in range(2):
        assert second.give(first.drafted(minutes="1")).status_code == 303
    with running_portal() as portal:
        outbox = OrderOutbox(room.app.state.room, portal.url, "ost1.test")
        portal.answers = [(503, {"code": "OS-931"})]
        assert outbox.send_due() == 1
        assert '门户还没有收下（<span class="number">OS-931</span>）' in first.get("/staff/measures").text
        assert outbox.send_due() == 0, "the second waits for the first"
        room.later(10 * SECOND)
        assert [outbox.send_due() for _ in range(3)] == [1, 1, 0]
        outbox.close()
        sent = [body["order"] for path, body, _ in portal.seen if path.endswith("room/orders")]
    with room.exam.database.reading() as connection:
        tokens = orders.tokens(connection, EXAM)
    assert sent == [tokens[0], *tokens]
    assert "门户已收到" in first.get("/staff/measures").text


# ------------------------------------------------------------------------------------- everybody obeys


def row_of(room: RunningRoom, attempt: str) -> Attempt:
    with room.exam.database.reading() as connection:
        found = attempts.find(connection, EXAM, attempt)
    assert found is not None
    return found


def test_after_three_minutes_without_a_room_all_get_them_back_also_who_is_offline(
    held: HeldExam, room_keys: RoomKeys
) -> None:
    held.publish(version=held.charter.version + 1, measures=bounds_of(room_keys))
    add_operators(held)
    three, tail = timedelta(minutes=3), timedelta(seconds=60)
    clock = FixedClock(BEFORE)
    there = ExitStack()
    with running_room(held, clock) as room:
        port = int(room.url.rpartition(":")[2])
        arrive = there.enter_context(arriving(room))
        online, offline, slow = (arrive().prepare() for _ in range(3))
        room.app.state.room.seats.store([KnownSeat(SeatTerms(slow.jti, 120))], BEFORE)
        room.at(STARTS + three)
        for each in (online, offline, slow):
            each.beat()
            assert each.step == "questions"
    clock.at += three
    with there, running_room(held, clock, port) as room, entering(room, Office) as office:
        order(room, office, act="extend", minutes="3", reason="system")
        for each, ends in ((online, ENDS + three), (slow, ENDS + three + timedelta(seconds=120))):
            each.beat()
            assert (each.step, each.attempt["ends_at"]) == ("questions", wire(ends))
            assert each.look()["attempt"]["ends_at"] == wire(ends), "monitoring has the same end"
        served = room.app.state.room
        assert [follow(served), follow(served)] == [1, 0], "the one that is offline"
        assert row_of(room, offline.attempt["nonce"]).ends_at == ENDS + three
        room.at(ENDS + tail)
        sweep(served)
        assert row_of(room, offline.attempt["nonce"]).handed_in_at is None
        offline.beat()
        assert offline.step == "questions", "it is back, and has what the others have"
        assert offline.code("hand-in", by="candidate", answers_head="0" * 64, takes=[])[1] == "OS-2015"
        room.at(ENDS + three + tail)
        sweep(served)
        handed_in = [row_of(room, each.attempt["nonce"]).handed_in_by for each in (online, offline)]
        assert handed_in == ["clock", "clock"]
        assert row_of(room, slow.attempt["nonce"]).handed_in_at is None
        with held.database.reading() as connection:
            moved = [
                event.facts
                for event in events.list_of(connection, EXAM, offline.attempt["nonce"])
                if event.code == "times-moved"
            ]
        assert moved[-1] == {
            "charter": held.charter.version,
            "order": 1,
            "measure": "extend",
            "names": "张主考、李副主考",
            "reason": "考试系统发生故障。",
        }


def test_an_early_end_hands_in_who_is_offline(room: RunningRoom, office: Enter, arrive: Arrive) -> None:
    offline = arrive().prepare()
    room.at(STARTS)
    offline.beat()
    order(room, office, act="end", minutes="5")
    assert follow(room.app.state.room) >= 1
    room.at(STARTS + timedelta(minutes=6))
    sweep(room.app.state.room)
    row = row_of(room, offline.attempt["nonce"])
    assert (row.ends_at, row.handed_in_by) == (STARTS + timedelta(minutes=5), "clock")


def test_a_thousand_who_wait_are_postponed_by_an_hour(held: HeldExam, room_keys: RoomKeys) -> None:
    wide = Measures((room_keys.room.signer(ORDER).public_key,), 3600, 1800, may_end=True)
    held.publish(version=held.charter.version + 1, measures=wide, ends=held.charter.ends + timedelta(hours=2))
    add_operators(held)
    seated = rooms.seat(held, 1000)
    hour = timedelta(hours=1)
    with running_room(held, FixedClock(STARTS - timedelta(minutes=20))) as room:
        with arriving(room) as arrive, entering(room, Office) as office:
            candidate = arrive().prepare()
            address = office("zhang").drafted(minutes="60")
            assert '<th scope="row" class="number">1001</th>' in office("li").get(address).text
            soon = candidate.beat()["every_s"]
            assert soon == 1.5, "a page calls often while a measure waits for its second person"
            assert office("li").give(address).status_code == 303
            assert candidate.beat()["every_s"] == 5
            assert (candidate.step, candidate.attempt["starts_at"]) == ("waiting", wire(STARTS + hour))
        assert len(seated.cookies) == follow(room.app.state.room)
        with held.database.reading() as connection:
            times = {each.times for each in attempts.times_of_running(connection, EXAM)}
        assert times == {(STARTS + hour, ENDS + hour, ENDS + hour + UPLOAD)}


# ------------------------------------------------------------------------------------- what candidates read


def says(code: str, bulletin: str, room: RunningRoom) -> dict[str, object]:
    return {"at": wire(room.clock.now()), "code": code, "facts": {"bulletin": bulletin}}


def codes_of(room: RunningRoom, attempt: str, code: str) -> list[dict[str, object]]:
    with room.exam.database.reading() as connection:
        listed = events.list_of(connection, EXAM, attempt)
    return [dict(event.facts) for event in listed if event.code == code]


def test_a_measure_is_shown_with_words_and_names_to_whom_it_concerns_and_what_was_shown_is_kept(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate, other = arrive().prepare(), arrive().prepare()
    order(room, office, act="extend", minutes="3", whom="seats", seats=candidate.jti, reason="lost-time")
    assert other.beat()["bulletins"] == []
    (shown,) = candidate.beat()["bulletins"]
    words = "作答时间顺延 3 分钟。原因：非考生本人原因，作答时间受到影响。"
    assert (shown["id"], shown["zh"], shown["names"]) == ("m1", words, ["张主考", "李副主考"])
    for each in (candidate, other):
        said = [says("bulletin-shown", "m1", room), says("bulletin-read", "m1", room)]
        each.beat(events=[*said, says("bulletin-shown", "m9", room)])
        each.beat(events=said)
    kept = {"bulletin": "m1", "zh": words, "names": "张主考、李副主考"}
    assert codes_of(room, candidate.attempt["nonce"], "bulletin") == [kept]
    assert codes_of(room, other.attempt["nonce"], "bulletin") == [], "it says so, and it is not so"
    with room.exam.database.reading() as connection:
        assert announcements.seen(connection, EXAM) == {"m1": (1, 1)}


def test_an_announcement_reaches_the_session_it_is_for_and_is_counted(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    chief = office("li")
    reading, looking = arrive().prepare(), arrive().prepare()
    for session, zh in (("mock-0", "模拟的公告。"), ("formal-0", " 请检查\n麦克风。"), ("every", "全体。")):
        answer = chief.post("/staff/announcements", session=session, zh=zh, en="")
        assert answer.headers["location"] == "/staff/announcements?done=announced"
        room.later(SECOND)
    seen = reading.beat()["bulletins"]
    assert [(each["id"], each["zh"]) for each in seen] == [("a2", "请检查 麦克风。"), ("a3", "全体。")]
    reading.beat(events=[says("bulletin-shown", "a2", room), says("bulletin-read", "a2", room)])
    looking.beat(events=[says("bulletin-shown", "a2", room)])
    page = chief.get("/staff/announcements?done=announced").text
    assert '已显示 <b class="number">2</b> 人，已读 <b class="number">1</b> 人' in page
    assert "请检查 麦克风。" in page and "公告已发布" in page
    assert codes_of(room, looking.attempt["nonce"], "bulletin")[0]["zh"] == "请检查 麦克风。"
    with room.exam.database.reading() as connection:
        (attempt,) = kept.list_attempts(connection, EXAM, attempt=reading.attempt["nonce"])
        rows = [*kept.rows_of(connection, retention.table_of(RoomBulletinRow), attempt, EXAM)]
    assert [row[:3] for row in rows] == [(attempt.id, "a2", EXAM)] and rows[0][4] is not None, "exported"


@pytest.mark.parametrize(
    "changes", [{"zh": " "}, {"zh": "字" * 201}, {"session": ""}, {"session": "formal-1"}, {"zh": "坏\u202e"}]
)
def test_an_announcement_without_words_or_session_is_refused(office: Enter, changes: dict[str, str]) -> None:
    refused = office("li").post("/staff/announcements", **{"session": "formal-0", "zh": "好。", **changes})
    assert refused.status_code == 400 and "OS-2248" in refused.text


def test_who_may_not_announce_does_not(office: Enter) -> None:
    visitor = office("lead")
    assert visitor.get("/staff/announcements").status_code == 403
    assert visitor.post("/staff/announcements", session="every", zh="好。").status_code == 403
