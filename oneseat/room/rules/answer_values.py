"""Decides whether an answer's value fits its question: the kind, the options, their number, the length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_TAKE_MS = 24 * 3600 * 1000
"""A day: longer than any take."""
_TAKE = re.compile(r"[0-9a-f]{24}")


def question_of(paper: Mapping[str, Any], question_id: str) -> Mapping[str, Any] | None:
    """Return the paper's question of that id, or None."""
    return next((each for each in paper["questions"] if each["id"] == question_id), None)


def fits(question: Mapping[str, Any], value: object) -> bool:
    """Whether a value is an answer to a question.

    A spoken answer names a part of a take, or None where nothing was recorded. A choice names options, each
    once: none where it was taken back, else as many as the question wants. A text has at most so many
    characters (Unicode code points).
    """
    kind = question["kind"]
    if not isinstance(value, Mapping):
        return False
    if kind == "spoken":
        return value.keys() == {"spoken"} and _is_spoken(value["spoken"])
    if kind == "choice":
        return value.keys() == {"chosen"} and _is_choice(question, value["chosen"])
    return value.keys() == {"text"} and _is_text(question, value["text"])


def _is_spoken(part: object) -> bool:
    if part is None:
        return True
    if not isinstance(part, Mapping) or part.keys() != {"take", "from_ms", "to_ms"}:
        return False
    # The order is not asked for: a page's estimate of the clock may move back within an answer.
    is_span = all(type(part[end]) is int and 0 <= part[end] <= MAX_TAKE_MS for end in ("from_ms", "to_ms"))
    return is_span and isinstance(part["take"], str) and _TAKE.fullmatch(part["take"]) is not None


def _is_choice(question: Mapping[str, Any], chosen: object) -> bool:
    if not isinstance(chosen, list) or not all(isinstance(each, str) for each in chosen):
        return False
    options = {option["id"] for option in question["options"]}
    is_known = len(set(chosen)) == len(chosen) and options.issuperset(chosen)
    return is_known and (not chosen or question["least"] <= len(chosen) <= question["most"])


def _is_text(question: Mapping[str, Any], text: object) -> bool:
    return isinstance(text, str) and len(text) <= question["longest"]
