"""The schedule reads as the exam notices say it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.exam import schedule
from signing.charter import Charter, Window
from tests import charters

SHANGHAI = ZoneInfo("Asia/Shanghai")


def words(charter: Charter, key: str, language: str = "zh") -> list[str]:
    return [getattr(entry.when, language) for entry in schedule.in_words(charter) if entry.key == key]


def test_the_first_exams_days_read_as_in_its_notice() -> None:
    charter = charters.charter()
    assert words(charter, "download") == ["2035年1月4日（星期四）10:00 至 1月5日（星期五）23:00"]
    assert words(charter, "mock") == ["2035年1月4日（星期四）至 1月5日（星期五），每日 10:00–24:00"]
    assert words(charter, "formal") == ["2035年1月10日（星期三）11:00 至 11:10"]
    assert words(charter, "change") == ["2035年1月5日（星期五）24:00 之前"]
    assert words(charter, "keep") == ["成绩公布前"]
    assert words(charter, "mock", "en") == ["Thu 4 January 2035 to Fri 5 January, daily 10:00–24:00"]


def test_a_date_to_keep_until_is_the_last_day_itself() -> None:
    charter = replace(charters.charter(), keep_until=charters.at(31, 0))
    assert words(charter, "keep") == ["2035年1月30日（星期二）24:00 之前"]


def test_mock_windows_of_different_hours_stay_apart() -> None:
    windows = (
        Window(charters.at(4, 10), charters.at(5, 0)),
        Window(charters.at(5, 9), charters.at(5, 12)),
        Window(charters.at(7, 9), charters.at(7, 12)),
        Window(charters.at(8, 9), charters.at(8, 12)),
    )
    assert words(replace(charters.charter(), mocks=windows), "mock") == [
        "2035年1月4日（星期四）10:00 至 24:00",
        "2035年1月5日（星期五）09:00 至 12:00",
        "2035年1月7日（星期日）至 1月8日（星期一），每日 09:00–12:00",
    ]


def test_what_a_mock_is_good_for_depends_on_the_exam() -> None:
    def notes(required: str) -> str:
        charter = replace(charters.charter(), mock_required=required)
        return " ".join(
            note.zh for entry in schedule.in_words(charter) if entry.key == "mock" for note in entry.notes
        )

    assert "无法参加正式面试" in notes("gate")
    assert "设备出现异常" in notes("warn")


@given(seconds=st.integers(0, 2_000_000_000))
def test_every_moment_reads_back_in_the_exams_zone(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    local = moment.astimezone(SHANGHAI)
    read = schedule.deadline(moment, SHANGHAI).zh
    if local.hour or local.minute or local.second:
        assert read.startswith(f"{local.year}年{local.month}月{local.day}日（")
        assert f"）{local:%H:%M}" in read
    else:
        assert read.endswith("24:00")


@pytest.mark.parametrize(
    ("through", "words"), [("hotline", "拨打技术服务热线"), ("desk", "在客服平台提交申请")]
)
def test_another_computer_is_asked_for_where_the_notice_says(through: str, words: str) -> None:
    charter = charters.charter()
    charter = replace(charter, support=replace(charter.support, device_change=through))
    change = next(entry for entry in schedule.in_words(charter) if entry.key == "change")
    assert words in change.notes[0].zh
