"""The reference says what the code does: a stale page, or a link to nowhere, fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import generate
from signing.errors import code_of

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (generate.REFERENCE / name).read_text(encoding="utf-8")
    assert written == generate.page(name), f"docs/reference/{name} is stale: run `make docs`"


def test_every_refusal_has_its_place_in_the_reference() -> None:
    text = generate.page("errors.md")
    for error in generate.error_classes():
        entry = text.partition(f"### {code_of(error.number)}")[2].partition("###")[0]
        assert re.search(r"- (Exit status|Error level): \d+\n- Cause: .*\n- Remedy: ", entry), error


def test_the_reference_says_with_what_a_program_ends() -> None:
    text = generate.page("errors.md")
    for code, ends in {
        "OS-045": "Error level: 45",
        "OS-149": "Error level: 149",
        "OS-155": "Error level: 155",
        "OS-150": "Exit status: 4",
        "OS-164": "Exit status: 3",
        "OS-080": "Exit status: 80",
        "OS-195": "Exit status: 195",
    }.items():
        assert f"- {ends}\n" in text.partition(f"### {code}")[2].partition("###")[0], code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_that_the_documents_name_exists() -> None:
    from oneseat.commands.main import main_group

    known = {path.removeprefix("oneseat ") for path, _ in generate._walk(main_group, "oneseat")}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for words in re.findall(r"(?:build\.py|oneseat) ((?:[a-z]+ ?){1,2})", text):
            named = words.split()
            if named[0] in {"doctor", "exam", "keys", "charter", "base", "roster", "issue", "portal"} | known:
                assert " ".join(named[:2]) in known or named[0] in known, f"{page.name} names {words!r}"
