"""Checks that the facts of every refusal that a test meets are fit for both languages."""

from __future__ import annotations

import re
from typing import Any

from signing.errors import OneSeatError
from signing.text import Lines, Text

_WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}")
_COMMAND = re.compile(r"`[^`]*`")


def unfit(error: OneSeatError) -> list[str]:
    """List the facts that put English into the Chinese sentence, or a pair of texts where one belongs."""
    wanted = error.cause.zh + error.remedy.zh
    return [
        f"{type(error).__name__}: {name}={fact!r}"
        for name, fact in error.facts.items()
        if _is_unfit(fact, bare=f"{{{name}}}" in wanted)
    ]


def _is_unfit(fact: Any, *, bare: bool) -> bool:
    if isinstance(fact, Text):
        return bare or _WORDS.search(_COMMAND.sub("", fact.zh)) is not None
    return isinstance(fact, str) and not isinstance(fact, Lines) and _WORDS.search(fact) is not None
