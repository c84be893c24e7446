"""Finds the gaps of an attempt's recordings, and what was known to happen when each began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NEAR = timedelta(seconds=10)
"""How long before a gap or within it an event may be, to be named with it."""
LEAST = timedelta(milliseconds=100)
"""The shortest gap that is one: the lengths of files are known less exactly."""
SEAM = timedelta(seconds=2)
"""The longest gap that a new take leaves by itself."""
SEAM_CAUSE, UNKNOWN = "seam", "unknown"
NEVER_STORED, GONE, DIFFERS = "never-stored", "gone-from-store", "differs"
_BEGINNING = "take-started"
"""The event that a recording began: no cause of a gap."""


@dataclass(frozen=True)
class Span:
    """A take as far as it was recorded: from its begin for as long as its segments last."""

    stream: str
    take: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Happened:
    """An event: when, its code, and what it says of the cause; None where it says nothing of one."""

    at: datetime
    code: str
    cause: str | None = None


@dataclass(frozen=True)
class Gap:
    """A time in which a stream was not recorded. ``events`` are the codes of what happened near its begin."""

    stream: str
    begins: datetime
    ends: datetime
    cause: str
    events: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.ends - self.begins).total_seconds()


@dataclass(frozen=True)
class MissingSegments:
    """Segments of a take that are not in the export, with what is known of them."""

    stream: str
    take: str
    numbers: tuple[int, ...]
    cause: str


def find(
    streams: Iterable[str],
    spans: Sequence[Span],
    events: Sequence[Happened],
    begins: datetime,
    ends: datetime,
) -> Iterator[Gap]:
    """Yield the gaps of each stream between ``begins`` and ``ends`` that are longer than :data:`LEAST`."""
    for stream in sorted(set(streams)):
        reached = begins
        for span in sorted((span for span in spans if span.stream == stream), key=lambda span: span.begins):
            if reached + LEAST < min(span.begins, ends):
                yield _gap(stream, reached, min(span.begins, ends), events)
            reached = max(reached, span.ends)
        if reached + LEAST < ends:
            yield _gap(stream, reached, ends, events)


def _gap(stream: str, begins: datetime, ends: datetime, events: Sequence[Happened]) -> Gap:
    near = [event for event in events if begins - NEAR <= event.at < min(ends, begins + NEAR)]
    causes = [event.cause for event in near if event.cause is not None and event.code != _BEGINNING]
    unexplained = SEAM_CAUSE if ends - begins <= SEAM else UNKNOWN
    codes = tuple(dict.fromkeys(event.code for event in near))
    return Gap(stream, begins, ends, causes[0] if causes else unexplained, codes)
