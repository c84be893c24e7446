"""Names of papers: kind and position of a session, and a variant; they are the names of their files."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIRST, SPARE = "a", "spare"
"""The variant of a file that names none, and the paper that takes the place of all others of its session."""
PLAIN_SUFFIX, SEALED_SUFFIX = ".toml", ".sealed.json"
_NAME = re.compile(r"(mock|formal)-(0|[1-9][0-9]{0,2})(?:\.([a-z0-9]{1,16}))?")


@dataclass(frozen=True, order=True)
class PaperName:
    """A session's kind and its position among these, counted from 0 by time, and a variant of its paper."""

    kind: str
    position: int
    variant: str = FIRST

    @property
    def session(self) -> tuple[str, int]:
        """The session."""
        return self.kind, self.position

    def __str__(self) -> str:
        return f"{self.kind}-{self.position}.{self.variant}"


def parse(text: str) -> PaperName | None:
    """The paper that ``formal-0`` or ``formal-0.b`` names; None for anything else."""
    match = _NAME.fullmatch(text)
    return PaperName(match[1], int(match[2]), match[3] or FIRST) if match else None


def name_of_file(file: str) -> PaperName | None:
    """The paper that a file's name says, plain or sealed; None for any other file."""
    for suffix in (PLAIN_SUFFIX, SEALED_SUFFIX):
        if file.endswith(suffix):
            return parse(file.removesuffix(suffix))
    return None
