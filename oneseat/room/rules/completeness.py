"""Decides whether everything promised is in the store, and what is missing where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oneseat.room.rules.segments import SegmentName
from oneseat.state.room.takes import Take


@dataclass(frozen=True)
class Listed:
    """What a listing of the store showed: the takes with what is stored, and names that nobody announced.

    A foreign name is another content under a known number, or a take or number that is not known.
    """

    takes: tuple[Take, ...]
    foreign: tuple[str, ...]


def missing(takes: Iterable[Take]) -> dict[str, list[int]]:
    """The numbers of missing segments by take; takes that lack nothing are left out."""
    lacking = {take.take: list(take.missing()) for take in takes}
    return {take: numbers for take, numbers in lacking.items() if numbers}


def is_complete(takes: Iterable[Take]) -> bool:
    """Whether every take has said how many segments it has, and all of them are stored.

    Ask it after a call of the page, which names all of its takes.
    """
    return all(take.promised is not None and not any(True for _ in take.missing()) for take in takes)


def apply_listing(takes: Iterable[Take], names: Iterable[str]) -> Listed:
    """Mark as stored what a store's listing holds under its announced digest."""
    known = {take.take: take for take in takes}
    found: dict[str, list[int]] = {take: [] for take in known}
    foreign = []
    for name in names:
        segment = SegmentName.parse(name)
        if segment is not None and _is_announced(known, segment):
            found[segment.take].append(segment.number)
        else:
            foreign.append(name)
    marked = tuple(take.mark_stored(found[take.take]) for take in known.values())
    return Listed(marked, tuple(foreign))


def _is_announced(known: Mapping[str, Take], segment: SegmentName) -> bool:
    take = known.get(segment.take)
    return take is not None and SegmentName.of(take, segment.number) == segment
