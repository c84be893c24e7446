"""Remarks of ``exam check``: what is allowed and rarely meant; and values that no exam file can have."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.exam.errors import ExamRemarkable, ExamUnreadable
from oneseat.pipeline.exam.model import examine, parse
from oneseat.pipeline.exam.remarks import Remark, find_remarks
from oneseat.pipeline.exam.values import FIRST_YEAR, LAST_YEAR
from signing.charter import ExamRoom
from signing.clock import FixedClock
from tests import charters
from tests.demo_exam import WITHOUT_PHONES

EXAMS = Path(__file__).parents[2] / "exams"
OTHERS_APP = '[companion_app]\nurl = "https://store.example/app/zhikaotong"\n\n[exam_room]'
DEMO = WITHOUT_PHONES.read_text("utf-8").replace("[exam_room]", OTHERS_APP)
"""The demonstration's file with somebody else's phone app."""
BEFORE = datetime(2034, 12, 1, tzinfo=UTC)
DESK = 'desk_url = "http://127.0.0.1:8765/e/demo/help"\n'
HOURS = DEMO[DEMO.index("hours = [") : DEMO.index("[[manuals]]")]
LACKING = DEMO.replace(DESK, "")
"""The demonstration's file without an address that its notice promises."""
OF_OTHERS = ('kind = "oneseat"\n', "")
"""The demonstration's room as a third party's, which may be silent on hours."""
ROOM = 'url = "http://127.0.0.1:8766/enter"'
TWO_ON_ONE_DAY = """[[mock.sessions]]
opens = 2035-01-06T08:00:00+08:00
closes = 2035-01-06T09:00:00+08:00
[[mock.sessions]]
opens = 2035-01-06T10:00:00+08:00
closes = 2035-01-06T11:00:00+08:00
[[formal.sessions]]"""


def _changed(*pairs: tuple[str, str]) -> str:
    text = DEMO
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def _remarks(text: str, now: datetime = BEFORE) -> dict[str, Remark]:
    return {remark.key: remark for remark in find_remarks(parse(text), now, text)}


def test_links_that_notices_promise_are_missed() -> None:
    assert _remarks(DEMO) == {}
    assert _remarks((EXAMS / "demo.toml").read_text("utf-8")) == {}
    without = DEMO[: DEMO.index("[companion_app]")] + DEMO[DEMO.index("[[software]]") :]
    assert set(_remarks(without)) == {"companion_app", "exam_room"}
    assert set(_remarks(LACKING)) == {"support.desk_url"}
    unlinked = _changed(
        ("/manuals/conduct", "/x"), ('url = "http://127.0.0.1:8765/e/demo/manuals/phone"\n', "")
    )
    assert set(_remarks(unlinked)) == {"manuals[1].url"}
    silent = DEMO[: DEMO.index("[privacy]")] + DEMO[DEMO.index("[computer]") :]
    assert set(_remarks(silent)) == {"measures", "privacy"}  # the cut takes both


@pytest.mark.parametrize(("through", "words"), [("hotline", "服务电话"), ("desk", "更换电脑")])
def test_a_desk_without_an_address_says_what_candidates_miss(through: str, words: str) -> None:
    text = _changed((DESK, f'device_change = "{through}"\n'))
    remark = _remarks(text)["support.desk_url"]
    assert words in remark.consequence.zh


@pytest.mark.parametrize(
    ("old", "new", "key", "problem", "consequence"),
    [
        ("[[formal.sessions]]", TWO_ON_ONE_DAY, "mock.sessions[3].opens",
          "2 mocks on Sat 6 January 2035", "each of them"),
        ("closes = 2035-01-05T23:00", "closes = 2035-01-20T23:00", "download.closes",
          "still open when the first formal interview", "no mock"),
        ("closes = 2035-01-05T23:00", "closes = 2035-01-06T23:00", "download.closes",
          "outlives the last mock", "and so no formal interview"),
        ("opens = 2035-01-04T10:00:00+08:00\ncloses = 2035-01-05T00",
          "opens = 2035-01-01T10:00:00+08:00\ncloses = 2035-01-02T00", "mock.sessions[0].closes",
          "over before the download opens", "no candidate can take it"),
        ("login_opens = 2035-01-10T10:10:00+08:00", "login_opens = 2035-01-10T10:10:00+09:00",
          "formal.sessions[0].login_opens", r"the offset is +0900, and Asia/Shanghai has +0800",
          "Wed 10 January 2035, 09:10"),
        ("http://127.0.0.1:8765", "https://exam.example.cn/oneseat/", "portal_url", "path", "proxy"),
    ],
)  # fmt: skip
def test_a_remark_names_key_line_and_consequence(
    old: str, new: str, key: str, problem: str, consequence: str
) -> None:
    text = _changed((old, new), (HOURS, ""), OF_OTHERS)
    found = _remarks(text)
    assert set(found) == {key}
    assert problem in found[key].problem.en
    assert consequence in found[key].consequence.en
    line = found[key].line
    assert line is not None
    assert key.rpartition(".")[2] in text.splitlines()[line - 1]


