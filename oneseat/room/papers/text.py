"""A paper as a person reads it on a terminal, in both languages."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from oneseat.room.papers import form

_KINDS = {form.SPOKEN: "口述 spoken", form.CHOICE: "选择 choice", form.TEXT: "文字 text"}
_PACES = {form.OWN: "各自进行 own pace", form.CLOCK: "统一计时 by the clock"}


def show(name: str, wire: Mapping[str, Any]) -> str:
    """Format a paper."""
    head = [f"{name}  {wire['title']['zh']} / {wire['title']['en']}", f"  {_PACES[wire['pace']]}"]
    return "\n".join([*head, *_questions(wire["questions"])])


def _questions(questions: list[Mapping[str, Any]]) -> Iterator[str]:
    for number, question in enumerate(questions, start=1):
        yield f"\n  {number}. [{question['id']}] {_KINDS[question['kind']]}{_times(question)}"
        yield from _words(question["text"], "     ")
        for material in question["materials"]:
            yield from _material(material)
        for option in question.get("options", ()):
            yield f"     ( {option['id']} ) {option['text']['zh']} / {option['text']['en']}"


def _times(question: Mapping[str, Any]) -> str:
    parts = []
    if question["kind"] == form.SPOKEN:
        parts.append(f"准备 {question['prepare_s']} s + 作答 {question['answer_s']} s")
    elif question["kind"] == form.CHOICE:
        parts.append(f"选 {question['least']} 至 {question['most']} 项")
    else:
        parts.append(f"最多 {question['longest']} 字")
    if "from_s" in question:
        parts.append(f"{question['from_s']} s - {question['to_s']} s")
    return "".join(f", {part}" for part in parts)


def _material(material: Mapping[str, Any]) -> Iterator[str]:
    if material["kind"] == form.TEXT:
        yield from _words(material["text"], "     | ")
        return
    size = len(base64.b64decode(material["data"])) // 1024
    yield f"     | {material['mime']}, {size} KiB"
    yield from _words(material.get("alt") or material["transcript"], "     | ")


def _words(words: Mapping[str, str], indent: str) -> Iterator[str]:
    for text in dict.fromkeys([words["zh"], words["en"]]):
        yield from (f"{indent}{line}" for line in text.split("\n"))
