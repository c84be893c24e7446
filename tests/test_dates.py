"""One deadline reads the same in the exam file's summary, the installer, the portal and the client."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.gui.schedule_page import reminders
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.exam import text
from oneseat.pipeline.exam.model import Exam, load
from oneseat.portal.exam import schedule
from signing.charter import Charter
from signing.text import Text
from tests import charters

SHANGHAI = ZoneInfo("Asia/Shanghai")
EXAM = load(Path(__file__).parents[1] / "exams" / "demo.toml")
LANGUAGES = ("en", "zh")


def _summary(exam: Exam) -> Text:
    return next(line.value for line in text.schedule(exam) if line.what.en == "Change of computer until")


def _client(charter: Charter, language: str) -> str:
    return reminders(charter, lambda words: str(getattr(words, language)))[1]


def _portal(charter: Charter, language: str) -> str:
    (entry,) = (entry for entry in schedule.in_words(charter) if entry.key == "change")
    return str(getattr(entry.when, language))


def _shown(moment: datetime, language: str) -> str:
    """The words of all four places, which must agree."""
    local = moment.astimezone(SHANGHAI)
    # The client has no zone database: a charter's times carry the exam's offset.
    charter = replace(charters.charter(), device_change_until=local)
    words = str(getattr(InstallerRules.of(charter).device_change_until, language))
    assert getattr(_summary(EXAM.model_copy(update={"device_change_until": moment})), language) == words
    assert words in _portal(charter, language)
    assert words in _client(charter, language)
    return words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, ("Sat 14 January 2023, 24:00", "2023年1月14日（星期六）24:00")),
        (30, ("Sun 15 January 2023, 00:00:30", "2023年1月15日（星期日）00:00:30")),
        (86399, ("Sun 15 January 2023, 23:59:59", "2023年1月15日（星期日）23:59:59")),
    ],
)
def test_four_places_say_one_deadline_in_the_same_words(seconds: int, words: tuple[str, str]) -> None:
    moment = datetime(2023, 1, 15, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
    assert tuple(_shown(moment, language) for language in LANGUAGES) == words


@given(st.integers(0, 4_000_000_000))
def test_four_places_agree_about_every_instant(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    local = moment.astimezone(SHANGHAI)
    ends_a_day = (local.hour, local.minute, local.second) == (0, 0, 0)
    shown = local - timedelta(days=1) if ends_a_day else local
    assert _shown(moment, "zh").startswith(f"{shown.year}年{shown.month}月{shown.day}日（")
    assert f" {shown.day} " in _shown(moment, "en")