# ----------------------------------------------------------------------------- this project's own room

REAL = DEMO.replace("http://127.0.0.1:8766", "https://room.example.cn")
"""The demonstration's file with a room that candidates could reach."""
SECOND_FORMAL = """[[formal.sessions]]
login_opens = 2035-01-10T14:00:00+08:00
starts = 2035-01-10T15:00:00+08:00
login_closes = 2035-01-10T15:00:00+08:00
ends = 2035-01-10T15:10:00+08:00

[support]"""


def test_a_mock_of_seconds_is_for_this_computer_alone() -> None:
    assert set(_remarks(DEMO)) == set()
    found = _remarks(REAL)
    assert set(found) == {"mock.wait", "mock.answer"}
    assert "14 秒" in found["mock.answer"].problem.zh
    assert "600 秒" in found["mock.answer"].problem.zh
    exact = REAL.replace('wait = "3s"', 'wait = "60s"').replace('answer = "14s"', 'answer = "10min"')
    assert set(_remarks(exact)) == set()
    short = exact.replace('"60s"', '"59s"').replace('"10min"', '"599s"')
    assert set(_remarks(short)) == {"mock.wait", "mock.answer"}


def test_an_own_room_names_what_it_misses_and_a_third_partys_does_not() -> None:
    several = DEMO.replace("[support]", SECOND_FORMAL).replace(HOURS, "")
    assert set(_remarks(several)) == {"support.hours", "formal.sessions"}
    assert "“场次”" in _remarks(several)["formal.sessions"].consequence.zh
    third = several.replace('kind = "oneseat"\n', "")
    assert set(_remarks(third)) == set()


def test_each_session_without_a_paper_is_named(tmp_path: Path) -> None:
    papers = tmp_path / "papers" / "demo"
    exam = parse(DEMO)

    def keys() -> list[str]:
        return [remark.key for remark in find_remarks(exam, BEFORE, DEMO, papers=papers)]

    assert keys() == ["mock.sessions[0]", "mock.sessions[1]", "formal.sessions[0]"]
    papers.mkdir(parents=True)
    for name in ("mock-0.toml", "formal-0.sealed"):
        (papers / name).touch()
    assert keys() == ["mock.sessions[1]"]


def test_a_room_that_moves_is_remarked(tmp_path: Path) -> None:
    exam = parse(DEMO)
    own = ExamRoom("https://old.example.cn/enter", "", "oneseat", "https://old.example.cn")
    same = replace(own, api="http://127.0.0.1:8766")
    third = ExamRoom("https://old.example.cn/enter", "")
    for earlier, keys in ((own, ["exam_room.url"]), (same, []), (third, []), (None, [])):
        charter = replace(charters.charter(), exam_room=earlier)
        found = find_remarks(exam, BEFORE, DEMO, earlier=charter)
        assert [remark.key for remark in found] == keys
        assert all("https://old.example.cn" in remark.problem.zh for remark in found)


def test_exams_a_and_b_are_complete_for_their_room() -> None:
    for name in ("interview-2023-01", "interview-2023-09"):
        text = (EXAMS / f"{name}.toml").read_text("utf-8")
        exam = parse(text)
        before = exam.download.opens - timedelta(days=30)
        assert _remarks(text, before) == {}
        assert exam.exam_room is not None
        assert exam.exam_room.kind == "oneseat"
        assert exam.privacy is not None
        assert exam.mock_answer_s == 600


