"""Another session in place of one (另场重考): who may be given it, and what becomes of both attempts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from oneseat.room.evidence import export, seats, verify
from oneseat.room.evidence.export import Order
from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.rules.identity import Identity
from oneseat.room.services.attempts.following import follow
from oneseat.room.services.attempts.sweeping import sweep
from oneseat.room.staff.session import lead_reading
from oneseat.state.room import attempts, events, measures
from oneseat.state.room.attempts import Attempt
from oneseat.state.tables.room import RoomAttemptRow
from signing.clock import FixedClock
from signing.session_times import FORMAL, SeatTerms
from tests.room.candidate import Arrive, Candidate, arriving, wire
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    PAPER,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.kept import kept_room
from tests.room.office import Enter, Office, add_operators, bounds_of, given, without_orders
from tests.room.staff_entry import entering
from tests.room.test_tampering import row
from tests.room.test_verify_export import Exported, findings, sealed_anew

DAY = timedelta(days=1)
IN_ANSWER_TIME = STARTS + timedelta(minutes=3)


def two_sessions(exam: HeldExam, keys: RoomKeys, *, may_repeat: bool = True) -> None:
    """Add a session a day later, with a paper, and the permission to repeat."""
    (first,) = exam.charter.formals[:1]
    moved = {name: getattr(first, name) + DAY for name in ("login_opens", "login_closes", "starts", "ends")}
    (exam.papers / "formal-1.toml").write_text(PAPER, "utf-8")
    bounds = replace(bounds_of(keys), may_repeat=may_repeat)
    formals = (first, replace(first, **moved))
    exam.publish(version=exam.charter.version + 1, measures=bounds, formals=formals)


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with two sessions."""
    exam = HeldExam(tmp_path_factory.mktemp("repeats"), room_keys)
    two_sessions(exam, room_keys)
    add_operators(exam)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def room(shared_room: RunningRoom) -> RunningRoom:
    shared_room.app.state.room.seats.store([], BEFORE)
    return without_orders(shared_room)


def form(*candidates: Candidate, **changes: str) -> dict[str, str]:
    seats = "\n".join(candidate.jti for candidate in candidates)
    return {"act": "repeat", "target": "1", "minutes": "", "whom": "seats", "seats": seats, **changes}


def repeat(office: Enter, *candidates: Candidate) -> None:
    address = office("zhang").drafted(**form(*candidates))
    answer = office("li").give(address)
    assert answer.status_code == 303, answer.text


def row_of(room: RunningRoom, candidate: Candidate) -> Attempt:
    with room.exam.database.reading() as connection:
        found = attempts.find(connection, EXAM, candidate.attempt["nonce"])
    assert found is not None
    return found


def history(room: RunningRoom, candidate: Candidate, code: str) -> list[dict[str, object]]:
    with room.exam.database.reading() as connection:
        noted = events.list_of(connection, EXAM, candidate.attempt["nonce"])
    return [dict(event.facts) for event in noted if event.code == code]


