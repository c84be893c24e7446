"""Line breaks in Chinese text; one character counts two columns, as on a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.gui.line_breaks import break_lines


def columns(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def test_a_number_is_not_torn_apart() -> None:
    text = "10:10 开始登录，11:00 开考，11:00 截止登录，11:10 交卷"
    lines = break_lines(text, 24, columns).split("\n")
    assert lines == ["10:10 开始登录，11:00 开", "考，11:00 截止登录，", "11:10 交卷"]


def test_closing_punctuation_does_not_begin_a_line() -> None:
    assert break_lines("证件号码、准考证号与此安装包不符。", 16, columns).split("\n") == [
        "证件号码、准考证",
        "号与此安装包不",
        "符。",
    ]


def test_english_breaks_between_words() -> None:
    assert break_lines("Check the network connection.", 12, columns) == "Check the\nnetwork\nconnection."


@given(st.text(st.sampled_from("考生端12ab ，。（）\n"), max_size=60), st.integers(4, 30))
def test_nothing_but_spaces_is_lost(text: str, width: int) -> None:
    flowed = break_lines(text, width, columns)
    assert flowed.replace(" ", "").replace("\n", "") == text.replace(" ", "").replace("\n", "")
