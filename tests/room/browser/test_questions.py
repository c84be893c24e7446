"""Questions to choose and to write: by keyboard, saved by themselves, offline, after a reload, timed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.http.views import STATIC_PATH
from oneseat.room.rules.question_times import stretch
from oneseat.state.publishing import orders
from signing.authority.keys import ORDER
from signing.authority.signer import sign_token
from signing.charter import Measures
from signing.orders import SignedOrder
from signing.session_times import PAUSE, SeatTerms
from tests.room.browser.browsing import BEFORE, ENDS, STARTS, Laptop, Visitor, browsable_room, visiting
from tests.room.browser.looks import check_looks
from tests.room.browser.mixed_papers import FILES, MIXED, by_the_clock
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.signed_orders import order_of_two

pytestmark = NEEDS_CHROMIUM

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room whose paper has all kinds of questions."""
    folder = tmp_path_factory.mktemp("mixed") / "exam"
    with browsable_room(folder, room_keys, BEFORE, paper=MIXED, files=FILES) as running:
        yield running


def values(candidate: Visitor) -> list[tuple[str, object]]:
    """Questions and values as the page sent them."""
    return [(answer["question"], answer["value"]) for answer in candidate.made("answer")]


def expect_saved(page: Page) -> None:
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()


def test_all_kinds_by_keyboard_alone(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible()
    check_looks(page)
    page.locator("[data-part=question]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=b]")).to_be_checked()
    expect_saved(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("哪些说法正确")
    check_looks(page)
    page.locator("input[value=a]").press("Space")
    expect(page.get_by_text("还要再选 1 项，选够后自动保存")).to_be_visible()
    for name in "bcd":
        page.locator(f"input[value={name}]").press("Space")
    expect(page.get_by_text("最多选 3 项。要换一项，请先取消已选的一项")).to_be_visible()
    page.get_by_role("button", name="下一题").press("Enter")
    page.locator("textarea").press_sequentially("带身份证")
    check_looks(page)
    page.get_by_role("button", name="下一题").press("Enter")
    check_looks(page)
    page.get_by_role("button", name="开始本题").press("Enter")
    expect(page.locator("button.question-row").first).to_be_disabled()
    page.get_by_role("button", name="现在开始作答").press("Enter")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="结束本题作答").press("Enter")
    page.get_by_role("button", name="查看作答情况").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("全部试题已作答")
    expect(page.locator(".questions")).to_contain_text(
        re.compile("(第 . 题\\s+已保存 11:0\\d:\\d\\d\\s*){4}"), use_inner_text=True
    )
    check_looks(page)
    sent = values(candidate)
    assert sent[:3] == [
        ("q1", {"chosen": ["b"]}),
        ("q2", {"chosen": ["a", "b", "c"]}),
        ("q3", {"text": "带身份证"}),
    ]
    assert sent[3][0] == "q4"
    saved = candidate.saved_answers()
    assert [answer["value"] for answer in saved] == [value for _, value in sent]