def test_who_answers_is_handed_in_reads_why_and_takes_the_other_session(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate, other = arrive().prepare(), arrive().prepare()
    old_ticket = candidate.ticket
    room.at(IN_ANSWER_TIME)
    segments = candidate.record(2)
    candidate.call("answer", **candidate.answer_body(1))
    first, second = office("zhang"), office("li")
    assert "另场重考（指定考生）" in first.get("/staff/measures").text
    address = first.drafted(**form(candidate))
    page = second.get(address).text
    assert "另场重考：改到正式第" in page and ">01-11 11:00:00" in page
    assert candidate.beat()["attempt"]["handed_in_at"] is None, "a draft changes nothing"
    assert second.give(address).status_code == 303
    (signed,) = given(room)
    assert (signed.act, signed.target, signed.seconds, signed.seats) == ("repeat", 1, 0, (candidate.jti,))

    told = candidate.beat()
    assert told["attempt"]["handed_in_by"] == "repeat" and candidate.step == "uploading"
    assert told["attempt"]["instead"]["starts_at"] == wire(STARTS + DAY)
    (bulletin,) = told["bulletins"]
    assert (
        "请参加另场重考：2035年1月11日（星期四）11:00 开考，10:10 起登录。原因：供电中断。" in bulletin["zh"]
    )
    assert bulletin["names"] == ["张主考", "李副主考"]
    assert history(room, candidate, "repeated") == [
        {"order": 1, "target": 1, "names": "张主考、李副主考", "reason": "供电中断。"}
    ]
    other.beat()
    assert other.attempt["handed_in_at"] is None and other.attempt["instead"] is None

    # What was recorded is uploaded all the same, and the receipt says by what it was handed in.
    promised = candidate.take_body(segments[0].take, promised=len(segments))
    candidate.stored(*segments, takes=[promised])
    candidate.beat()
    assert candidate.step == "complete" and candidate.attempt["receipt"]["number"]
    room.later(SECOND)
    refused = candidate.post_form(candidate.form(ticket=old_ticket))
    assert refused.status_code == 403 and "OS-2007" in refused.text

    again = arrive(jti=candidate.jti)
    room.at(BEFORE + DAY)
    again.ticket = again.new_ticket(session="1", exp=int((ENDS + DAY).timestamp()))
    again.prepare()
    assert again.attempt["session"] == 1 and again.attempt["starts_at"] == wire(STARTS + DAY)
    assert again.attempt["handed_in_at"] is None
    assert history(room, again, "repeats") == [
        {"order": 1, "session": 0, "attempt": candidate.attempt["nonce"]}
    ]


def test_who_is_offline_has_not_consented_or_has_handed_in_before_gets_the_order_too(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    offline, early, done = arrive().prepare(), arrive(), arrive().prepare()
    early.enter().join()
    absent = arrive()
    room.at(ENDS + SECOND)
    done.hand_in([])
    repeat(office, offline, early, done, absent)
    held = room.app.state.room
    follow(held)
    for candidate in (offline, early):
        row = row_of(room, candidate)
        assert (row.handed_in_by, row.handed_in_at) == ("repeat", ENDS + SECOND)
        assert row.receipt is not None
    assert row_of(room, done).handed_in_by == "candidate", "it keeps its own hand-in"
    follow(held)
    sweep(held)
    for candidate in (offline, early, done):
        assert len(history(room, candidate, "repeated")) == 1, "noted once"
    absent.ticket = absent.new_ticket(exp=int((ENDS + DAY).timestamp()))
    stale = absent.post_form(absent.form())
    assert stale.status_code == 403 and "OS-2027" in stale.text, "the first session is not theirs any more"


def test_it_cannot_be_opened_again_or_given_twice_or_led_back(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    room.at(IN_ANSWER_TIME)
    repeat(office, candidate)
    candidate.beat()
    chief = office("li")
    reopened = chief.post(f"/staff/attempts/{candidate.attempt['nonce']}/reopen", words="误操作")
    assert reopened.status_code == 409 and row_of(room, candidate).handed_in_by == "repeat"
    for changes in ({}, {"session": "1", "target": "0"}):
        refused = office("zhang").draft(**form(candidate, **changes))
        assert refused.status_code == 409 and "OS-2241" in refused.text
    assert len(given(room)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"whom": "all"}, 400, "OS-2240"),
        ({"target": ""}, 400, "OS-2240"),
        ({"target": "2"}, 400, "OS-2240"),
        ({"target": "0"}, 409, "OS-2241"),
        ({"seats": "nobody"}, 400, "OS-2247"),
        ({"act": "extend", "minutes": "", "target": "1"}, 400, "OS-2240"),
    ],
)
def test_a_draft_without_seats_or_another_session_is_refused(
    room: RunningRoom, office: Enter, arrive: Arrive, changes: dict[str, str], status: int, code: str
) -> None:
    refused = office("zhang").draft(**form(arrive(), **changes))
    assert refused.status_code == status and code in refused.text
    with room.exam.database.reading() as connection:
        assert measures.list_newest(connection, EXAM, 10) == []


