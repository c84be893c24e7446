"""Answers files: every encoding that people's editors write, and whatever else may come."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.errors import AnswersMalformed, AnswersUnreadable, IdentityIncomplete
from oneseat.client.identity import MAX_ANSWERS_BYTES, Identity, from_answers, parse_answers, read_answers

TEXT = "# answers\r\n[identity]\r\nid_number = １１x \r\nadmission_number=2035\r\n\r\n;end\r\ncolour=blue"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_answers_are_read_in_every_encoding(encoding: str) -> None:
    identity = from_answers(parse_answers(TEXT.encode(encoding)))
    assert (identity.id_number, identity.admission_number, identity.install_code) == ("11X", "2035", None)


def test_utf_16_big_endian_is_read() -> None:
    assert parse_answers(b"\xfe\xff" + TEXT.encode("utf-16-be"))["admission_number"] == "2035"


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff", b"id_number=1\0", b"x=" * MAX_ANSWERS_BYTES, "考生=".encode("gb18030")],
    ids=["bytes", "nul", "long", "gb18030"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(AnswersUnreadable):
        parse_answers(data)


@pytest.mark.parametrize("data", [b"110000", b"id_number=1\nid_number=2", b"=1", b"110000=1"])
def test_a_line_that_answers_nothing_or_twice_is_refused_without_being_repeated(data: bytes) -> None:
    with pytest.raises(AnswersMalformed) as refused:
        parse_answers(data)
    assert "110000" not in refused.value.diagnostics("zh")


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswersUnreadable):
        read_answers(tmp_path / "absent")
    with pytest.raises(AnswersUnreadable):
        read_answers(tmp_path)


@pytest.mark.parametrize(("number", "admission"), [("", "1"), ("1", ""), (" \u3000", "1"), ("\u200b", "1")])
def test_an_empty_number_is_missing(number: str, admission: str) -> None:
    with pytest.raises(IdentityIncomplete):
        Identity.typed(number, admission)


@given(st.binary(max_size=300))
def test_any_bytes_are_answers_or_refused(data: bytes) -> None:
    with contextlib.suppress(AnswersMalformed, AnswersUnreadable):
        parse_answers(data)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60))
def test_what_is_written_is_read(value: str) -> None:
    read = parse_answers(f"id_number={value}\nadmission_number=1".encode())
    assert read["id_number"] == value.strip()
