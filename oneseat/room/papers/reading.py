"""Reads a paper's TOML file and the pictures and sounds beside it; collects all faults at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from oneseat.files import paper_names, toml_faults
from oneseat.files.model_faults import Fault, model_faults
from oneseat.files.paper_names import PaperName
from oneseat.files.toml_lines import line_index
from oneseat.room.papers import form
from oneseat.room.papers.faults import PaperFault
from oneseat.room.papers.materials import MaterialFault, read_material
from signing.jws import canonical_json
from signing.os_faults import system_reason
from signing.text import Text

_LARGEST_FILE = 1 << 20
MAX_PAPER_BYTES = 4 << 20
"""A paper with its pictures and sounds, as each candidate's page loads it."""
_Model = TypeVar("_Model", bound=BaseModel)
_Questions = list[form.SpokenQuestion | form.ChoiceQuestion | form.TextQuestion]


@dataclass(frozen=True)
class Paper:
    """A paper that was read: ``wire`` is what the page gets, ``questions`` are in their file's form."""

    name: PaperName
    file: str
    wire: Mapping[str, Any]
    questions: _Questions
    used_files: frozenset[str]

    @property
    def content(self) -> bytes:
        """What is sealed: the paper as canonical JSON."""
        return canonical_json(self.wire)


class _Reading:
    """One file being read: what is right of it so far, and its faults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.used_files: set[str] = set()

    def validated(self, model: type[_Model], data: object, key: str = "") -> _Model | None:
        """Validate a part of the file; its faults are noted under ``key``."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for fault in model_faults(error, model):
                inner = ".".join(part for part in (key, fault.key) if part)
                self.faults.append(Fault(inner, fault.problem))
            return None

    def of_kind(
        self, models: Mapping[str, type[_Model]], data: Mapping[str, object], key: str
    ) -> _Model | None:
        """Validate a table by the model of its ``kind``."""
        model = models.get(str(data.get("kind")))
        if model is not None:
            return self.validated(model, data, key)
        kinds = ", ".join(models)
        problem = Text(f"must be one of {kinds}", f"只能是 {kinds.replace(', ', '、')} 之一")
        self.faults.append(Fault(f"{key}.kind", problem))
        return None

    def question(self, data: Mapping[str, object], key: str) -> dict[str, Any] | None:
        """A question as the page gets it, with its materials; None where its own members are wrong."""
        question = self.of_kind(form.QUESTIONS, data, key)
        if question is None:
            return None
        wire = question.model_dump(mode="json", exclude_none=True, exclude={"materials"})
        materials = [
            self.material(each, f"{key}.materials[{position}]")
            for position, each in enumerate(question.materials)
        ]
        return {**wire, "materials": [each for each in materials if each is not None]}

    def material(self, data: Mapping[str, object], key: str) -> dict[str, Any] | None:
        """A material as the page gets it, its file included."""
        material = self.of_kind(form.MATERIALS, data, key)
        if material is None:
            return None
        if not isinstance(material, form.TextMaterial):
            self.used_files.add(material.file)
        try:
            return read_material(self.path.parent, material)
        except MaterialFault as fault:
            self.faults.append(Fault(f"{key}.file", fault.problem))
            return None


def read_paper(path: Path, name: PaperName) -> tuple[Paper | None, list[PaperFault]]:
    """Read a paper and its materials; None with its faults where there are any."""
    reading = _Reading(path)
    text, unreadable = _text(path)
    if text is None:
        return None, [PaperFault(path.name, unreadable)]
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return None, [PaperFault(path.name, toml_faults.explain(error, text))]
    paper = _paper(reading, name, data)
    lines = line_index(text)
    faults = [PaperFault.of(path.name, fault.with_line(lines)) for fault in reading.faults]
    return (None if faults else paper), sorted(faults, key=lambda fault: fault.line or 0)


def _paper(reading: _Reading, name: PaperName, data: dict[str, Any]) -> Paper | None:
    head = reading.validated(form.Head, data)
    given = data.get("questions")
    tables = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    wires = [reading.question(each, f"questions[{position}]") for position, each in enumerate(tables)]
    if head is None or reading.faults:
        return None
    questions: _Questions = [form.QUESTIONS[str(each["kind"])].model_validate(each) for each in tables]
    _require_distinct(reading, questions)
    wire = {
        "title": head.title.model_dump(),
        "variant": name.variant,
        "pace": head.pace,
        "questions": wires,
    }
    paper = Paper(name, reading.path.name, wire, questions, frozenset(reading.used_files))
    if len(paper.content) > MAX_PAPER_BYTES:
        problem = Text(
            "is larger than 4 MiB with its pictures and sounds: leave some out",
            "连同图片和声音超过 4 MiB，请减少材料",
        )
        reading.faults.append(Fault("questions", problem))
    return paper


def _require_distinct(reading: _Reading, questions: _Questions) -> None:
    seen: dict[str, int] = {}
    for position, question in enumerate(questions):
        if question.id in seen:
            problem = Text(
                f"question {seen[question.id] + 1} has this id too: give it another",
                f"与第 {seen[question.id] + 1} 题编号重复，请换一个编号",
            )
            reading.faults.append(Fault(f"questions[{position}].id", problem))
        seen.setdefault(question.id, position)


def _text(path: Path) -> tuple[str | None, Text]:
    """The text of a file, or why there is none."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None, Text("is larger than 1 MiB: put pictures into files of their own", "文件超过 1 MiB")
        return path.read_text("utf-8-sig"), Text("", "")
    except UnicodeDecodeError:
        return None, Text("is not UTF-8: save it as UTF-8", "不是 UTF-8 编码，请另存为 UTF-8")
    except OSError as error:
        reason = system_reason(error)
        return None, Text(f"cannot be read: {reason.en}", f"无法读取（{reason.zh}）")


def files_of(folder: Path) -> dict[str, PaperName | None]:
    """The names of a folder's files, in order, with the paper that each names."""
    return {
        path.name: paper_names.name_of_file(path.name)
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.is_file()
    }
