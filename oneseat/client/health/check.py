"""Base class of checks, the findings they return, and which findings forbid entry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Dict, Iterable, Optional, Tuple

from signing.text import Text

PASS, WARN, BLOCK, UNKNOWN = "pass", "warn", "block", "unknown"
STATUSES = (PASS, WARN, BLOCK, UNKNOWN)

LIMIT_S = 5.0
"""Default time limit of a check."""
_NOTHING = Text("", "")


@dataclass(frozen=True)
class Finding:
    """Result of one check: status, evidence, and remedy (empty if nothing is to be done).

    ``forbidden`` is whether it forbids entry to a session, see :attr:`Check.forbids`.
    """

    check: str
    name: Text
    status: str
    evidence: Text
    remedy: Text = _NOTHING
    forbidden: bool = False


class Unanswered(Exception):
    """A probe has no answer. ``reason`` says why, in a few words.

    ``advice`` is the remedy to show, if there is a better one than to check again.
    """

    def __init__(self, reason: Text, advice: Optional[Text] = None) -> None:
        super().__init__(reason.en)
        self.reason, self.advice = reason, advice


class Check(ABC):
    """One check. ``key`` is its name in reports, ``name`` its name on the page.

    Checks that are ``alone`` run after all others, which would disturb them. ``forbids`` is true if the
    notice forbids what the check looks for; then it also forbids entry to a session. Something missing (a
    camera, memory) blocks on the page only: it harms its owner alone, and Windows may report it wrongly.
    """

    key: ClassVar[str]
    name: ClassVar[Text]
    limit_s: ClassVar[float] = LIMIT_S
    alone: ClassVar[bool] = False
    forbids: ClassVar[bool] = False

    @abstractmethod
    def run(self) -> Finding:
        """Query the probes and judge the result.

        Raises:
            Unanswered: a probe has no answer.
        """

    def passed(self, evidence: Text) -> Finding:
        """Finding: the requirement is met."""
        return Finding(self.key, self.name, PASS, evidence)

    def warned(self, evidence: Text, remedy: Text) -> Finding:
        """Finding: something to fix that does not block."""
        return Finding(self.key, self.name, WARN, evidence, remedy)

    def blocked(self, evidence: Text, remedy: Text) -> Finding:
        """Finding: something is forbidden, or something required is missing."""
        return Finding(self.key, self.name, BLOCK, evidence, remedy, forbidden=self.forbids)

    def unknown(self, evidence: Text, remedy: Text) -> Finding:
        """Finding: no answer, so neither passed nor failed."""
        return Finding(self.key, self.name, UNKNOWN, evidence, remedy)


@dataclass(frozen=True)
class Blocked:
    """A finding that forbids entry: check, name, evidence, remedy."""

    check: str
    name: Text
    evidence: Text
    remedy: Text


def blocking(findings: Iterable[Finding]) -> Tuple[Blocked, ...]:
    """Select the findings that forbid entry, in their order."""
    return tuple(
        Blocked(finding.check, finding.name, finding.evidence, finding.remedy)
        for finding in findings
        if finding.forbidden
    )


def tally(findings: Iterable[Finding]) -> Dict[str, int]:
    """Count the findings of each status."""
    counts = dict.fromkeys(STATUSES, 0)
    for finding in findings:
        counts[finding.status] += 1
    return counts


def listed(texts: Iterable[Text]) -> Text:
    """Join texts with each language's separator."""
    every = tuple(texts)
    return Text("; ".join(text.en for text in every), "；".join(text.zh for text in every))
