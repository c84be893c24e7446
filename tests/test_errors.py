"""The catalogue of refusals: numbered once, said in two languages, raised with the facts that they need."""

from __future__ import annotations

import ast
import importlib
import pickle
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from signing.errors import OneSeatError, Text

ROOT = Path(__file__).parents[1]
LATER = [*range(165, 170), *range(230, 235), *range(237, 243), 245, 246, 248, 252]
NUMBERS = {
    "signing": [*range(10, 40), 235, 236, 250, 251],
    "client": [*range(40, 60), *range(126, 150)],
    "pipeline": [*range(60, 100), *range(150, 160), *LATER],
    "state": [*range(100, 110), *range(160, 165), *range(253, 256)],
    "store": range(110, 120),
    "demo": range(120, 126),
    "portal": [*range(170, 230), 243, 247],
}
for room in NUMBERS:
    importlib.import_module(f"{room}.errors")


def subclasses(of: type[OneSeatError]) -> Iterator[type[OneSeatError]]:
    for child in of.__subclasses__():
        if child.__module__.endswith(".errors"):
            yield child
        yield from subclasses(child)


CATALOGUE = {error.__name__: error for error in subclasses(OneSeatError)}
NUMBERED = {name: error for name, error in CATALOGUE.items() if "number" in vars(error)}


def test_every_number_is_used_once_and_lies_in_its_rooms_range() -> None:
    counts = Counter(error.number for error in NUMBERED.values())
    assert [number for number, count in counts.items() if count > 1] == []
    for error in NUMBERED.values():
        assert error.number in NUMBERS[error.__module__.split(".")[0]], error


@pytest.mark.parametrize("name", sorted(NUMBERED))
def test_every_refusal_says_cause_and_remedy_in_both_languages(name: str) -> None:
    error = NUMBERED[name]
    for text in (error.cause, error.remedy):
        assert isinstance(text, Text)
        assert re.match(r"[A-Z{`]", text.en) and text.en.endswith((".", "}")), text.en
        assert re.search(r"[\u4e00-\u9fff]|^\{\w+\.zh\}$", text.zh), "Chinese is missing"
        assert re.search("[。！？}]$", text.zh), text.zh
        in_english, in_chinese = (set(re.findall(r"\{(\w+)", half)) for half in text)
        assert in_english == in_chinese, "the languages differ in their facts"


def test_facts_are_exactly_the_placeholders() -> None:
    with pytest.raises(TypeError):
        CATALOGUE["LicenceTooLong"](length=1)
    with pytest.raises(TypeError):
        CATALOGUE["LicenceTooLong"](length=1, room=2, number=3)
    said = CATALOGUE["LicenceTooLong"](length=9, room=5).diagnostics("zh")
    assert said.startswith("OS-026: ") and "9" in said and "5" in said


def test_a_refusal_survives_the_way_from_a_worker() -> None:
    sent = CATALOGUE["LicenceTooLong"](length=9, room=5)
    come = pickle.loads(pickle.dumps(sent))
    assert (type(come), come.facts, come.diagnostics()) == (type(sent), sent.facts, sent.diagnostics())


def raised(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CATALOGUE:
                yield name, node


def sources() -> list[Path]:
    return [path for room in NUMBERS for path in sorted((ROOT / room).rglob("*.py"))] + sorted(
        (ROOT / "commands").glob("*.py")
    )


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_refusal_is_made_with_the_facts_that_its_texts_need(path: Path) -> None:
    for name, call in raised(ast.parse(path.read_text())):
        error = CATALOGUE[name]
        if not hasattr(error, "cause") or any(keyword.arg is None for keyword in call.keywords):
            continue
        wanted = error.cause.placeholders() | error.remedy.placeholders()
        assert {keyword.arg for keyword in call.keywords} == wanted, f"{path.name}:{call.lineno} {name}"
        assert not call.args, f"{path.name}:{call.lineno} {name} takes keywords only"


def test_every_refusal_that_needs_facts_is_never_raised_bare() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in NUMBERED:
                error = NUMBERED[node.exc.id]
                wanted = error.cause.placeholders() | error.remedy.placeholders()
                assert not wanted, f"{path.name}:{node.lineno}"


def test_every_refusal_is_raised_somewhere() -> None:
    names = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in sources()
        if path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.Name, ast.Attribute))
    }
    assert sorted(set(NUMBERED) - names) == []


@pytest.mark.parametrize("name", ["LicenceTooLong", "WorkersUnusable", "PassphraseWrong"])
def test_a_refusal_crosses_from_process_to_process_with_its_facts(name: str) -> None:
    facts = {"length": 9, "room": 5, "folder": Path("keys"), "reason": Text("why", "为何")}
    error = CATALOGUE[name]
    refusal = error(
        **{fact: facts[fact] for fact in error.cause.placeholders() | error.remedy.placeholders()}
    )
    again = pickle.loads(pickle.dumps(refusal))
    assert type(again) is error
    assert (again.facts, again.diagnostics("zh")) == (refusal.facts, refusal.diagnostics("zh"))
