"""The catalogue of refusals: numbered once, said in two languages, raised with the facts that they need."""

from __future__ import annotations

import ast
import pickle
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import oneseat.client
import oneseat.commands
import oneseat.demo
import oneseat.files
import oneseat.pipeline
import oneseat.portal
import oneseat.room
import oneseat.state
import oneseat.store
import oneseat.web
import signing
from docs import generate
from signing.errors import BLOCKS, BLOCKS_BEGIN, MEANINGS, ExitStatus, OneSeatError, code_of
from signing.text import Text

ROOT = Path(__file__).parents[1]
NUMBERED = {error.__name__: error for error in generate.error_classes()}

ROOMS = [
    oneseat.client,
    oneseat.demo,
    oneseat.files,
    oneseat.pipeline,
    oneseat.portal,
    oneseat.room,
    signing,
    oneseat.state,
    oneseat.store,
    oneseat.web,
    oneseat.commands,
]


def published() -> dict[str, tuple[str, int, str]]:
    """Code, exit status and room of each refusal that had a number before rooms had blocks, by class."""
    lines = Path(__file__).with_name("published_refusals.txt").read_text("ascii").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {name: (code, int(status), room) for code, status, room, name in rows}


def test_what_is_published_keeps_code_exit_status_and_room() -> None:
    found = {
        name: (code_of(error.number), int(error.exit_status), generate.room_of(error))
        for name, error in NUMBERED.items()
        if error.number < BLOCKS_BEGIN
    }
    assert found == published()


def test_what_is_published_ends_with_its_number_unless_a_shell_would_misread_it() -> None:
    for code, status, _ in published().values():
        number = int(code.removeprefix("OS-"))
        if 126 <= number <= 165:
            assert status in {kind.value for kind in ExitStatus}, code
        else:
            assert status == number, code


def test_no_number_is_used_twice() -> None:
    counts = Counter(error.number for error in NUMBERED.values())
    assert [number for number, count in counts.items() if count > 1] == []
    assert len(NUMBERED) == len(generate.error_classes()), "two refusals have one name"


MOVED = {920, 921, 922, 982}
"""Numbers of the portal's block that refusals kept when they moved to a package that it shares."""


def test_every_new_number_lies_in_the_block_of_its_room() -> None:
    for error in NUMBERED.values():
        if error.number >= BLOCKS_BEGIN:
            assert error.number in MOVED or error.number in BLOCKS[generate.room_of(error)], error
            assert error.number % 256, f"{error}: an exit status of 8 bits would say success"


def test_blocks_hold_whole_hundreds_and_do_not_overlap() -> None:
    numbers = [number for block in BLOCKS.values() for number in block]
    assert len(numbers) == len(set(numbers))
    assert min(numbers) == BLOCKS_BEGIN
    assert all(block.start % 100 == 0 and len(block) % 100 == 0 for block in BLOCKS.values())


def test_every_exit_status_is_one_that_no_shell_uses() -> None:
    for error in NUMBERED.values():
        status = error.exit_status
        assert 3 <= status <= 255 and not 126 <= status <= 165, error
        if error.number >= BLOCKS_BEGIN:
            assert isinstance(status, ExitStatus), f"{error} shares the exit status of its kind"


def test_the_statuses_of_kinds_are_no_refusals_own() -> None:
    own = {error.number for error in NUMBERED.values()}
    assert not own & set(ExitStatus)
    assert all(2 < kind < 125 for kind in ExitStatus)
    assert set(MEANINGS) == set(ExitStatus)


@pytest.mark.parametrize("number", [130, 301])
def test_a_number_that_cannot_be_an_exit_status_wants_one_chosen(number: int) -> None:
    with pytest.raises(TypeError, match="exit_status"):
        type("WithoutStatus", (OneSeatError,), {"number": number})
    chosen = type("WithStatus", (OneSeatError,), {"number": number, "exit_status": ExitStatus.FAULT})
    assert vars(chosen)["exit_status"] == 9


def test_a_code_has_three_digits_or_more() -> None:
    assert [code_of(number) for number in (10, 255, 301, 1204)] == ["OS-010", "OS-255", "OS-301", "OS-1204"]


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
        NUMBERED["LicenceTooLong"](length=1)
    with pytest.raises(TypeError):
        NUMBERED["LicenceTooLong"](length=1, room=2, number=3)
    said = NUMBERED["LicenceTooLong"](length=9, room=5).diagnostics("zh")
    assert said.startswith("OS-026: ") and "9" in said and "5" in said


def test_a_refusal_survives_the_way_from_a_worker() -> None:
    sent = NUMBERED["LicenceTooLong"](length=9, room=5)
    come = pickle.loads(pickle.dumps(sent))
    assert (type(come), come.facts, come.diagnostics()) == (type(sent), sent.facts, sent.diagnostics())