EVENING = "closes = 2035-01-06T00:00:00+08:00 },"
EARLIER = "closes = 2035-01-05T20:00:00+08:00 },"


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        (EVENING, EARLIER, "mock.sessions[1]", "1月5日（星期五）20:00"),
        ("{ opens = 2035-01-04T09", "{ opens = 2035-01-04T11", "mock.sessions[0]", "1月4日（星期四）10:00"),
        ("{ opens = 2035-01-10T09", "{ opens = 2035-01-10T11", "formal.sessions[0]", "（星期三）10:10"),
        (EVENING, f"{EARLIER} {{ opens = 2035-01-05T20:00:00+08:00, {EVENING}", "", ""),
        (HOURS, "", "", ""),
    ],
)
def test_a_session_in_which_support_does_not_answer_is_remarked(
    old: str, new: str, key: str, problem: str
) -> None:
    found = _remarks(_changed((old, new), OF_OTHERS))
    assert list(found) == ([key] if key else [])
    assert not key or problem in found[key].problem.zh


@pytest.mark.parametrize(
    ("now", "key"),
    [
        ("2035-01-05T22:59:59+08:00", None),
        ("2035-01-05T23:00:00+08:00", "download.closes"),
        ("2035-01-10T11:09:59+08:00", "download.closes"),
        ("2035-01-10T11:10:00+08:00", "formal.sessions"),
    ],
)
def test_dates_that_have_passed_are_remarked(now: str, key: str | None) -> None:
    assert set(_remarks(DEMO, datetime.fromisoformat(now))) == ({key} if key else set())


def test_a_mock_that_ends_at_midnight_is_on_the_day_on_which_it_begins() -> None:
    assert not any(key.startswith("mock") for key in _remarks(DEMO))


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('zh = "测试考试（演示）网络面试"', r'zh = "测试\u0000考试"', "title.zh", "U+0000"),
        ('zh = "测试考试（演示）网络面试"', r'zh = "测试\u001b[31m考试"', "title.zh", "U+001B"),
        ('zh = "智考通操作手册"', r'zh = "智考通\u202e操作手册"', "manuals[1].title.zh", "U+202E"),
        ('sign_out = ["微信"', r'sign_out = ["微\u2067信"', "phone.sign_out[0]", "U+2067"),
        ('id = "demo"', 'id = "con"', "id", "'con'"),
        ('id = "demo"', 'id = "lpt1"', "id", "'lpt1'"),
        (ROOM, r"program = 'Room\nul.exe'", "exam_room.program", "'nul.exe'"),
        (ROOM, r"program = 'Room.\a.exe'", "exam_room.program", "'Room.'"),
        ("http://127.0.0.1:8765", "https://exam.example.cn ", "portal_url", "address"),
        ("\nends = 2035-02-01T00:00:00+08:00", "\nends = 9999-12-31T23:59:59-12:00", "ends", str(LAST_YEAR)),
        ("opens = 2035-01-04T10", "opens = 0001-01-01T00", "download.opens", str(FIRST_YEAR)),
    ],
)  # fmt: skip
def test_values_that_no_program_can_use_are_faults(old: str, new: str, key: str, said: str) -> None:
    _, faults = examine(_changed((old, new)))
    found = {fault.key: fault.problem.en for fault in faults}
    assert said in found[key]


@pytest.mark.parametrize("name", ["console", "nulls", "com10", "aux-2", "lpt"])
def test_a_name_that_only_begins_like_a_device_is_one_like_any_other(name: str) -> None:
    assert parse(_changed(('id = "demo"', f'id = "{name}"'))).id == name


@pytest.mark.parametrize(
    "value", ["9" * 5000, "[" * 3000 + "]" * 3000, "-" + "9" * 5000, "{a=" * 3000 + "1" + "}" * 3000]
)
def test_what_python_cannot_read_is_refused_with_a_code(value: str) -> None:
    with pytest.raises(ExamUnreadable):
        parse(f"{DEMO}\nx = {value}\n")


@given(st.datetimes(timezones=st.timezones()))
def test_any_year_is_a_fault_or_can_be_shown(moment: datetime) -> None:
    text = DEMO.replace("\nends = 2035-02-01T00:00:00+08:00", f"\nends = {moment.isoformat()}")
    try:
        exam, faults = examine(text)
    except ExamUnreadable:
        return  # an offset with seconds is not TOML
    if not faults:
        assert exam is not None
        assert exam.local(exam.ends).year >= FIRST_YEAR - 1


