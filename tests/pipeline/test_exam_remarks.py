"""Remarks of ``exam check``: what is allowed and rarely meant; and values that no exam file can have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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
from signing.clock import FixedClock

DEMO = (Path(__file__).parents[2] / "exams" / "demo.toml").read_text("utf-8")
BEFORE = datetime(2034, 12, 1, tzinfo=UTC)
DESK = 'desk_url = "http://127.0.0.1:8765/e/demo/help"\n'
HOURS = DEMO[DEMO.index("hours = [") : DEMO.index("[[manuals]]")]
LACKING = DEMO.replace(DESK, "")
"""The demonstration's file without an address that its notice promises."""
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
    without = DEMO[: DEMO.index("[companion_app]")] + DEMO[DEMO.index("[[software]]") :]
    assert set(_remarks(without)) == {"companion_app", "exam_room"}
    assert set(_remarks(LACKING)) == {"support.desk_url"}
    unlinked = _changed(
        ("/manuals/conduct", "/x"), ('url = "http://127.0.0.1:8765/e/demo/manuals/phone"\n', "")
    )
    assert set(_remarks(unlinked)) == {"manuals[1].url"}
    silent = DEMO[: DEMO.index("[privacy]")] + DEMO[DEMO.index("[computer]") :]
    assert set(_remarks(silent)) == {"privacy"}


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
    text = _changed((old, new), (HOURS, ""))
    found = _remarks(text)
    assert set(found) == {key}
    assert problem in found[key].problem.en
    assert consequence in found[key].consequence.en
    line = found[key].line
    assert line is not None
    assert key.rpartition(".")[2] in text.splitlines()[line - 1]


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
    found = _remarks(_changed((old, new)))
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