def test_a_reload_shows_what_was_answered_and_a_change_is_saved(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    page.locator("input[value=b]").check()
    expect_saved(page)
    page.locator("button.question-row").nth(2).click()
    page.locator("textarea").fill("户口")
    page.reload()
    expect(page.locator("textarea")).to_have_value("户口")
    page.locator("button.question-row").first.click()
    expect(page.locator("input[value=b]")).to_be_checked()
    page.locator("input[value=c]").check()
    expect_saved(page)
    assert values(candidate)[-1] == ("q1", {"chosen": ["c"]})


def test_a_text_is_cut_at_its_longest_in_whole_characters(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    page.locator("button.question-row").nth(2).click()
    page.locator("textarea").fill("😀" * 59 + "户口")
    expect(page.locator("#written-count")).to_contain_text("已写 60 字，最多 60 字", use_inner_text=True)
    expect(page.get_by_text("已到字数上限，不能再写")).to_be_visible()
    expect_saved(page)
    assert values(candidate)[-1] == ("q3", {"text": "😀" * 59 + "户"})


def test_what_was_chosen_offline_is_sent_after_the_end_and_called_late(
    candidate_with_own_clock: Visitor,
) -> None:
    candidate = candidate_with_own_clock
    candidate.page.clock.install()
    page = candidate.open("questions", ENDS - MINUTE)
    candidate.context.set_offline(True)
    page.locator("input[value=b]").check()
    expect(page.get_by_text("已保存在本机，网络恢复后自动提交")).to_be_visible()
    candidate.at(ENDS + SECOND)
    page.clock.fast_forward(60_000)  # without the room, a page goes by its own clock
    expect(page.get_by_role("heading", level=1)).to_contain_text("作答时间到")
    candidate.context.set_offline(False)
    expect(page.locator(".answers")).to_contain_text("离线作答，已收到", use_inner_text=True)
    (answer,) = candidate.saved_answers()
    assert (answer["value"], answer["late"]) == ({"chosen": ["b"]}, True)
    candidate.forgive("ERR_INTERNET_DISCONNECTED", "409")


def test_an_answer_that_the_room_refuses_does_not_hold_up_the_next(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    refusal = '{"code": "OS-2041", "cause": {"zh": "", "en": ""}, "remedy": {"zh": "", "en": ""}}'
    page.route("**/room/api/answer", lambda route: route.fulfill(status=409, body=refusal))
    page.locator("input[value=b]").check()
    expect(page.get_by_text("考场没有收下这个答案")).to_be_visible()
    page.unroute("**/room/api/answer")
    candidate.press("下一题")
    page.locator("input[value=a]").check()
    page.locator("input[value=b]").check()
    expect_saved(page)
    assert [answer["question"] for answer in candidate.saved_answers()] == ["q2"]


def test_by_the_clock_questions_close_and_open_by_themselves(
    laptop: Laptop, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> None:
    folder = tmp_path_factory.mktemp("clock") / "exam"
    with browsable_room(folder, room_keys, BEFORE, paper=by_the_clock(), files=FILES) as room:
        for candidate in visiting(laptop, room):
            page = candidate.open("questions", STARTS + 300 * SECOND)
            expect(page.get_by_text("本题到 11:06:00 为止，下一题自动出现")).to_be_visible()
            assert page.get_by_role("button", name="下一题").locator("visible=true").count() == 0
            with page.expect_response("**/room/api/answer"):
                page.locator("textarea").fill("户口")
                candidate.jump(STARTS + 358 * SECOND)
            expect(page.locator(".bar-which")).to_contain_text("第 4 题")
            expect(page.locator("[data-phase=prepare] .count")).to_have_text(re.compile("00:(30|2\\d)"))
            (answer,) = candidate.saved_answers()
            assert (answer["question"], answer["value"], answer["late"]) == ("q3", {"text": "户口"}, False)


def test_extra_time_lengthens_each_question_and_moves_none_back(
    laptop: Laptop, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> None:
    """A half more: questions that ended after 2, 4, 6 and 10 minutes end after 3, 6, 9 and 15."""
    folder = tmp_path_factory.mktemp("extra") / "exam"
    with browsable_room(folder, room_keys, BEFORE, paper=by_the_clock(), files=FILES) as room:
        for candidate in visiting(laptop, room):
            page = candidate.open("questions", STARTS + 250 * SECOND)
            expect(page.get_by_text("本题到 11:06:00 为止，下一题自动出现")).to_be_visible()
            approved = KnownSeat(SeatTerms(candidate.seat.jti, 5 * 60))
            room.app.state.room.seats.store([approved], room.clock.now())
            expect(page.get_by_text("本题到 11:09:00 为止，下一题自动出现")).to_be_visible()
            expect(page.locator(".bar-which")).to_contain_text("第 3 题")
            page.reload()
            expect(page.get_by_text("本题到 11:09:00 为止，下一题自动出现")).to_be_visible()


def test_a_pause_moves_the_times_of_each_question_and_skips_none(
    laptop: Laptop, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> None:
    folder = tmp_path_factory.mktemp("paused") / "exam"
    with browsable_room(folder, room_keys, BEFORE, paper=by_the_clock(), files=FILES) as room:
        signer = room_keys.room.signer(ORDER)
        bounds = Measures((signer.public_key,), 1800, 1800, may_end=True)
        room.exam.publish(version=room.exam.charter.version + 1, measures=bounds)
        for candidate in visiting(laptop, room):
            page = candidate.open("questions", STARTS + 250 * SECOND)
            expect(page.get_by_text("本题到 11:06:00 为止，下一题自动出现")).to_be_visible()
            now = room.clock.now()
            given = order_of_two(1, now, act=PAUSE, seconds=300)
            with room.exam.database.writing() as connection:
                token = sign_token(signer, SignedOrder.TYP, given.claims())
                assert orders.add(connection, "test", 1, token, now)
            expect(page.locator(".card-paused")).to_be_visible()
            candidate.at(now + 200 * SECOND)
            page.reload()
            expect(page.locator(".card-paused")).to_be_visible()
            expect(page.locator(".bar-which")).to_contain_text("第 3 题")
            candidate.at(now + 301 * SECOND)
            page.reload()
            expect(page.get_by_text("本题到 11:11:00 为止，下一题自动出现")).to_be_visible()
            expect(page.locator(".bar-which")).to_contain_text("第 3 题")


RULES = """async ({ path, stretches }) => {
  const { spacing, dueAt } = await import(`${path}/autosave.js`);
  const { openAt, stretched } = await import(`${path}/pace.js`);
  const { AnswerTime } = await import(`${path}/answer_time.js`);
  const { limited } = await import(`${path}/question_written.js`);
  const { stateOf } = await import(`${path}/answer_list.js`);
  const faults = [];
  const check = (holds, ...facts) => holds || faults.push(facts);
  for (let left = 3600000; left > 0; left -= 250000) {
    // Typed without a pause from then on, an attempt never has more answers than the room keeps.
    let sequence = 0;
    for (let rest = left; rest > 0; rest -= spacing(sequence, rest)) sequence += 1;
    check(sequence <= 920, "answers", left, sequence);
    check(dueAt(1000, 0, left, 5000) >= 5000, "spacing", left);
  }
  check(dueAt(7000, 0, 60000, 5000) === 8500, "quiet");
  check(dueAt(7000, 0, 8000, 1000) === 7000, "at the end each change counts");
  const questions = [{ from_s: 0, to_s: 60 }, { from_s: 60, to_s: 100 }];
  const open = [-1, 0, 59999, 60000, 99999, 100000].map((at) => openAt(questions, at));
  check(String(open) === "-1,0,0,1,1,-1", "half open", open);
  const clock = { at: 0, now() { return this.at; } };
  const time = new AnswerTime(clock);
  const text = (at) => new Date(at).toISOString();
  const pause = (begins, ends) => ({ begins_at: text(begins), ends_at: text(ends) });
  time.hear({ pauses: [pause(1000, 4000), pause(6000, 7000)] });
  const stands = [500, 1000, 3999, 4000, 6500, 8000].map((at) => time.of(at));
  check(String(stands) === "500,1000,1000,1000,3000,4000", "stands still", stands);
  for (const at of [500, 2500, 3001, 9000]) check(time.of(time.moment(at)) === at, "there and back", at);
  const isPaused = (at) => Object.assign(clock, { at }) && time.pause !== null;
  const held = [999, 1000, 3999, 4000, 6000, 7000].map(isPaused);
  check(String(held) === "false,true,true,false,true,false", "half open", held);
  time.hear({ pauses: [pause(1000, 4000), pause(4000, 6000), pause(7000, 8000)] });
  const ends = [1000, 4000, 5999, 7000].map((at) => Object.assign(clock, { at }) && time.pause.ends);
  check(String(ends) === "6000,6000,6000,8000", "without a gap they are one", ends);
  time.hear({});
  check(time.now() === 7000 && time.pause === null, "an older room knows no pauses");
  for (const { of, to, seconds, longer } of stretches) {
    const given = [{ id: "q", from_s: seconds, to_s: null, prepare_s: seconds, answer_s: seconds }];
    const [{ id, from_s, to_s, prepare_s, answer_s }] = stretched(given, [of, to]);
    const same = [from_s, prepare_s, answer_s].every((each) => each === longer);
    check(same && to_s === null && id === "q", "as the room does it", of, to, seconds);
  }
  for (const text of ["", "ab", "\\ud83d", "\\ud83dx", "x\\ude00\\ud83d", "\\ud83d\\ude00\\ud83d"]) {
    for (const longest of [0, 1, 2, 9]) {
      const cut = limited(text, longest);
      check([...cut].length <= longest && encodeURIComponent(cut) !== null, "limited", text, longest);
    }
  }
  const entry = { savedAt: 1, late: false, refused: false };
  check(stateOf(undefined, "kept") === "none" && stateOf({ savedAt: null }, "kept") === "kept", "waiting");
  check(stateOf(entry) === "saved" && stateOf({ savedAt: 1, late: true }) === "late", "saved");
  check(stateOf({ savedAt: null, refused: true }, "kept") === "refused", "refused");
  return faults;
}"""


def test_rules_of_saving_and_of_the_clock(candidate: Visitor) -> None:
    candidate.open("consent")
    digest = candidate.room.app.state.views.digest
    draw = random.Random(7)
    stretches = []
    for _ in range(500):
        held = stretch(draw.randint(1, 20_000), draw.randint(0, 14_400), 40_000)
        seconds = draw.randint(0, held.of_s)
        stretches.append(
            {"of": held.of_s, "to": held.to_s, "seconds": seconds, "longer": held.seconds(seconds)}
        )
    facts = {"path": f"{STATIC_PATH}/{digest}", "stretches": stretches}
    assert candidate.page.evaluate(RULES, facts) == []
