"""The page's control call: announces takes and segments, gets upload addresses and what is stored.

What the store holds is asked before the transaction, so that no lock waits for the network. Everything a
call changes is one transaction, and its answer is sent after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import AttemptFull, SegmentDiffers, StepOutOfOrder, TakeUnknown
from oneseat.room.rules import segments as segment_rules
from oneseat.room.rules.segments import Fault, SegmentName
from oneseat.room.services import completion
from oneseat.room.services.attempt_view import EVERY_S, answered, current_view, paper_view
from oneseat.room.services.window_calls import Call, find_attempt, open_call
from oneseat.state.room import attempts, events, takes
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.takes import Take
from oneseat.store.segments import SegmentUpload
from oneseat.web.refusals import RequestInvalid

MAX_EVENTS = 5000
"""Events of one attempt that a page may bring."""
URL_LIFE = timedelta(minutes=15)
"""How long an address for an upload is good. A page that needs it later asks again."""

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


def beat(room: ServedRoom, cookie: str | None, epoch: int, said: Beat) -> dict[str, Any]:
    """Take in what a page says; answer with addresses, what is stored, the attempt and, later, the paper.

    Raises:
        TakeUnknown: a segment's take was never announced.
        SegmentDiffers: a segment was announced before with other content.
        AttemptFull: there are too many takes.
        StepOutOfOrder: something was recorded before the consent.
        RequestInvalid: a take or a segment has the wrong form.
        As :func:`oneseat.room.services.window_calls.open_call`.
    """
    present = _present(room, cookie, epoch, said)
    with open_call(room, cookie, epoch) as call:
        if call.attempt.consent_at is None and (said.takes or said.segments):
            raise StepOutOfOrder
        known = _merge(call, said, present)
        attempts.record_window(call.connection, call.attempt.id, call.now)
        _append_events(call, said.events)
        due = completion.is_due(call)
        answer = {
            **answered(call),
            "received": [
                {"take": take, "n": number}
                for take, number in _named(said)
                if take in known and known[take].is_stored(number)
            ],
            "paper": paper_view(room, call.attempt, call.now),
            "every_s": EVERY_S,
        }
    if due and completion.confirm(room, call.attempt.id):
        answer["attempt"] = current_view(room, call.attempt.id, call.now)
    return {**answer, "puts": _puts(room, known, said)}


def _named(said: Beat) -> list[SegmentKey]:
    """Every segment that a call names, once."""
    return list(dict.fromkeys([*said.stored, *((each.take, each.number) for each in said.segments)]))


def _present(room: ServedRoom, cookie: str | None, epoch: int, said: Beat) -> set[SegmentKey]:
    """The named segments that were announced before and that the store holds."""
    named = _named(said)
    if not named:
        return set()
    with room.database.reading() as connection:
        attempt = find_attempt(room, connection, cookie, epoch)
        known = takes.find_some(connection, attempt.id, {take for take, _ in named})
    names = {key: SegmentName.of(known[key[0]], key[1]) for key in named if key[0] in known}
    return {key for key, name in names.items() if name is not None and room.segments.has(str(name))}


def _merge(call: Call, said: Beat, present: set[SegmentKey]) -> dict[str, Take]:
    """The takes that a call names, as they are after it, saved."""
    named = {each.take for each in said.takes} | {take for take, _ in _named(said)}
    before = takes.find_some(call.connection, call.attempt.id, named)
    merged = dict(before)
    for announced in said.takes:
        merged[announced.take] = _take(call, merged.get(announced.take), announced)
    _require_room_for(call, len(merged) - len(before), said.segments)
    for segment in said.segments:
        merged[segment.take] = _announce(merged.get(segment.take), segment)
    for key in sorted(present):
        merged[key[0]] = merged[key[0]].mark_stored([key[1]])
    takes.save(call.connection, [take for name, take in merged.items() if take != before.get(name)])
    return merged


def _take(call: Call, known: Take | None, announced: AnnouncedTake) -> Take:
    if known is None:
        if segment_rules.check_take(announced.take, announced.stream, announced.mime) is not None:
            raise RequestInvalid(where="body.takes")
        known = Take(
            call.attempt.id,
            announced.take,
            call.room.exam,
            announced.stream,
            announced.mime,
            announced.began_at,
        )
    return known if announced.promised is None else known.promise(announced.promised)


def _append_events(call: Call, said: Sequence[RoomEvent]) -> None:
    """Append what a page says, up to :data:`MAX_EVENTS` of an attempt; an event says that more is lost."""
    if not said:
        return
    held = events.count(call.connection, call.room.exam, call.attempt.id, MAX_EVENTS + 1)
    events.append_all(call.connection, call.room.exam, call.attempt.id, said[: max(0, MAX_EVENTS - held)])
    if held <= MAX_EVENTS < held + len(said):
        call.note("events-full")


def _require_room_for(call: Call, more_takes: int, segments: Sequence[AnnouncedSegment]) -> None:
    """Refuse more takes, segments or bytes than any interview can have."""
    if not more_takes and not segments:
        return
    held = takes.count(call.connection, call.attempt.id)
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


def _puts(room: ServedRoom, known: Mapping[str, Take], said: Beat) -> list[dict[str, Any]]:
    """An address for each segment that is wanted and not stored yet."""
    puts, now = [], room.upload_clock.now()
    for segment in said.segments:
        take = known[segment.take]
        name = SegmentName.of(take, segment.number)
        if name is None or take.is_stored(segment.number):
            continue
        upload = SegmentUpload(str(name), segment.size, segment.sha256.hex())
        put = room.segments.url_for(upload, now, now + URL_LIFE)
        which = {"take": segment.take, "n": segment.number}
        puts.append({**which, "method": put.method, "url": put.url, "headers": dict(put.headers)})
    return puts
