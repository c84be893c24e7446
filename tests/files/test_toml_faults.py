"""Each mistake in a TOML file has its own reason; the hint on 24:00 is for times alone."""

from __future__ import annotations

import tomllib

import pytest

from oneseat.files import toml_faults
from signing.text import Text


def explained(text: str) -> Text:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return toml_faults.explain(error, text)
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('a = "x"\na = "y"\n', 2, "重复"),
        ("[a]\n[a]\n", 2, "重复"),
        ("a = “x”\n", 1, "英文引号"),
        ("a = 2035-02-29T00:00:00+08:00\n", 1, "没有这个日期"),
        ('a = "\\ud800"\n', 1, "有效字符"),
        ('a = "\\q"\n', 1, "反斜杠"),
        ("a = 1 2\n", 1, "多余"),
        ("a\n", None, "等号"),
        ("a = 'x\n", None, "引号或括号"),
        ('b = 1\na = "\x1b"\n', 2, "控制字符"),
    ],
)
def test_a_mistake_is_explained_with_its_line_and_no_word_of_24_00(
    text: str, line: int | None, reason: str
) -> None:
    words = explained(text)
    assert reason in words.zh and "24:00" not in words.zh + words.en
    assert line is None or (f"第 {line} 行" in words.zh and f"line {line}:" in words.en)
    assert words.en.isprintable() and words.zh.isprintable()


@pytest.mark.parametrize(
    "text", ["a = 24:00\n", "a = 2035-01-04T24:00:00+08:00\n", "a = 2035-01-04 24:00:00Z\n"]
)
def test_a_time_of_24_00_is_explained(text: str) -> None:
    words = explained(text)
    assert "00:00 of the next" in words.en and "次日 00:00" in words.zh


def test_what_is_too_deep_or_too_long_a_number_is_explained() -> None:
    assert "嵌套" in explained("a = " + "[" * 3000).zh
    assert "TOML" in explained("a = " + "1" * 5000).zh
