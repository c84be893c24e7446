"""Sentences in Chinese and English, with placeholders for facts."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, NamedTuple

_PLACEHOLDER = re.compile(r"\{(\w+)[.}]")


class Text(NamedTuple):
    """One sentence in English and Chinese."""

    en: str
    zh: str

    def placeholders(self) -> FrozenSet[str]:
        """Return the names in braces of both languages."""
        return frozenset(_PLACEHOLDER.findall(self.en)) | frozenset(_PLACEHOLDER.findall(self.zh))

    def filled(self, facts: Dict[str, object]) -> Text:
        """Return the sentence with its placeholders replaced."""
        return Text(self.en.format(**facts), self.zh.format(**facts))
