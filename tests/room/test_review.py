"""Review after a session: completeness, events by weight, marks; judgements step by step by two persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.evidence import export, seats, tree
from oneseat.room.evidence.export import Order
from oneseat.room.rules.judgements import Stage, is_outcome, may_decide, next_stage
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import marks, reviews
from oneseat.state.room.marks import Mark, NewMark
from oneseat.state.room.reviews import JudgementStep
from signing.clock import FixedClock
from signing.dates import BEIJING
from tests.room.candidate import Candidate, arriving
from tests.room.held_exam import BEFORE, ENDS, EXAM, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.kept import LATER, interview, kept_room
from tests.room.staff_entry import Enter, Staff, entering, hire
from tests.room.test_tampering import line
from tests.room.test_verify_export import Exported, findings, first, sealed_anew

CLOCK = FixedClock(LATER)


@given(st.lists(st.sampled_from([*Stage]), unique=True))
def test_steps_come_one_after_the_other(taken: list[Stage]) -> None:
    steps = [JudgementStep("j", stage, BEFORE, "zhang", "") for stage in taken]
    wanted = next_stage(steps)
    assert (wanted is None) == (set(taken) == set(Stage))
    assert wanted not in taken
    assert may_decide(steps, "li")
    assert may_decide(steps, "zhang") == (Stage.PROPOSED not in taken)


@pytest.mark.parametrize(
    ("stage", "outcomes"),
    [
        (Stage.PROPOSED, {""}),
        (Stage.NOTICED, {""}),
        (Stage.STATED, {"", "none"}),
        (Stage.DECIDED, {"established", "dismissed"}),
    ],
)
def test_a_step_has_its_own_outcomes(stage: Stage, outcomes: set[str]) -> None:
    every = ("", "none", "established", "dismissed", "other")
    assert {outcome for outcome in every if is_outcome(stage, outcome)} == outcomes


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with three people who may review and judge, and one who may not."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    roles = {"zhang": Role.JUDGE, "li": Role.JUDGE, "viewer": Role.VIEWER, "chen": Role.LEAD}
    hire(exam, roles)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture(scope="module")
def held(shared_room: RunningRoom) -> Iterator[tuple[Candidate, Candidate]]:
    """One whole interview with events, and one that lacks a segment, of which there was no monitoring."""
    with arriving(shared_room) as arrive:
        eventful = interview(shared_room, arrive())
        shared_room.at(BEFORE)
        lacking = arrive().prepare()
        segments = lacking.record(2)
        lacking.stored(segments[0])
        shared_room.at(ENDS)
        lacking.hand_in(segments)
        yield eventful, lacking


@pytest.fixture
def staff(shared_room: RunningRoom) -> Iterator[Enter]:
    shared_room.at(LATER)
    with entering(shared_room, Staff) as entered:
        yield entered


Held = tuple[Candidate, Candidate]


def path(candidate: Candidate) -> str:
    return f"/staff/review/{candidate.attempt['nonce']}"


def test_the_list_has_the_most_serious_first_and_says_what_is_missing(held: Held, staff: Enter) -> None:
    page = staff("zhang").get("/staff/review").text
    shown = re.findall(r'href="/staff/review/([0-9a-f]{32})"', page)
    assert shown == [each.attempt["nonce"] for each in held], "the first has more events"
    assert "不完整" in page and "返回名单" in page
    sums = re.findall(r'<dd class="number">(\d+)</dd>', page)
    assert sums[:3] == ["2", "1", "1"]
    counts = {
        which: len(re.findall(r'href="/staff/review/[0-9a-f]{32}"', staff("li").get(address(which)).text))
        for which in ("all", "incomplete", "eventful", "unseen", "open", "odd")
    }
    assert counts == {"all": 2, "incomplete": 1, "eventful": 2, "unseen": 2, "open": 0, "odd": 2}


def test_what_invigilators_marked_comes_first_until_it_is_withdrawn(
    held: Held, staff: Enter, shared_room: RunningRoom
) -> None:
    eventful, quiet = held
    chen, zhang, attempt = staff("chen"), staff("zhang"), quiet.attempt["nonce"]
    moment = (BEFORE + timedelta(seconds=10)).astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
    form = {"begins": moment, "ends": moment, "words": "看向左侧"}
    for clause in ("talking", "phone"):
        assert chen.post(f"/staff/attempts/{attempt}/mark", clause=clause, **form).status_code == 303
        shared_room.later(timedelta(minutes=1))
    with shared_room.exam.database.reading() as connection:
        first, second = marks.list_of(connection, EXAM, attempt)

    def listed(which: str) -> list[str]:
        return re.findall(r'href="/staff/review/([0-9a-f]{32})"', zhang.get(address(which)).text)

    def withdraw(mark: Mark) -> None:
        path_of = f"/staff/attempts/{attempt}/unmark"
        assert chen.post(path_of, number=str(mark.id)).status_code == 303

    assert listed("all") == [attempt, eventful.attempt["nonce"]], "it has fewer events"
    withdraw(first)
    assert listed("marked") == [attempt]
    newest = f"{second.at.astimezone(BEIJING):%m-%d %H:%M:%S}"
    assert f'<b>1</b> <span class="fine">最近 {newest}</span>' in zhang.get(address("all")).text
    shown = zhang.get(path(quiet)).text
    at = int(second.begins_at.timestamp() * 1000)
    assert f'href="/staff/attempts/{attempt}/play#at={at}"' in shown
    assert "未经许可操作手机" in shown and "看向左侧" in shown and "已撤回" in shown
    withdraw(second)
    assert listed("marked") == []
    assert listed("all") == [each.attempt["nonce"] for each in held]


def address(which: str) -> str:
    return f"/staff/review?session=formal-0&shown={which}"


@pytest.mark.parametrize("where", ["/staff/review", "{}", "{}/mark", "{}/judgements", "{}/judgements/x"])
def test_a_viewer_sees_and_does_nothing_here(held: Held, staff: Enter, where: str) -> None:
    viewer, target = staff("viewer"), where.format(path(held[0]))
    if where.endswith(("}", "review")):
        assert viewer.get(target).status_code == 403
    else:
        assert "OS-2082" in viewer.post(target, finding="clear").text
    assert "考后复核" not in viewer.get().text
    assert "考后复核" in staff("zhang").get().text


def test_a_look_is_audited_and_a_review_is_added(held: Held, staff: Enter) -> None:
    candidate = held[1]
    li = staff("li")
    assert li.get(path(candidate)).status_code == 200
    assert "OS-2264" in li.post(f"{path(candidate)}/mark", finding="guilty").text
    assert li.post(f"{path(candidate)}/mark", finding="question", note="少一个片段").status_code == 303
    assert li.post(f"{path(candidate)}/mark", finding="clear").status_code == 303
    with li.room.exam.database.reading() as connection:
        made = reviews.reviews_of(connection, EXAM, candidate.attempt["nonce"])
        acts = [entry.act for entry in audit.latest(connection, EXAM, 3, candidate.jti)]
    assert [(each.operator, each.finding, each.note) for each in made] == [
        ("li", "question", "少一个片段"),
        ("li", "clear", ""),
    ]
    assert acts == ["room.reviewed", "room.reviewed", "room.review-seen"]
    foreign = li.post(f"{path(candidate)}/mark", origin="https://evil.example", finding="clear")
    assert "OS-2083" in foreign.text


def test_nothing_is_found_of_an_attempt_that_runs(shared_room: RunningRoom, staff: Enter) -> None:
    shared_room.at(BEFORE)
    with arriving(shared_room) as arrive:
        running = arrive("formal").prepare()
        shared_room.at(STARTS)
        zhang = staff_at(staff, shared_room, STARTS)
        assert "OS-2265" in zhang.post(f"{path(running)}/mark", finding="clear").text


def staff_at(staff: Enter, room: RunningRoom, moment: object) -> Staff:
    entered = staff("zhang")
    room.clock.at = moment  # type: ignore[assignment]
    return entered


def propose(who: Staff, candidate: Candidate, **changes: object) -> httpx.Response:
    """Propose a judgement with the first event of the page as its evidence."""
    shown = who.get(path(candidate)).text
    (reference, *_) = re.findall(r'name="evidence" value="([a-z0-9-]+)"', shown)
    form = {"clause": "第三条第二款", "said": "离开考试页面。", "evidence": reference, **changes}
    return who.post(f"{path(candidate)}/judgements", **form)


def test_a_judgement_takes_four_steps_and_two_persons(
    held: Held, staff: Enter, tmp_path: Path, shared_room: RunningRoom
) -> None:
    candidate, zhang, li = held[0], staff("zhang"), staff("li")
    for lacking in ({"clause": " "}, {"said": ""}, {"evidence": "event-999999"}, {"evidence": ""}):
        assert "OS-2266" in propose(zhang, candidate, **lacking).text
    assert propose(zhang, candidate).status_code == 303
    attempt = candidate.attempt["nonce"]
    with shared_room.exam.database.reading() as connection:
        (judgement,) = reviews.judgements_of(connection, EXAM, attempt)
    target = f"{path(candidate)}/judgements/{judgement}"
    assert "OS-2267" in li.post(target, stage="decided", outcome="established", said="x").text
    assert "OS-2268" in li.post(target[:-1] + "_", stage="noticed", said="x").text
    assert "OS-2266" in zhang.post(target, stage="noticed", said=" ").text
    assert zhang.post(target, stage="noticed", said="1 月 12 日电话告知。").status_code == 303
    assert "OS-2267" in li.post(target, stage="noticed", said="again").text
    assert li.post(target, stage="stated", outcome="none").status_code == 303
    assert "OS-2269" in zhang.post(target, stage="decided", outcome="established", said="x").text
    assert "须由另一位工作人员" in zhang.get(path(candidate)).text
    assert "OS-2266" in li.post(target, stage="decided", outcome="perhaps", said="x").text
    assert li.post(target, stage="decided", outcome="dismissed", said="网络中断所致。").status_code == 303
    assert "OS-2267" in li.post(target, stage="decided", outcome="established", said="x").text
    page = li.get(path(candidate)).text
    assert "不予认定" in page and "期限内未陈述" in page
    found_and_verified(candidate, shared_room, tmp_path)


def found_and_verified(candidate: Candidate, room: RunningRoom, tmp_path: Path) -> None:
    """Reviews and judgements are in the export, and each that is removed or changed there is found."""
    with room.exam.database.writing() as connection:
        attempts = seats.find(connection, EXAM, candidate.jti).attempts
    with kept_room(room.exam) as kept:
        export.export(kept, Order(attempts), tmp_path / "out", CLOCK, lambda _: None)
        exported = Exported(room.exam, kept, tmp_path / "out")
        assert findings(exported, exported.folder) == set()
        rows = f"{tree.ROWS}/room_judgement_steps.jsonl"
        for number, (change, code) in enumerate(
            [(("dismissed", "established"), "OS-2322"), (None, "OS-2321")]
        ):
            folder = exported.copy(tmp_path / str(number))
            line(rows, "dismissed", change)(first(folder))
            assert ("OS-2108", "room_judgement_steps.jsonl") in findings(exported, folder)
            sealed_anew(exported, folder, lambda manifest: None, kept.signer)
            assert findings(exported, first(folder)) == {(code, "room_judgement_steps.jsonl")}


def test_a_mark_that_stands_is_evidence_also_where_no_event_is(
    shared_room: RunningRoom, staff: Enter, held: Held
) -> None:
    shared_room.at(BEFORE)
    with arriving(shared_room) as arrive:
        seen_only = arrive("formal").prepare()
    attempt, other = seen_only.attempt["nonce"], held[0].attempt["nonce"]

    def mark(of: str, clause: str) -> int:
        return marks.add(connection, NewMark(EXAM, of, STARTS, "li", clause, STARTS, ENDS, ""))

    with shared_room.exam.database.writing() as connection:
        number, withdrawn, foreign = mark(attempt, "talking"), mark(attempt, "phone"), mark(other, "phone")
        assert marks.withdraw(connection, attempt, withdrawn, STARTS, "li")
    shared_room.at(LATER)
    zhang = staff("zhang")
    page = zhang.get(path(seen_only)).text
    assert "没有需要查看的事件" in page
    assert "提出认定" in page
    assert re.findall(r'form="propose" name="evidence" value="([a-z0-9-]+)"', page) == [f"mark-{number}"]
    for reference in (f"mark-{withdrawn}", f"mark-{foreign}", "mark-x"):
        assert "OS-2266" in propose(zhang, seen_only, evidence=reference).text
    assert propose(zhang, seen_only).status_code == 303
    page = zhang.get(path(seen_only)).text
    assert "与他人交谈" in page and "监考员 li 标记" in page
