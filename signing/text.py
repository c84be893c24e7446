"""Sentences in Chinese and English, with placeholders for facts, and the filter for what they quote.

A fact is a value that a sentence quotes. Words are given as :class:`Text`, so that each language has its own;
a plain value (a file name, a number, a code) is filtered by :func:`printable`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Dict, FrozenSet, NamedTuple

MAX_QUOTED_CHARACTERS = 500
"""A longer plain value is cut in its middle."""

_PLACEHOLDER = re.compile(r"\{(\w+)[.}]")
_LAYOUT = "\n\t"
_NOT_SHOWN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Lines(str):
    """A quoted text of several lines, such as a tool's last output: its line breaks stay."""

    __slots__ = ()


class Text(NamedTuple):
    """One sentence in English and Chinese."""

    en: str
    zh: str

    def placeholders(self) -> FrozenSet[str]:
        """Return the names in braces of both languages."""
        return frozenset(_PLACEHOLDER.findall(self.en)) | frozenset(_PLACEHOLDER.findall(self.zh))

    def filled(self, facts: Dict[str, object]) -> Text:
        """Return the sentence with its placeholders replaced by what :func:`printable` makes of the facts."""
        shown = {name: _shown(fact) for name, fact in facts.items()}
        return Text(self.en.format(**shown), self.zh.format(**shown))

    def about(self, name: object) -> Text:
        """Return the sentence with the name of what it is about before it."""
        return Text(f"{quoted(name)}: {self.en}", f"{quoted(name)}：{self.zh}")

    def clause(self) -> Text:
        """Return the sentence without its full stop, to be part of another one."""
        return Text(self.en.rstrip("."), self.zh.rstrip("。"))


def printable(value: str, keep: str = "") -> str:
    r"""Escape control and format characters, lone surrogates and line separators (``\x1b``, ``\u202e``).

    They move a cursor, reverse the order of letters (Unicode, UAX 9), or stop an encoder. The characters of
    ``keep`` stay.
    """
    if value.isprintable():
        return value
    return "".join(character if character in keep else _visible(character) for character in value)


def legible(untrusted: str, limit: int = 60) -> str:
    """Clean an untrusted name: one line, blanks for what is not printable, at most ``limit`` characters.

    Unlike :func:`printable` it drops what it does not show, which suits a label rather than evidence.
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in untrusted)
    return " ".join(shown.split())[:limit]


def quoted(value: object) -> str:
    """Format a plain value on one line: printable, and at most :data:`MAX_QUOTED_CHARACTERS` long."""
    text = printable(str(value))
    if len(text) <= MAX_QUOTED_CHARACTERS:
        return text
    half = (MAX_QUOTED_CHARACTERS - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def verbatim(value: object) -> Text:
    """Wrap a name or code that is the same in both languages."""
    return Text(quoted(value), quoted(value))


def untranslated(message: object) -> Text:
    """Wrap a message that a library gives in English only; Chinese refers to it instead of quoting it."""
    return Text(quoted(message), "详情见英文说明")


def _shown(fact: object) -> object:
    if isinstance(fact, Text):
        return Text(printable(fact.en, keep=_LAYOUT), printable(fact.zh, keep=_LAYOUT))
    if isinstance(fact, Lines):
        return printable(fact, keep=_LAYOUT)
    if isinstance(fact, (str, os.PathLike)):
        return quoted(fact)
    return fact


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _NOT_SHOWN:
        return character
    return character.encode("unicode_escape").decode("ascii")
