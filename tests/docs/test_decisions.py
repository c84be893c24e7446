"""Decisions have one form, the index names each with its status, and a number that is cited has a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "adr"
PAGES = sorted(DECISIONS.glob("[0-9]*.md"))
SECTIONS = ["Context", "Options considered", "Decision", "Consequences"]
NUMBERS = {int(page.name[:4]) for page in PAGES}
INDEX = (DECISIONS / "README.md").read_text(encoding="utf-8")
CITATION = re.compile(r"\bADR (\d+)")
PATH = re.compile(r"\badr/(\d{4}[\w-]*)")


def head(page: Path) -> tuple[str, str]:
    """The title without its number, and the status."""
    match = re.match(
        r"# \d+\. (.+)\n\n- Status: (.+)\n- Date: \d{4}-\d\d-\d\d.*\n\n##", page.read_text(encoding="utf-8")
    )
    assert match, f"{page.name} does not begin with title, status and date"
    return match.group(1), match.group(2)


def citing() -> list[Path]:
    """Every text of the project that may cite a decision, other than the decisions."""
    tops = ["oneseat", "signing", "bootstrap", "bench", "docs", "templates", "exams", "tests"]
    paths = [path for top in tops for path in (ROOT / top).rglob("*") if path.is_file()]
    paths += [path for path in ROOT.iterdir() if path.is_file()]
    kinds = {".py", ".md", ".j2", ".toml", ".nsh", ".in", ""}
    return [path for path in paths if path.suffix in kinds and path.parent != DECISIONS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name[:4])
def test_a_decision_has_title_status_date_and_four_sections(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.fullmatch(r"accepted.*|superseded by \[\d+\]\(.+\)", head(page)[1])
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS


def test_the_index_lists_every_decision_with_its_title_and_status() -> None:
    listed = re.findall(
        r"^\| (\d+) \| \[(.+)\]\((\d{4}.+?\.md)\) \| (.+?) \| .+ \|$", INDEX, flags=re.MULTILINE
    )
    pages = [(str(int(page.name[:4])), head(page)[0], page.name, head(page)[1]) for page in PAGES]
    assert listed == pages


def test_a_number_is_a_page_or_accounted_for_and_never_both() -> None:
    gone: set[int] = set()
    for row in re.findall(
        r"^\| ([\d, to]+) \| (?:\[|none|never)", INDEX.partition("## Numbers")[2], re.MULTILINE
    ):
        for item in row.split(", "):
            first, _, last = item.partition(" to ")
            gone |= set(range(int(first), int(last or first) + 1))
    assert not gone & NUMBERS
    assert gone | NUMBERS == set(range(1, max(NUMBERS) + 1))


def test_a_cited_decision_has_a_page() -> None:
    dangling = []
    for path in citing():
        text = path.read_text(encoding="utf-8", errors="replace")
        dangling += [f"{path}: ADR {cited}" for cited in CITATION.findall(text) if int(cited) not in NUMBERS]
        dangling += [
            f"{path}: {cited}"
            for cited in PATH.findall(text)
            if not (DECISIONS / f"{cited.removesuffix('.md')}.md").exists()
        ]
    assert not dangling


def test_a_decision_cites_decisions_that_have_a_page() -> None:
    dangling = [
        f"{page.name}: ADR {cited}"
        for page in PAGES
        for cited in CITATION.findall(page.read_text(encoding="utf-8"))
        if int(cited) not in NUMBERS
    ]
    assert not dangling
