"""Estimates what is left to upload and how long it takes, in the whole numbers that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oneseat.state.room.takes import Take

_MEGABYTE = 1_000_000
_SLOWEST_BPS = 1_000
"""Below it, no time is shown: the network is as good as away."""
_LONGEST_MINUTES = 72 * 60


@dataclass(frozen=True)
class Backlog:
    """What is left to upload. The last two are rounded up; ``minutes`` is None where it is unknown."""

    segments: int
    bytes: int
    megabytes: int
    minutes: int | None


def estimate(segments: int, size_bytes: int, uplink_bps: int | None) -> Backlog:
    """Estimate from what is left and from the measured uplink in bits per second.

    Something left is at least 1 MB and 1 minute: a page never says 0 while it is not done.
    """
    if segments <= 0:
        return Backlog(0, 0, 0, 0)
    return Backlog(
        segments, size_bytes, max(1, _divide_up(size_bytes, _MEGABYTE)), _minutes(size_bytes, uplink_bps)
    )


def of_takes(takes: Iterable[Take], uplink_bps: int | None = None) -> Backlog:
    """Estimate from what the room knows: missing segments have the mean size of their take's announced ones.

    A promised segment that was not announced yet has that size, too.
    """
    segments = size = 0
    for take in takes:
        lacking = take.missing_count
        segments += lacking
        size += _divide_up(lacking * take.size_total, max(1, take.announced_count))
    return estimate(segments, size, uplink_bps)


def _minutes(size_bytes: int, uplink_bps: int | None) -> int | None:
    if uplink_bps is None or uplink_bps < _SLOWEST_BPS:
        return None
    minutes = max(1, _divide_up(size_bytes * 8, uplink_bps * 60))
    return minutes if minutes <= _LONGEST_MINUTES else None


def _divide_up(value: int, by: int) -> int:
    return -(-value // by)
