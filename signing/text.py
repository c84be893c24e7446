"""Sentences in Chinese and English, with placeholders for facts."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, NamedTuple

_PLACEHOLDER = re.compile(r"\{(\w+)[.}]")


class Text(NamedTuple):
    """One sentence in the two languages that people here read."""

    en: str
    zh: str

    def placeholders(self) -> FrozenSet[str]:
        """The names in braces, which must be the same in both languages."""
        return frozenset(_PLACEHOLDER.findall(self.en)) | frozenset(_PLACEHOLDER.findall(self.zh))

    def filled(self, facts: Dict[str, object]) -> Text:
        """The same sentence with its placeholders replaced."""
        return Text(self.en.format(**facts), self.zh.format(**facts))
