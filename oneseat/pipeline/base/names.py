"""The client's version, and the names of an exam that are fixed in its build."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat import __version__
from signing.charter import Charter
from signing.text import Text

VERSION = __version__
"""The client's version, as Windows shows it."""


@dataclass(frozen=True)
class ExamNames:
    """The names of an exam that are fixed in its build: names that Windows shows, and the hotline."""

    exam: str
    product: Text
    title: Text
    publisher: Text
    hotline: str

    @classmethod
    def of(cls, charter: Charter) -> ExamNames:
        """Read the names from a charter."""
        return cls(charter.exam, charter.product, charter.title, charter.publisher, charter.support.hotline)
