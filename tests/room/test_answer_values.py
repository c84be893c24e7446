"""An answer's value fits its question just where kind, options, their number and the length are right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules.answer_values import fits, question_of

TAKE = "0123456789abcdef01234567"
SPOKEN = {"id": "s", "kind": "spoken", "prepare_s": 1, "answer_s": 1}
CHOICE = {"id": "c", "kind": "choice", "options": [{"id": x} for x in "abcd"], "least": 2, "most": 3}
TEXT = {"id": "t", "kind": "text", "longest": 5}
QUESTIONS = {"spoken": SPOKEN, "choice": CHOICE, "text": TEXT}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("spoken", {"spoken": None}),
        ("spoken", {"spoken": {"take": TAKE, "from_ms": 0, "to_ms": 9}}),
        ("spoken", {"spoken": {"take": TAKE, "from_ms": 9, "to_ms": 8}}),
        ("choice", {"chosen": []}),
        ("choice", {"chosen": ["d", "a"]}),
        ("text", {"text": ""}),
        ("text", {"text": "一二三四😀"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_fits(kind: str, value: Any) -> None:
    assert fits(QUESTIONS[kind], value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("spoken", {"spoken": {"take": TAKE, "from_ms": 0}}),
        ("spoken", {"spoken": {"take": TAKE[1:], "from_ms": 0, "to_ms": 9}}),
        ("spoken", {"spoken": {"take": TAKE, "from_ms": 0, "to_ms": True}}),
        ("spoken", {"spoken": {"take": TAKE, "from_ms": -1, "to_ms": 1.5}}),
        ("spoken", {"spoken": None, "text": ""}),
        ("spoken", {"text": "x"}),
        ("choice", {"chosen": ["a"]}),
        ("choice", {"chosen": ["a", "b", "c", "d"]}),
        ("choice", {"chosen": ["a", "a"]}),
        ("choice", {"chosen": ["a", "e"]}),
        ("choice", {"chosen": "ab"}),
        ("choice", {"chosen": [["a"], ["b"]]}),
        ("text", {"text": "六个字太长了"}),
        ("text", {"text": None}),
        ("text", None),
        ("text", ["text"]),
    ],
    ids=str,
)
def test_what_does_not_fit(kind: str, value: Any) -> None:
    assert not fits(QUESTIONS[kind], value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)


@given(st.sampled_from(list(QUESTIONS.values())), JSON)
def test_any_json_is_judged_without_a_fault(question: dict[str, Any], value: Any) -> None:
    assert fits(question, value) in (True, False)
    json.dumps(value)


@given(st.lists(st.sampled_from("abcde"), max_size=6))
def test_a_choice_fits_by_its_options_and_their_number(chosen: list[str]) -> None:
    right = len(set(chosen)) == len(chosen) and set(chosen) <= set("abcd") and len(chosen) in (0, 2, 3)
    assert fits(CHOICE, {"chosen": chosen}) is right


def test_a_question_is_found_by_its_id() -> None:
    paper = {"questions": [SPOKEN, CHOICE]}
    assert question_of(paper, "c") is CHOICE and question_of(paper, "x") is None