VALUES = {
    "address", "at", "batch", "build", "checked", "code_then", "columns", "count", "ended", "ends", "entries",
    "entry", "exam", "fault", "faulty", "file", "files", "fingerprint", "first", "folder", "found",
    "free", "group", "holder", "host", "incident", "inputs", "issue_run", "jti", "key", "last_lines",
    "length", "limit_bytes", "line", "log", "method", "mib", "missing", "most", "name", "needed", "newest",
    "next_number", "now", "order", "paper", "path", "place", "proxy", "published", "reference", "room",
    "row", "rows", "said", "scope", "seconds", "separator", "setting", "sheet", "size_bytes", "stages",
    "state", "status", "table",
    "template", "token_id", "tool", "version", "wait_s", "wanted", "what", "where", "why"
}  # fmt: skip
"""Facts that are values: numbers, codes and names. A new one is added on purpose."""


@pytest.mark.parametrize("name", sorted(NUMBERED))
def test_words_in_a_refusal_are_given_in_both_languages(name: str) -> None:
    for text in (NUMBERED[name].cause, NUMBERED[name].remedy):
        for half, other in zip(text, ("zh", "en"), strict=True):
            assert set(re.findall(r"\{(\w+)\}", half)) <= VALUES
            assert f".{other}}}" not in half


def test_no_value_is_made_of_words() -> None:
    for path in sources():
        for name, call in read(path).made:
            bare = re.findall(r"\{(\w+)\}", NUMBERED[name].cause.en + NUMBERED[name].remedy.en)
            for keyword in call.keywords:
                texts = [node.value for node in ast.walk(keyword.value) if isinstance(node, ast.Constant)]
                worded = [
                    text for text in texts if isinstance(text, str) and re.search("[a-z]{2} [a-z]{2}", text)
                ]
                assert keyword.arg not in bare or not worded, f"{path}:{call.lineno} {keyword.arg}={worded}"


def test_a_refusal_shows_hostile_facts_in_any_encoding() -> None:
    hostile = "\ud800\x1b[2J\u202e\r\n\x9b" + "x" * 1_000
    for error in NUMBERED.values():
        names = error.cause.placeholders() | error.remedy.placeholders()
        worded = set(re.findall(r"\{(\w+)\.", error.cause.en + error.remedy.en))
        shown = error(**{name: Text(hostile, hostile) if name in worded else hostile for name in names})
        for text in (*shown.cause_text, *shown.remedy_text):
            text.encode()
            assert all(character.isprintable() or character in "\n\u3000" for character in text), error


@dataclass(frozen=True)
class Source:
    """What a module says about refusals."""

    made: list[tuple[str, ast.Call]]
    bare: list[tuple[str, int]]
    """Refusals that are raised as classes, and in which line."""
    names: set[str]
    """All names that it uses."""


@cache
def read(path: Path) -> Source:
    source = Source([], [], set())
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                source.names.add(name)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in NUMBERED:
                source.made.append((name, node))
            case ast.Raise(exc=ast.Name(id=name)) if name in NUMBERED:
                source.bare.append((name, node.lineno))
    return source


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted(Path(room.__path__[0]).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_refusal_is_made_with_the_facts_that_its_texts_need(path: Path) -> None:
    for name, call in read(path).made:
        error = NUMBERED[name]
        if any(keyword.arg is None for keyword in call.keywords):
            continue
        wanted = error.cause.placeholders() | error.remedy.placeholders()
        assert {keyword.arg for keyword in call.keywords} == wanted, f"{path.name}:{call.lineno} {name}"
        assert not call.args, f"{path.name}:{call.lineno} {name} takes keywords only"


def test_every_refusal_that_needs_facts_is_never_raised_bare() -> None:
    for path in sources():
        for name, line in read(path).bare:
            error = NUMBERED[name]
            assert not error.cause.placeholders() | error.remedy.placeholders(), f"{path.name}:{line}"


def test_every_refusal_is_raised_somewhere() -> None:
    names = {
        name
        for path in sources()
        if path.name not in {"errors.py", "refusals.py"} and path.parent.name != "refusals"
        for name in read(path).names
    }
    assert sorted(set(NUMBERED) - names) == []


@pytest.mark.parametrize("name", ["LicenceTooLong", "WorkersUnusable", "PassphraseWrong"])
def test_a_refusal_crosses_from_process_to_process_with_its_facts(name: str) -> None:
    facts = {"length": 9, "room": 5, "folder": Path("keys"), "reason": Text("why", "为何")}
    error = NUMBERED[name]
    refusal = error(
        **{fact: facts[fact] for fact in error.cause.placeholders() | error.remedy.placeholders()}
    )
    again = pickle.loads(pickle.dumps(refusal))
    assert type(again) is error
    assert (again.facts, again.diagnostics("zh")) == (refusal.facts, refusal.diagnostics("zh"))
