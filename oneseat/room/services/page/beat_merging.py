"""Merges what a page announces into its attempt's takes, within an attempt's limits. No database is used."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oneseat.room.refusals.attempts import (
    AttemptFull,
    RecordingComplete,
    SegmentDiffers,
    StepOutOfOrder,
    TakeUnknown,
)
from oneseat.room.rules import segments as segment_rules
from oneseat.room.rules.segments import Fault
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.takes import Take, TakeCount
from oneseat.web.refusals import RequestInvalid

SegmentKey = tuple[str, int]
"""A take's id and a segment's number."""


@dataclass(frozen=True)
class AnnouncedTake:
    """A take as a page announces it. ``promised`` is how many segments it has, None while it runs."""

    take: str
    stream: str
    mime: str
    began_at: datetime
    promised: int | None


@dataclass(frozen=True)
class AnnouncedSegment:
    """A finished segment that a page wants to upload."""

    take: str
    number: int
    size: int
    sha256: bytes


@dataclass(frozen=True)
class Beat:
    """What a page says in one call. ``stored`` names segments whose upload was answered as successful."""

    takes: Sequence[AnnouncedTake] = ()
    segments: Sequence[AnnouncedSegment] = ()
    stored: Sequence[SegmentKey] = ()
    events: Sequence[RoomEvent] = field(default=())

    @functools.cached_property
    def named_segments(self) -> list[SegmentKey]:
        """Every segment that the call names, once."""
        return list(dict.fromkeys([*self.stored, *((each.take, each.number) for each in self.segments)]))

    def named_takes(self) -> set[str]:
        """Every take that the call names."""
        return {each.take for each in self.takes} | {take for take, _ in self.named_segments}


def merge(
    attempt: Attempt,
    said: Beat,
    known: Mapping[str, Take],
    held: TakeCount,
    present: Collection[SegmentKey],
    streams: Collection[str] = segment_rules.COMPUTER_STREAMS,
) -> dict[str, Take]:
    """The takes that a call names, as they are after it.

    ``known`` are those of them that were announced before, ``held`` counts all of the attempt's, and
    ``present`` are the named segments that the store holds. ``streams`` are the page's: computer and phone
    share an attempt, and neither may touch what the other has recorded.

    Raises:
        StepOutOfOrder: something was recorded before the consent.
        TakeUnknown: a segment's take was never announced.
        SegmentDiffers: a segment was announced before with other content.
        AttemptFull: there are too many takes, segments or bytes.
        RecordingComplete: something new comes after everything was received.
        RequestInvalid: a take or a segment has the wrong form.
    """
    if attempt.consent_at is None and (said.takes or said.segments):
        raise StepOutOfOrder
    if any(take.stream not in streams for take in known.values()):
        raise RequestInvalid(where="body.takes")
    merged = dict(known)
    for announced in said.takes:
        merged[announced.take] = _take(attempt, merged.get(announced.take), announced, streams)
    _require_room_for(len(merged) - len(known), said.segments, held)
    for segment in said.segments:
        merged[segment.take] = _announce(merged.get(segment.take), segment)
    if attempt.completed_at is not None and any(_grew(known.get(name), merged[name]) for name in merged):
        raise RecordingComplete
    for take, number in sorted(present):
        merged[take] = merged[take].mark_stored([number])
    return merged


def _grew(before: Take | None, after: Take) -> bool:
    return before is None or (before.hashes, before.promised) != (after.hashes, after.promised)


def _take(attempt: Attempt, known: Take | None, announced: AnnouncedTake, streams: Collection[str]) -> Take:
    if known is None:
        about = (announced.take, announced.stream, announced.mime)
        if segment_rules.check_take(*about, streams) is not None:
            raise RequestInvalid(where="body.takes")
        facts = (announced.stream, announced.mime, announced.began_at)
        known = Take(attempt.id, announced.take, attempt.exam, *facts)
    return known if announced.promised is None else known.promise(announced.promised)


def _require_room_for(more_takes: int, segments: Sequence[AnnouncedSegment], held: TakeCount) -> None:
    """Refuse more takes, segments or bytes than any interview can have."""
    if not more_takes and not segments:
        return
    if (
        held.takes + more_takes > segment_rules.MAX_TAKES
        or held.segments + len(segments) > segment_rules.MAX_SEGMENTS_OF_ATTEMPT
        or held.size_total + sum(each.size for each in segments) > segment_rules.MAX_BYTES_OF_ATTEMPT
    ):
        raise AttemptFull


def _announce(take: Take | None, segment: AnnouncedSegment) -> Take:
    if take is None:
        raise TakeUnknown
    fault = segment_rules.check_segment(take, segment.number, segment.size, segment.sha256)
    if fault is Fault.DIGEST and take.sha256_of(segment.number) is not None:
        raise SegmentDiffers
    if fault is not None:
        raise RequestInvalid(where="body.segments")
    return take.announce(segment.number, segment.sha256, segment.size)
