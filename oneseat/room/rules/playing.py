"""Places an attempt's segments on the server's clock, for a player: which take has which moment, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneseat.room.rules import gaps
from oneseat.room.rules.gaps import Gap, Happened, Span
from oneseat.room.rules.segments import COMPUTER_STREAMS
from oneseat.state.room.takes import Take

SEGMENT = timedelta(seconds=30)
"""How long a segment lasts that is not the last of its take: every recorder begins a new one by its timer."""


@dataclass(frozen=True)
class Placed:
    """A take from its begin to its end. ``stored`` has a 1 for each segment that was received, else a 0.

    While ``is_running``, its last seconds are not closed or not uploaded yet.
    """

    take: str
    stream: str
    mime: str
    begins: datetime
    ends: datetime
    stored: str
    is_running: bool


def place(
    recorded: Iterable[Take], ended: Mapping[str, datetime], now: datetime, *, is_over: bool
) -> list[Placed]:
    """Place takes. ``ended`` has when they ended, by their events; ``is_over`` is whether nothing records."""
    takes = sorted(recorded, key=lambda take: (take.stream, take.began_at))
    newest = {take.stream: take.take for take in takes}
    return [
        _placed(take, ended.get(take.take), now, is_running=not is_over and newest[take.stream] == take.take)
        for take in takes
    ]


def find_gaps(
    placed: Sequence[Placed], happened: Sequence[Happened], begins: datetime, ends: datetime
) -> list[Gap]:
    """The times in which a stream was not recorded, with what was known to happen."""
    spans = [Span(each.stream, each.take, each.begins, each.ends) for each in placed]
    streams = {*COMPUTER_STREAMS, *(each.stream for each in placed)}
    return list(gaps.find(streams, spans, happened, begins, ends))


def _placed(take: Take, ended: datetime | None, now: datetime, *, is_running: bool) -> Placed:
    count = max(take.promised or 0, take.announced)
    runs = is_running and ended is None and take.promised is None
    ends = now if runs else ended or take.began_at + count * SEGMENT
    stored = "".join("1" if take.is_stored(number) else "0" for number in range(count))
    return Placed(take.take, take.stream, take.mime, take.began_at, max(take.began_at, ends), stored, runs)
