"""Exam files: what is refused, how it is said, and what the two notices demand."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.files.toml_lines import line_index
from oneseat.pipeline.exam import scaffold
from oneseat.pipeline.exam import text as exam_text
from oneseat.pipeline.exam.errors import ExamExists, ExamInvalid, ExamUnreadable
from oneseat.pipeline.exam.model import Exam, examine, load, parse
from signing.clock import FixedClock
from tests.demo_exam import PHONES

EXAMS = Path(__file__).parents[2] / "exams"
DEMO = (EXAMS / "demo.toml").read_text(encoding="utf-8")
BEIJING = ZoneInfo("Asia/Shanghai")
FORMAL = "formal.sessions[0]"


def _faults(text: str) -> dict[str, str]:
    return {fault.key: fault.problem.en for fault in examine(text)[1]}


def _changed(old: str, new: str, count: int = 1) -> str:
    assert old in DEMO
    return DEMO.replace(old, new, count)


@pytest.mark.parametrize("path", sorted(EXAMS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_exam_in_the_house_is_sound(path: Path) -> None:
    assert load(path).id == path.stem


def test_exam_a_says_what_its_notice_says() -> None:
    exam = load(EXAMS / "interview-2023-01.toml")
    assert exam.download.opens == datetime(2023, 1, 4, 10, tzinfo=BEIJING)
    assert exam.download.closes == datetime(2023, 1, 5, 23, tzinfo=BEIJING)
    assert [(s.opens, s.closes) for s in exam.mock.sessions] == [
        (datetime(2023, 1, 4, 10, tzinfo=BEIJING), datetime(2023, 1, 5, tzinfo=BEIJING)),
        (datetime(2023, 1, 5, 10, tzinfo=BEIJING), datetime(2023, 1, 6, tzinfo=BEIJING)),
    ]
    (formal,) = exam.formal.sessions
    assert [formal.login_opens, formal.starts, formal.login_closes, formal.ends] == [
        datetime(2023, 1, 10, *clock, tzinfo=BEIJING) for clock in ((10, 10), (11, 0), (11, 0), (11, 10))
    ]
    assert exam.mock.required == "gate"
    assert exam.keep_until is None
    assert exam.support.hotline == "400-088-0028"
    assert exam.support.calls_from == ["028-63201710", "028-62093080"]
    assert exam.portal_url == "https://vict.zhikaocn.com"
    assert {one.role for one in exam.software if one.action == "block"} == {"antivirus"}
    warned = {one.role for one in exam.software if one.action == "warn"}
    assert warned == {"antivirus", "chat", "remote", "camera", "capture"}
    named = "".join(one.name for one in exam.software)
    for software in (
        "360安全卫士",
        "360杀毒",
        "2345安全卫士",
        "金山毒霸",
        "腾讯电脑管家",
        "McAfee",
        "鲁大师",
    ):
        assert software in named


def test_exam_b_differs_where_its_notice_does() -> None:
    exam = load(EXAMS / "interview-2023-09.toml")
    assert exam.portal_url == "https://vict.hrtaccd.com"
    assert exam.mock.required == "warn"
    assert exam.keep_until == datetime(2023, 9, 9, tzinfo=BEIJING)
    assert exam.product.zh == "智考云（面试版）"
    closed = {one.name for one in exam.software if one.role != "antivirus" and one.action == "block"}
    assert {"QQ", "微信", "钉钉", "内网通", "TeamViewer", "向日葵"} <= closed
    assert {"TIM", "飞书", "腾讯会议", "ToDesk", "AnyDesk", "RustDesk", "UU远程"} <= closed
    actions = {(one.role, one.action) for one in exam.software if one.role != "antivirus"}
    assert actions == {("chat", "block"), ("remote", "block"), ("camera", "warn"), ("capture", "warn")}
    assert all(s.starts - s.login_opens == timedelta(minutes=50) for s in exam.formal.sessions)


def test_a_scanner_that_no_notice_names_warns() -> None:
    for path in EXAMS.glob("*.toml"):
        assert {one.action for one in load(path).software if one.name == "火绒"} == {"warn"}


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("closes = 2035-01-05T23:00", "closes = 2035-01-04T09:00", "download.closes", "later than opens"),
        ("opens = 2035-01-05T10:00", "opens = 2035-01-04T23:00", "mock.sessions[1]", "overlaps"),
        ("login_opens = 2035-01-10T", "login_opens = 2035-01-05T", f"{FORMAL}.login_opens", "mock.sessions"),
        ("starts = 2035-01-10T11:00:00+08:00", "starts = 2035-01-10T11:00:00",
          f"{FORMAL}.starts", "no offset"),
        ("login_closes = 2035-01-10T11:00", "login_closes = 2035-01-10T11:20",
          f"{FORMAL}.login_closes", "ends"),
        ("ends = 2035-01-10T11:10", "ends = 2035-01-10T10:50", f"{FORMAL}.ends", "later than starts"),
        ("_until = 2035-01-06T00", "_until = 2035-01-11T00", "device_change_until", "first formal"),
        ("keep_until = 2035-01-31", "keep_until = 2035-01-09", "keep_until", "earlier than formal"),
        ("ends = 2035-02-01", "ends = 2035-01-10", "ends", "earlier than formal"),
        ("Asia/Shanghai", "Asia/Atlantis", "timezone", "IANA"),
        ("http://127.0.0.1:8765", "http://exam.example.cn", "portal_url", "https"),
        ("http://127.0.0.1:8765", "exam.example.cn", "portal_url", "address"),
        ("http://127.0.0.1:8765", "https://user:password@exam.example.cn", "portal_url", "address"),
        ("http://127.0.0.1:8765", "https://exam.example.cn/?x", "portal_url", "address"),
        ("http://127.0.0.1:8766/enter", "http://room.example/", "exam_room.url", "https"),
        ("http://127.0.0.1:8766/enter", r"https://room.example\\@x/", "exam_room.url", "address"),
        ("[[formal.sessions]]", '[[manuals]]\nurl = "https://a b"\n[[formal.sessions]]',
          "manuals[0].url", "form"),
        ("[[formal.sessions]]", '[[manuals]]\nurl = "https://a@b.example"\n[[formal.sessions]]',
          "manuals[0].url", "address"),
        ('"resident-id"', '"library-card"', "document_kinds[0]", "one of"),
        ('required = "gate"', 'required = "maybe"', "mock.required", "one of 'gate' or 'warn'"),
        ("grace_minutes = 60", "grace_minuts = 60", "download.grace_minuts", "did you mean 'grace_minutes'"),
        ("memory_gib = 4", 'memory_gib = "four"', "computer.memory_gib", "number"),
        ("memory_gib = 4", "memory_gib = -4", "computer.memory_gib", "above 0"),
        ('hotline = "400-000-0000"', "", "support.hotline", "missing"),
        ('id = "demo"', 'id = "Demo Exam"', "id", "form"),
        ("[[formal.sessions]]", "[[formal.sessions]]\nlogin = 1", f"{FORMAL}.login", "known key"),
        ('required = "gate"', 'required = "gate"\nsession = 1', "mock.session", "did you mean 'sessions'"),
        ("desk_name = { zh", 'desk_name = { fr = "x", zh', "support.desk_name.fr", "known key"),
        ("processes = [", 'processes = ["", ', "software[0].processes[0]", "empty"),
        ("[download]", "[[download]]", "download", "table"),
        ("calls_from = [", 'calls_from = ["ring me", ', "support.calls_from[0]", "form"),
        ('wait = "3s"', 'wait = "3"', "mock.wait", "duration"),
        ("http://127.0.0.1:8766/enter", "https://room.example/in", "exam_room.url", "followed by /enter"),
        ("closes = 2035-01-10T18", "closes = 2035-01-10T09", "support.hours[2].closes", "later than opens"),
        ("opens = 2035-01-05T09", "opens = 2035-01-04T23", "support.hours[1]",
          "overlaps with support.hours"),
        ("{ opens = 2035-01-10T09:00:00+08:00", '{ opens = "09:00"', "support.hours[2].opens", "a time"),
        ("{ opens = 2035-01-10T09:00:00+08:00,", "{", "support.hours[2].opens", "missing"),
        ("length = 12", "length = true", "admission_number.length", "whole number"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_key(old: str, new: str, key: str, said: str) -> None:
    faults = _faults(_changed(old, new))
    assert key in faults
    assert re.search(said, faults[key])


def test_several_formal_sessions_are_told_apart() -> None:
    second = (
        DEMO[DEMO.index("[[formal.sessions]]") : DEMO.index("[support]")]
        .replace("T10:", "T14:")
        .replace("T11:", "T15:")
    )
    exam = parse(_changed("[support]", second + "[support]"))
    shown = exam_text.show(exam)
    assert "正式面试第 2 场：2035年1月10日（星期三）15:00 至 15:10" in shown.zh
    assert _faults(_changed("[support]", second.replace("T14:10", "T11:05") + "[support]")) == {
        "formal.sessions[1]": "overlaps with formal.sessions[0]"
    }


def test_the_mock_may_overlap_the_download_window() -> None:
    assert load(EXAMS / "demo.toml").mock.sessions[0].opens == load(EXAMS / "demo.toml").download.opens


@pytest.mark.parametrize("more", ['sweep = "6min"', 'sweep = "x"', 'kind = "tablet"', 'order = "later"'])
def test_what_the_phone_does_is_of_known_values(more: str) -> None:
    faults = _faults(_changed(PHONES, f", {more}"))
    assert list(faults) == [f"companion.{more.partition(' ')[0]}"]


def test_all_faults_come_at_once_each_with_its_line() -> None:
    text = _changed("Asia/Shanghai", "nowhere").replace("hotline = ", "hotlin = ").replace("+08:00", "", 3)
    with pytest.raises(ExamInvalid) as caught:
        parse(text, "x.toml")
    said = caught.value.diagnostics("en")
    assert caught.value.code == "OS-080"
    lines = text.splitlines()
    told = re.findall(r"line (\d+), ([\w.\[\]]+):", said)
    assert {key for _, key in told} >= {
        "timezone",
        "support.hotlin",
        "support.hotline",
        "device_change_until",
        "ends",
    }
    for number, key in told:
        if key != "support.hotline":  # a missing key stands where its table does
            assert key.rsplit(".", 1)[-1] in lines[int(number) - 1]
    assert "缺少时区偏移" in caught.value.diagnostics("zh")


def test_twenty_four_hundred_is_explained() -> None:
    with pytest.raises(ExamUnreadable) as caught:
        parse(_changed("closes = 2035-01-05T00:00:00+08:00", "closes = 2035-01-04T24:00:00+08:00"))
    assert "00:00 of the next" in caught.value.diagnostics()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"id = ", b"\x00"])
def test_what_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(ExamUnreadable):
        load(tmp_path / "x.toml")


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "x.toml", tmp_path):
        with pytest.raises(ExamUnreadable):
            load(path)


def test_an_empty_file_lists_every_missing_key() -> None:
    required = {name for name, field in Exam.model_fields.items() if field.is_required()}
    assert set(_faults("")) == required


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC", "Asia/Kathmandu"])
def test_a_new_file_is_sound_and_is_never_written_over(tmp_path: Path, zone: str) -> None:
    clock = FixedClock(datetime(2034, 2, 20, tzinfo=UTC))
    made = scaffold.write_new(tmp_path / "new.toml", "new", clock, zone)
    assert load(tmp_path / "new.toml") == made
    assert made.local(made.download.opens).hour == 10
    assert all(made.local(session.closes).hour == 0 for session in made.mock.sessions)
    with pytest.raises(ExamExists):
        scaffold.write_new(tmp_path / "new.toml", "other", clock, zone)


def test_a_new_file_with_a_bad_id_is_refused_and_not_written(tmp_path: Path) -> None:
    with pytest.raises(ExamInvalid):
        scaffold.write_new(tmp_path / "new.toml", "Bad Id", FixedClock(datetime(2034, 1, 1, tzinfo=UTC)))
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_shows_every_setting() -> None:
    text = scaffold.render("new", FixedClock(datetime(2034, 1, 1, tzinfo=UTC)), "Asia/Shanghai")
    for name in Exam.model_fields:
        assert re.search(rf"^(\[+{name}[\].]|{name} =)", text, re.MULTILINE), name


def test_the_schedule_reads_as_people_write_it() -> None:
    shown = exam_text.show(load(EXAMS / "interview-2023-01.toml"))
    assert "下载安装：2023年1月4日（星期三）10:00 至 1月5日（星期四）23:00" in shown.zh
    assert "模拟面试第 2 场：2023年1月5日（星期四）10:00 至 24:00" in shown.zh
    assert "请勿卸载，直至：成绩公布（日期未定）" in shown.zh
    assert re.search(r"Formal interview\s+Tue 10 January 2023, 11:00 to 11:10", shown.en)
    assert re.search(r"  log in\s+10:10 to 11:00", shown.en)


_MINUTES = st.integers(0, 60 * 24 * 20)
_START = datetime(2035, 1, 1, tzinfo=UTC)


@given(opens=_MINUTES, closes=_MINUTES, zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]))
def test_a_window_is_sound_exactly_when_it_goes_forward(opens: int, closes: int, zone: str) -> None:
    text = _changed("2035-01-04T10:00:00+08:00", _toml(opens, zone)).replace(
        "2035-01-05T23:00:00+08:00", _toml(closes, zone), 1
    )
    assert ("download.closes" in _faults(text)) == (closes <= opens)


@given(st.lists(st.tuples(_MINUTES, st.integers(1, 3000)), min_size=1, max_size=5))
def test_overlaps_are_found_exactly_when_there_are_any(spans: list[tuple[int, int]]) -> None:
    head, _, rest = DEMO.partition("[[mock.sessions]]")
    rest = rest[rest.index("[[formal.sessions]]") :]
    sessions = "".join(
        f"[[mock.sessions]]\nopens = {_toml(a, 'UTC')}\ncloses = {_toml(a + n, 'UTC')}\n" for a, n in spans
    )
    overlap = any(a < b + m and b < a + n for i, (a, n) in enumerate(spans) for b, m in spans[i + 1 :])
    found = [key for key, said in _faults(head + sessions + rest).items() if "overlaps" in said]
    assert bool(found) == overlap


def _toml(minutes: int, zone: str) -> str:
    return (_START + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


@given(st.text(max_size=300))
def test_any_text_is_refused_or_read_never_a_crash(text: str) -> None:
    with suppress(ExamUnreadable):
        assert examine(text)[0] is None
    line_index(text)


def test_lines_are_found_past_strings_arrays_and_comments() -> None:
    text = '''a = """
[not.a.table]
x = 1
"""
b = [ # [nor.this]
  "]", '[', # ]
]
[t] # c
c.d = { e = "#", f = 1 }
[[s]]
k = 1
[[s]]
k = 2
[[s.u]]
"q r" = 3
[s.v]
w = 4
'''
    lines = line_index(text)
    assert [lines[key] for key in ("a", "b", "t", "t.c.d", "s[0].k", "s[1].k")] == [1, 5, 8, 9, 11, 13]
    assert [lines[key] for key in ("s[1].u[0].q r", "s[1].v.w")] == [15, 17]
    assert "t.x" not in lines
