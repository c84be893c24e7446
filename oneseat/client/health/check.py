"""What a check is, what it finds, and which findings stand in the way of an interview."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Dict, Iterable, Optional, Tuple

from signing.text import Text

PASS, WARN, BLOCK, UNKNOWN = "pass", "warn", "block", "unknown"
STATUSES = (PASS, WARN, BLOCK, UNKNOWN)

LIMIT_S = 5.0
"""How long a check may take unless it says otherwise."""
_NOTHING = Text("", "")


@dataclass(frozen=True)
class Finding:
    """What one check found: the status, what was seen, and what to do (empty where nothing is to be done).

    ``forbidden`` is whether a door must refuse for it, see :attr:`Check.forbids`.
    """

    check: str
    name: Text
    status: str
    evidence: Text
    remedy: Text = _NOTHING
    forbidden: bool = False


class Unanswered(Exception):
    """The computer, or the network, does not say what a check asks; ``reason`` is why, in a few words.

    ``advice`` is what the candidate can do about it, where that is more than to try again.
    """

    def __init__(self, reason: Text, advice: Optional[Text] = None) -> None:
        super().__init__(reason.en)
        self.reason, self.advice = reason, advice


class Check(ABC):
    """One thing to look at. ``key`` is its name in reports, ``name`` its name on the page.

    ``alone`` checks run after all others, since those would disturb them. ``forbids`` is true where the
    notice forbids what the check looks for: then a door refuses too. What is merely missing (a camera, some
    memory) blocks on the page and harms its owner alone, who may know better than Windows.
    """

    key: ClassVar[str]
    name: ClassVar[Text]
    limit_s: ClassVar[float] = LIMIT_S
    alone: ClassVar[bool] = False
    forbids: ClassVar[bool] = False

    @abstractmethod
    def run(self) -> Finding:
        """Look, and say what was found.

        Raises:
            Unanswered: it cannot be found out here.
        """

    def passed(self, evidence: Text) -> Finding:
        """All is well."""
        return Finding(self.key, self.name, PASS, evidence)

    def warned(self, evidence: Text, remedy: Text) -> Finding:
        """Something to mend that keeps nobody out."""
        return Finding(self.key, self.name, WARN, evidence, remedy)

    def blocked(self, evidence: Text, remedy: Text) -> Finding:
        """The notice forbids it, or asks for what is not there."""
        return Finding(self.key, self.name, BLOCK, evidence, remedy, forbidden=self.forbids)

    def unknown(self, evidence: Text, remedy: Text) -> Finding:
        """It could not be found out."""
        return Finding(self.key, self.name, UNKNOWN, evidence, remedy)


@dataclass(frozen=True)
class Blocked:
    """One finding for which a door must refuse: which check, its name, why, and what to do."""

    check: str
    name: Text
    evidence: Text
    remedy: Text


def blocking(findings: Iterable[Finding]) -> Tuple[Blocked, ...]:
    """What a door must refuse for, in the order of the findings; empty where nothing stands in the way."""
    return tuple(
        Blocked(found.check, found.name, found.evidence, found.remedy)
        for found in findings
        if found.forbidden
    )


def tally(findings: Iterable[Finding]) -> Dict[str, int]:
    """How many findings there are of each status."""
    counts = dict.fromkeys(STATUSES, 0)
    for found in findings:
        counts[found.status] += 1
    return counts


def legible(foreign: str, limit: int = 60) -> str:
    """A name from elsewhere on one line, without control characters, not longer than ``limit``."""
    printable = "".join(letter if letter.isprintable() else " " for letter in foreign)
    return " ".join(printable.split())[:limit]


def listed(texts: Iterable[Text]) -> Text:
    """Several texts as one, separated as each language does."""
    every = tuple(texts)
    return Text("; ".join(text.en for text in every), "；".join(text.zh for text in every))
