"""Simulated browser: opens the page, submits its form, and stores the response in a file."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import httpx


class Form(HTMLParser):
    """Parses the form of a page: its action and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "input" and "name" in values:
            self.fields[values["name"]] = values.get("value", "")


def main(url: str, output: Path) -> None:
    """Follow the one-time page at ``url`` into the exam room."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        form = Form(http.get(url).raise_for_status().text)
        response = http.post(form.action, data=form.fields)
    draft = output.with_suffix(".draft")
    draft.write_text(f"{response.status_code}\n{response.text}", encoding="utf-8")
    draft.rename(output)  # renamed, so that a reader never sees half of it


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[1]))