def test_seats_that_may_not_repeat_are_named_by_their_lines_when_it_is_drafted_and_when_it_is_signed(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    good, rejected, elsewhere, paperless, unknown = (arrive() for _ in range(5))
    good.prepare()
    rejected.prepare()
    room.app.state.room.seats.store(
        [
            KnownSeat(SeatTerms(good.jti, 0, 0)),
            KnownSeat(SeatTerms(rejected.jti, 0, 0)),
            KnownSeat(SeatTerms(elsewhere.jti, 0, 1)),
            KnownSeat(SeatTerms(paperless.jti, 0, 0), "b"),
        ],
        BEFORE,
    )
    waiting = office("zhang").drafted(**form(good, rejected))
    decided_against(room, rejected)
    refused = office("zhang").draft(**form(unknown, good, rejected, paperless, elsewhere))
    assert refused.status_code == 409 and "OS-2305" in refused.text
    for words in (
        "1 名不在本考场的考生名单中",
        "1 名身份核验未通过",
        "1 名在重考场次没有对应的试卷",
        "1 名不属于该场次",
        "名单第 1, 3, 4, 5 行",
    ):
        assert words in refused.text
    signed = office("li").give(waiting)
    assert signed.status_code == 409 and "1 名身份核验未通过" in signed.text and "行" not in signed.text
    assert given(room) == [] and row_of(room, good).handed_in_at is None
    decided_against(room, rejected, Identity.PASSED)
    assert office("li").give(waiting).status_code == 303, "the decision was taken back"


def decided_against(room: RunningRoom, candidate: Candidate, state: Identity = Identity.REJECTED) -> None:
    mine = update(RoomAttemptRow).where(RoomAttemptRow.id == candidate.attempt["nonce"])
    with room.exam.database.writing() as connection:
        connection.execute(mine.values(identity_state=state.value))


def test_an_attempt_that_two_persons_have_ended_is_not_repeated_before_it_is_opened_again(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    room.at(IN_ANSWER_TIME)
    lead, li = office("lead"), office("li")
    page = f"/staff/attempts/{candidate.attempt['nonce']}"
    assert lead.post(f"{page}/end-request", reason="danger", words="火警").status_code == 303
    assert li.post(f"{page}/end-confirm").status_code == 303
    refused = office("zhang").draft(**form(candidate))
    assert refused.status_code == 409 and "1 名本场已由考务人员结束" in refused.text
    assert li.post(f"{page}/reopen", words="火警解除").status_code == 303
    repeat(office, candidate)
    candidate.enter().join()
    assert candidate.attempt["handed_in_by"] == "repeat"


def test_too_late_for_the_new_session(room: RunningRoom, office: Enter, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    address = office("zhang").drafted(**form(candidate))
    room.at(room.exam.charter.formals[1].login_closes)
    refused = office("zhang").draft(**form(candidate))
    assert refused.status_code == 409 and "该场次已经截止登录" in refused.text
    assert office("li").give(address).status_code == 409
    assert given(room) == []


def test_the_leads_list_of_who_is_absent_follows_the_order(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    moved, stays = arrive(), arrive()
    seats = [KnownSeat(SeatTerms(each.jti, 0, 0)) for each in (moved, stays)]
    room.app.state.room.seats.store(seats, BEFORE)
    repeat(office, moved)
    charter = room.app.state.room.charter()
    assert charter.seats_of_session(0) == {stays.jti}
    assert charter.seats_of_session(1) == {moved.jti}
    absent = lead_reading._absent
    assert absent(room.app.state.room, charter, (FORMAL, 0), STARTS) == [stays.jti]


def test_an_exam_that_does_not_grant_it_offers_and_takes_none(
    room: RunningRoom, room_keys: RoomKeys, office: Enter, arrive: Arrive
) -> None:
    exam = room.exam
    two_sessions(exam, room_keys, may_repeat=False)
    assert "另场重考（指定考生）" not in office("zhang").get("/staff/measures").text
    refused = office("zhang").draft(**form(arrive()))
    assert refused.status_code == 409 and "本场考试不允许安排另场重考" in refused.text
    two_sessions(exam, room_keys)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[Exported]:
    """Both attempts of a seat that repeated its session, exported."""
    folder = tmp_path_factory.mktemp("evidence")
    exam = HeldExam(folder / "exam", room_keys)
    two_sessions(exam, room_keys)
    add_operators(exam)
    with (
        running_room(exam, FixedClock(BEFORE)) as room,
        arriving(room) as made,
        entering(room, Office) as entered,
    ):
        candidate = made().prepare()
        room.at(IN_ANSWER_TIME)
        repeat(entered, candidate)
        candidate.beat()
        second = made(jti=candidate.jti)
        room.at(BEFORE + DAY)
        second.ticket = second.new_ticket(session="1", exp=int((ENDS + DAY).timestamp()))
        second.prepare()
    with kept_room(exam) as kept:
        with exam.database.reading() as connection:
            of_seat = seats.find(connection, EXAM, candidate.jti).attempts
        export.export(kept, Order(of_seat), folder / "out", FixedClock(BEFORE + 2 * DAY), lambda _: None)
        yield Exported(exam, kept, folder / "out")
    exam.database.close()


@pytest.mark.parametrize(
    ("has", "change"),
    [
        ('"repeated"', None),
        ('"repeated"', (r'target\\":1', r'target\\":0')),
        ('"repeated"', ("u4f9b", "u4f9c")),
        ('"repeated"', (r'order\\":1', r'order\\":2')),
        ('"repeats"', (r'session\\":0', r'session\\":1')),
    ],
    ids=["gone", "target", "reason", "order", "first session"],
)
def test_what_a_history_says_of_a_repeat_is_compared_with_the_signed_order(
    exported: Exported, tmp_path: Path, has: str, change: tuple[str, str] | None
) -> None:
    assert findings(exported, exported.folder) == set()
    folder = exported.copy(tmp_path)
    rows = [
        path for path in sorted(folder.glob("*/rows/room_events.jsonl")) if has in path.read_text("utf-8")
    ]
    (attempt,) = {path.parent.parent for path in rows}
    _, tamper = row("room_events", has, change)
    tamper(attempt)
    for other in [path for path in folder.iterdir() if path != attempt]:
        shutil.rmtree(other) if other.is_dir() else other.unlink()
    sealed_anew(exported, folder, lambda manifest: None, exported.room.signer)
    found = verify.verify(attempt, verify.Trust(exported.room.root_public_key)).findings
    assert [finding.error.code for finding in found] == ["OS-2260"]
    assert "另场重考" in found[0].error.cause_text.zh


def test_the_audit_log_and_the_signed_order_name_no_person_but_those_who_gave_it(
    room: RunningRoom, office: Enter, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    repeat(office, candidate)
    claims = json.dumps(given(room)[0].claims(), ensure_ascii=False)
    assert candidate.jti in claims and "测试考生" not in claims
