"""Sentences in two languages, and what becomes of the values that they quote."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.os_faults import system_reason
from signing.text import MAX_QUOTED_CHARACTERS, Lines, Text, printable, quoted, untranslated


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
        ("\U000e0041", "\\U000e0041"),
        ("考生　张三 𠮷 é", "考生　张三 𠮷 é"),
    ],
)
def test_what_a_terminal_or_an_encoder_would_act_on_is_escaped(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text(st.characters()))
def test_whatever_is_quoted_can_be_encoded_and_is_short(value: str) -> None:
    text = quoted(value)
    assert "\n" not in text and len(text) <= MAX_QUOTED_CHARACTERS
    text.encode()
    assert quoted(text) == text


def test_a_long_value_keeps_both_ends() -> None:
    text = quoted("a" * 5000 + "z")
    assert text.startswith("aaa") and text.endswith("az") and "…" in text


def test_only_lines_and_texts_keep_their_line_breaks() -> None:
    facts = {"file": PurePosixPath("a\nb"), "lines": Lines("1\n2\x1b"), "why": Text("x\ny", "甲\n乙\u202e")}
    text = Text("{file} {lines} {why.en}", "{file} {lines} {why.zh}").filled(facts)
    assert text == ("a\\nb 1\n2\\x1b x\ny", "a\\nb 1\n2\\x1b 甲\n乙\\u202e")
    assert type(pickle.loads(pickle.dumps(Lines("1\n2")))) is Lines


def test_a_reason_can_be_about_something_and_part_of_a_sentence() -> None:
    assert Text("It broke.", "坏了。").clause().about("a\x1b") == ("a\\x1b: It broke", "a\\x1b：坏了")


def test_a_message_in_english_only_stays_out_of_the_chinese_sentence() -> None:
    assert untranslated("no such thing") == ("no such thing", "详情见英文说明")


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOSPC, errno.EISDIR, errno.EACCES])
def test_the_system_s_reason_is_given_in_both_languages(number: int) -> None:
    reason = system_reason(OSError(number, os.strerror(number), "somewhere"))
    assert reason.en == os.strerror(number) and reason.zh.isprintable() and not reason.zh.isascii()


def test_an_unknown_reason_has_a_name_or_the_system_s_words() -> None:
    assert system_reason(OSError(errno.EXDEV, "x")).zh == "系统错误 EXDEV"
    assert system_reason(OSError("strange")) == ("OSError", "详情见英文说明")
    assert system_reason(OSError(errno.ENOSPC, "磁盘空间不足")) == (os.strerror(errno.ENOSPC), "磁盘已满")
    assert system_reason(ValueError("embedded null byte")).zh == "名称无效"