@pytest.fixture
def oneseat(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.toml").write_text(LACKING, "utf-8")
    shutil.copytree(EXAMS / "papers" / "demo", tmp_path / "papers" / "demo")

    def command(*arguments: str) -> tuple[int, Any, str]:
        status = run(main_group, arguments, FixedClock(BEFORE))
        captured = capsys.readouterr()
        return (
            status,
            json.loads(captured.out) if captured.out.startswith("{") else captured.out,
            captured.err,
        )

    return command


def test_the_file_may_be_given_as_an_argument_or_by_exam(oneseat: Any) -> None:
    for arguments in (["demo.toml"], ["--exam", "demo.toml"]):
        status, checked, _ = oneseat("exam", "check", *arguments, "--json")
        assert (status, checked["exam"], checked["faults"]) == (0, "demo", [])
        assert {remark["key"] for remark in checked["remarks"]} == {"support.desk_url"}
        assert set(checked["remarks"][0]) == {"key", "line", "problem", "consequence"}


def test_strict_fails_for_remarks_and_says_each(oneseat: Any) -> None:
    status, _, errors = oneseat("exam", "check", "demo.toml")
    assert status == 0
    assert "1 remark(s)" in errors
    assert "candidates are given the hotline only" in errors
    status, _, errors = oneseat("exam", "check", "demo.toml", "--strict")
    assert status == ExamRemarkable.exit_status
    assert "OS-694" in errors
    assert "考生只能看到服务电话" in errors
    status, checked, _ = oneseat("exam", "check", "demo.toml", "--strict", "--json")
    assert checked["error"]["code"] == "OS-694"
    assert len(checked["remarks"]) == 1


@pytest.mark.parametrize("begin", ["\ufeff", ""])
def test_a_settings_file_may_begin_with_a_byte_order_mark(oneseat: Any, begin: str) -> None:
    Path("oneseat.toml").write_text(f'{begin}exam = "demo.toml"\njson = true\n', "utf-8")
    status, checked, _ = oneseat("exam", "check")
    assert (status, checked["exam"]) == (0, "demo")


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 3000 + "]" * 3000])
def test_a_settings_file_that_python_cannot_read_is_refused_with_a_code(oneseat: Any, value: str) -> None:
    Path("oneseat.toml").write_text(f"x = {value}\n", "utf-8")
    status, _, errors = oneseat("exam", "check")
    assert status == 98
    assert "OS-098" in errors


def _phone(more: str) -> str:
    """The demonstration with phones of this project's, and nothing else said about the app."""
    text = _changed((NAMED, NAMED.replace(" }", f", {more} }}")))
    return text.replace(OTHERS_APP, "[exam_room]")


NAMED = 'companion = { zh = "智考通", en = "Zhikaotong" }'


def test_phones_of_this_projects_are_named_in_the_privacy_notice() -> None:
    text = _phone('kind = "both"')
    assert "手机" in text[text.index("[privacy]") : text.index("[computer]")]
    assert _remarks(text) == {}
    silent = text.replace("手机", "设备")
    assert set(_remarks(silent)) == {"privacy.data"}


def test_phones_in_a_third_partys_room_film_nothing() -> None:
    text = _phone('kind = "app"').replace('kind = "oneseat"', "")
    assert "companion.kind" in _remarks(text)


def test_two_phone_apps_are_one_too_many() -> None:
    assert "companion_app" in _remarks(_changed((NAMED, NAMED.replace(" }", ', kind = "page" }'))))


def test_a_sweep_is_long_enough_to_turn_once_around() -> None:
    short = _phone('kind = "app", sweep = "5s"')
    assert _remarks(short) == {}, "a room on this computer is for trials"
    far = short.replace("http://127.0.0.1:8766/enter", "https://room.example.cn/enter")
    assert "companion.sweep" in _remarks(far)


def _without(table: str) -> str:
    begins = DEMO.index(f"[{table}]")
    return DEMO[:begins] + DEMO[DEMO.index("\n[", begins) + 1 :]


@pytest.mark.parametrize("table", ["measures", "identity", "retention"])
def test_what_an_own_room_needs_is_missed_by_its_table(table: str) -> None:
    found = _remarks(_without(table))
    assert set(found) == {table}
    assert _remarks(_without(table).replace(*OF_OTHERS)).get("measures") is None


def test_photographs_that_the_privacy_notice_does_not_name_are_remarked_on() -> None:
    silent = _changed(("证件照片和人脸照片", "人脸特征"))
    assert set(_remarks(silent)) == {"privacy.data"}
    begins = silent.index("[identity]")
    off = silent[:begins] + silent[begins:].replace('step = "on"', 'step = "off"', 1)
    assert (
        _remarks(off if 'step = "off"' in off else silent.replace("[identity]", '[identity]\nstep = "off"'))
        == {}
    )
