"""The page's control call: announces takes and segments, gets upload addresses and what is stored.

Beats that arrive together share one write transaction and its statements (:func:`take_in`), since a
transaction costs many times what a beat changes. Answers are given after the commit. What a bucket holds is
asked before, so that no lock waits for the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.rules.phones import PhoneFault
from oneseat.room.rules.segments import SegmentName
from oneseat.room.services.attempts import completion, symptoms, window_calls
from oneseat.room.services.attempts.window_calls import Call, find_attempt, hash_of, open_calls
from oneseat.room.services.page import bulletins, guarding, phone_status
from oneseat.room.services.page.attempt_view import EVERY_S, HURRIED_EVERY_S, as_read, current_view
from oneseat.room.services.page.beat_merging import Beat, SegmentKey, merge
from oneseat.room.services.papers.paper_delivery import key_view
from oneseat.state.room import attempts, events, takes
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.takes import Take, TakeCount
from oneseat.store.segments import SegmentUpload
from oneseat.web.refusals import RequestInvalid

MAX_EVENTS = 5000
"""Events of one attempt that a page may bring."""
URL_LIFE = timedelta(minutes=15)
"""How long an address for an upload is good. A page that needs it later asks again."""

Refusal = RoomError | RequestInvalid
Takes = dict[str, Take]
_NO_TAKES = TakeCount()


@dataclass(frozen=True)
class GivenBeat:
    """A beat of the window with this cookie and epoch.

    ``present`` are the segments that the store is known to hold; None where the store is a folder, which is
    asked within the transaction.
    """

    cookie: bytes
    epoch: int
    said: Beat
    present: frozenset[SegmentKey] | None = None


@dataclass(frozen=True)
class TakenBeat:
    """A beat that was committed. ``is_due`` says that its attempt may be complete."""

    said: Beat
    known: Mapping[str, Take] = field(repr=False)
    attempt: str
    is_due: bool
    answer: dict[str, Any] = field(repr=False)


def beat(room: ServedRoom, cookie: str | None, epoch: int, said: Beat) -> dict[str, Any]:
    """Take in what a page says; answer with addresses, what is stored, the attempt, the paper's key.

    Raises:
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
        As :func:`oneseat.room.services.page.beat_merging.merge`.
    """
    given = GivenBeat(hash_of(cookie), epoch, said)
    (taken,) = take_in(room, [look(room, cookie, given) if is_look_needed(room, said) else given])
    if isinstance(taken, Exception):
        raise taken
    return finish(room, taken)


def is_look_needed(room: ServedRoom, said: Beat) -> bool:
    """Whether a beat names segments, and the store is a bucket: then :func:`look` comes before it."""
    return room.segments.origin is not None and bool(said.stored or said.segments)


def look(room: ServedRoom, cookie: str | None, given: GivenBeat) -> GivenBeat:
    """Ask a bucket which of the named segments it holds, outside of any transaction.

    Raises:
        WindowUnknown, NewerWindow: as for :func:`oneseat.room.services.attempts.window_calls.open_call`.
        StoreUnavailable: the bucket does not answer.
    """
    with room.database.reading() as connection:
        attempt = find_attempt(room, connection, cookie, given.epoch)
        known = takes.find_some(connection, attempt.id, given.said.named_takes())
    return replace(given, present=frozenset(stored_of(room, given.said, known)))


def take_in(room: ServedRoom, given: Sequence[GivenBeat]) -> list[TakenBeat | Refusal]:
    """Take in beats of different windows in one transaction; a refusal takes the place of its beat.

    Raises:
        RoomNotReady, StateUnavailable: nothing was taken in.
    """
    refusals = [each for each in refuse_strangers(room, given) if each is not None]
    return [*refusals] if len(refusals) == len(given) else take_in_known(room, given)


def take_in_known(room: ServedRoom, given: Sequence[GivenBeat]) -> list[TakenBeat | Refusal]:
    """As :func:`take_in`, where it is known that not all of them are strangers.

    Raises:
        RoomNotReady, StateUnavailable: nothing was taken in.
    """
    with room.database.writing() as connection:
        return take_in_on(room, connection, given)


def refuse_strangers(room: ServedRoom, given: Sequence[GivenBeat]) -> list[Refusal | None]:
    """The refusals of beats of strangers, before they wait for a lock; None for each that may call."""
    with room.database.reading() as connection:
        return [
            *window_calls.refuse_strangers(room, connection, [(each.cookie, each.epoch) for each in given])
        ]


def take_in_on(
    room: ServedRoom, connection: Connection, given: Sequence[GivenBeat]
) -> list[TakenBeat | Refusal]:
    """As :func:`take_in`, in a transaction with the write lock that the caller commits."""
    results = _take_in(room, connection, {each.cookie: each for each in given})
    return [results[each.cookie] for each in given]


def finish(room: ServedRoom, taken: TakenBeat) -> dict[str, Any]:
    """The answer to a committed beat, with addresses. An attempt that lacks nothing any more is completed."""
    answer = dict(taken.answer)
    if taken.is_due and completion.confirm(room, taken.attempt):
        answer["attempt"] = current_view(room, taken.attempt, room.clock.now())
    return {**answer, "puts": puts_for(room, taken.known, taken.said)}


def answer(
    call: Call, said: Beat, known: Mapping[str, Take], phone_fault: PhoneFault | None
) -> dict[str, Any]:
    """What a beat is answered with, but for the addresses. It runs for every beat.

    It sends no statement, except when a paper is decided, or its key handed out for the first time.
    """
    received = [
        {"take": take, "n": number}
        for take, number in said.named_segments
        if take in known and known[take].is_stored(number)
    ]
    return {
        **as_read(call, phone_fault),
        "received": received,
        "paper_key": key_view(call),
        "bulletins": bulletins.page_view(call),
        "every_s": HURRIED_EVERY_S if call.is_hurried else EVERY_S,
        "called": call.attempt.id in call.room.called or _is_permitted(call),
    }


def _is_permitted(call: Call) -> bool:
    """Whether a permission holds, for which the page is to ask unless it knows of it."""
    until = call.attempt.permitted_until
    return until is not None and call.now < until


def _take_in(
    room: ServedRoom, connection: Connection, given: Mapping[bytes, GivenBeat]
) -> dict[bytes, TakenBeat | Refusal]:
    """Results by cookie. All beats share the statements, except for those of events and completions."""
    calls, refused = open_calls(room, connection, {cookie: each.epoch for cookie, each in given.items()})
    results: dict[bytes, TakenBeat | Refusal] = dict(refused)
    said = {calls[cookie].attempt.id: given[cookie].said for cookie in calls}
    known = _find_takes(connection, said)
    held = takes.count_of_several(
        connection, {name for name, its in said.items() if its.takes or its.segments}
    )
    merged: dict[bytes, Takes] = {}
    for cookie, call in calls.items():
        attempt = call.attempt
        before = known[attempt.id]
        try:
            present = _present(room, given[cookie], before)
            merged[cookie] = merge(
                attempt, given[cookie].said, before, held.get(attempt.id, _NO_TAKES), present
            )
        except (RoomError, RequestInvalid) as refusal:
            results[cookie] = refusal
    _save(connection, [calls[cookie] for cookie in merged], known, list(merged.values()))
    if merged:
        said_by = [(calls[cookie].attempt, given[cookie].said.events) for cookie in merged]
        symptoms.note(connection, room.exam, said_by, calls[next(iter(merged))].now)
    for cookie, takes_now in merged.items():
        results[cookie] = _taken(calls[cookie], given[cookie].said, takes_now)
    return results


def _save(
    connection: Connection, calls: Sequence[Call], known: Mapping[str, Takes], merged: Sequence[Takes]
) -> None:
    """Save takes that have changed, and that the windows were heard."""
    changed = [
        take
        for call, its_takes in zip(calls, merged, strict=True)
        for name, take in its_takes.items()
        if take != known[call.attempt.id].get(name)
    ]
    takes.save(connection, changed)
    if calls:
        attempts.record_windows(connection, [call.attempt.id for call in calls], calls[0].now)


def _find_takes(connection: Connection, said: Mapping[str, Beat]) -> dict[str, Takes]:
    """The named takes that were announced before, by attempt."""
    keys = {(attempt, take) for attempt, its in said.items() for take in its.named_takes()}
    found: dict[str, Takes] = {attempt: {} for attempt in said}
    for (attempt, name), take in takes.find_of_several(connection, keys).items():
        found[attempt][name] = take
    return found


def _present(room: ServedRoom, given: GivenBeat, known: Mapping[str, Take]) -> set[SegmentKey]:
    """The named segments that were announced before and that the store holds."""
    if given.present is not None:
        return {key for key in given.present if key[0] in known}
    return stored_of(room, given.said, known)


def stored_of(room: ServedRoom, said: Beat, known: Mapping[str, Take]) -> set[SegmentKey]:
    """The named segments of known takes that the store holds."""
    named = {
        str(name): key
        for key in said.named_segments
        if key[0] in known and (name := SegmentName.of(known[key[0]], key[1])) is not None
    }
    return {named[name] for name in room.segments.held(named)} if named else set()


def _taken(call: Call, said: Beat, known: Takes) -> TakenBeat:
    guarding.note_silence(call)
    append_events(call, said.events)
    bulletins.hear(call, said.events)
    phone_fault = phone_status.note_fault(call)
    is_due = completion.is_due(call)
    return TakenBeat(said, known, call.attempt.id, is_due, answer(call, said, known, phone_fault))


def append_events(call: Call, said: Sequence[RoomEvent]) -> None:
    """Append what a page says, up to :data:`MAX_EVENTS` of an attempt; an event says that more is lost."""
    if not said:
        return
    held = events.count(call.connection, call.room.exam, call.attempt.id, MAX_EVENTS + 1)
    events.append_all(call.connection, call.room.exam, call.attempt.id, said[: max(0, MAX_EVENTS - held)])
    if held <= MAX_EVENTS < held + len(said):
        call.note("events-full")


def puts_for(room: ServedRoom, known: Mapping[str, Take], said: Beat) -> list[dict[str, Any]]:
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
