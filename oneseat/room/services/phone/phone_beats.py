"""The phone's control call, as the computer's: takes, segments, addresses, and what the phone says of itself.

Phones are a third of all streams, so their beats share transactions and statements as the computer's do.
A take belongs to the attempt in which it began: a phone that was away for a night brings what it filmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import StepOutOfOrder
from oneseat.room.refusals.phones import PhonesNotUsed
from oneseat.room.rules import phones as rules
from oneseat.room.rules import steps
from oneseat.room.rules.segments import PHONE_STREAMS
from oneseat.room.services.attempts import completion, symptoms
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.page import beats
from oneseat.room.services.page.beat_merging import Beat, SegmentKey, merge
from oneseat.room.services.phone import phone_calls
from oneseat.room.services.phone.phone_calls import PhoneCall
from oneseat.room.services.phone.phone_view import answered, is_counted, view
from oneseat.state.room import attempts, permissions, phones, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.phones import Heard, Phone
from oneseat.state.room.takes import Take, TakeCount
from oneseat.web.refusals import RequestInvalid

Refusal = RoomError | RequestInvalid
Takes = dict[str, Take]
_NO_TAKES = TakeCount()
_AT_PLACE = "body.takes"


@dataclass(frozen=True)
class GivenPhoneBeat:
    """A beat of the phone with this cookie and epoch; ``facts`` is what it says of itself (JSON).

    ``present`` is as for :class:`oneseat.room.services.page.beats.GivenBeat`.
    """

    cookie: bytes
    epoch: int
    said: Beat
    facts: str
    present: frozenset[SegmentKey] | None = None


@dataclass(frozen=True)
class TakenPhoneBeat:
    """A phone's beat that was committed. ``due`` are attempts that may be complete."""

    given: GivenPhoneBeat
    known: Mapping[str, Take] = field(repr=False)
    due: Sequence[str]
    answer: dict[str, Any] = field(repr=False)


@dataclass
class _Merged:
    """A beat within its group: the call, and the takes that it names before and after it."""

    call: PhoneCall
    given: GivenPhoneBeat
    known: Takes
    takes: Takes = field(default_factory=dict)

    @property
    def grew(self) -> bool:
        """Whether it brought a new take or a new segment."""
        return any(
            name not in self.known or take.announced > self.known[name].announced
            for name, take in self.takes.items()
        )


def beat(room: ServedRoom, given: GivenPhoneBeat) -> dict[str, Any]:
    """Take in what a phone says; answer with its view, addresses and what is stored.

    Raises:
        As :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
        As :func:`oneseat.room.services.page.beat_merging.merge`.
    """
    (refusal,) = refuse_strangers(room, [given])
    if refusal is not None:
        raise refusal
    (taken,) = take_in(room, [look(room, given) if beats.is_look_needed(room, given.said) else given])
    if isinstance(taken, Exception):
        raise taken
    return finish(room, taken)


def look(room: ServedRoom, given: GivenPhoneBeat) -> GivenPhoneBeat:
    """Ask a bucket which of the named segments it holds, outside of any transaction.

    Raises:
        PhoneUnknown, NewerWindow: as for :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
        StoreUnavailable: the bucket does not answer.
    """
    with room.database.reading() as connection:
        phone = phone_calls.of_cookie(room, connection, given.cookie, given.epoch)
        mine = attempts.list_of_seat(connection, room.exam, phone.jti)
        keys = {(each.id, take) for each in mine for take in given.said.named_takes()}
        known = {take.take: take for take in takes.find_of_several(connection, keys).values()}
    return replace(given, present=frozenset(beats.stored_of(room, given.said, known)))


def refuse_strangers(room: ServedRoom, given: Sequence[GivenPhoneBeat]) -> list[Refusal | None]:
    """As :func:`oneseat.room.services.page.beats.refuse_strangers`, for phones."""
    with room.database.reading() as connection:
        known = phones.find_by_cookies(connection, room.exam, {each.cookie for each in given})
    return [_refusal_of(known.get(each.cookie), each) for each in given]


def take_in(room: ServedRoom, given: Sequence[GivenPhoneBeat]) -> list[TakenPhoneBeat | Refusal]:
    """Take in beats of different phones in one transaction; a refusal takes the place of its beat.

    Raises:
        RoomNotReady, StateUnavailable: nothing was taken in.
    """
    with room.database.writing() as connection:
        return take_in_on(room, connection, given)


def take_in_on(
    room: ServedRoom, connection: Connection, given: Sequence[GivenPhoneBeat]
) -> list[TakenPhoneBeat | Refusal]:
    """As :func:`take_in`, in a transaction with the write lock that the caller commits."""
    return _Group(room, connection).take_in(given)


def finish(room: ServedRoom, taken: TakenPhoneBeat) -> dict[str, Any]:
    """The answer to a committed beat, with addresses. An attempt that lacks nothing any more is completed."""
    answer = dict(taken.answer)
    if completion.confirm_all(room, taken.due):
        with room.database.reading() as connection:
            phone = phone_calls.of_cookie(room, connection, taken.given.cookie, taken.given.epoch)
            answer |= answered(phone_calls.open_phone(room, connection, phone, locked=False))
    return {**answer, "puts": beats.puts_for(room, taken.known, taken.given.said)}


class _Group:
    """Beats of one transaction. They share the statements, except for those of events and completions."""

    def __init__(self, room: ServedRoom, connection: Connection) -> None:
        self._room, self._connection = room, connection
        self._charter, self._now = room.charter_in(connection), room.clock.now()

    def take_in(self, given: Sequence[GivenPhoneBeat]) -> list[TakenPhoneBeat | Refusal]:
        """The results in the beats' order."""
        if self._charter.charter.phone is None:
            return [PhonesNotUsed() for _ in given]
        results: dict[bytes, TakenPhoneBeat | Refusal] = {}
        merged = []
        for each in self._opened(given, results):
            try:
                self._merge(each)
            except (RoomError, RequestInvalid) as refusal:
                results[each.given.cookie] = refusal
            else:
                merged.append(each)
        self._save(merged)
        for each, taken in zip(merged, self._taken(merged), strict=True):
            results[each.given.cookie] = taken
        return [results[each.cookie] for each in given]

    def _opened(
        self, given: Sequence[GivenPhoneBeat], refused: dict[bytes, TakenPhoneBeat | Refusal]
    ) -> list[_Merged]:
        """Find phones, lock their seats' attempts, and find the takes that are named."""
        known = phones.find_by_cookies(self._connection, self._room.exam, {each.cookie for each in given})
        good = []
        for each in given:
            phone = known.get(each.cookie)
            refusal = _refusal_of(phone, each)
            if refusal is not None:
                refused[each.cookie] = refusal
            elif phone is not None:
                good.append((phone, each))
        seats = attempts.lock_of_seats(self._connection, self._room.exam, {phone.jti for phone, _ in good})
        opened = [
            _Merged(
                phone_calls.brought_up_to_date(
                    self._room, self._connection, self._charter, phone, seats[phone.jti], self._now
                ),
                each,
                {},
            )
            for phone, each in good
        ]
        self._find_takes(opened)
        return opened

    def _find_takes(self, opened: Sequence[_Merged]) -> None:
        keys = {
            (attempt.id, take)
            for each in opened
            for attempt in each.call.attempts
            for take in each.given.said.named_takes()
        }
        found = takes.find_of_several(self._connection, keys)
        for each in opened:
            mine = {attempt.id for attempt in each.call.attempts}
            names = each.given.said.named_takes()
            each.known = {
                take.take: take for (its, name), take in found.items() if its in mine and name in names
            }
        bringing = {
            attempt.id
            for each in opened
            if each.given.said.takes or each.given.said.segments
            for attempt in each.call.attempts
        }
        self._held = takes.count_of_several(self._connection, bringing)

    def _merge(self, each: _Merged) -> None:
        """Merge a beat into the attempts that its takes belong to."""
        given, call = each.given, each.call
        if any(take.stream not in PHONE_STREAMS for take in each.known.values()):
            raise RequestInvalid(where=_AT_PLACE)
        present = given.present
        if present is None:
            present = frozenset(beats.stored_of(self._room, given.said, each.known))
        for attempt, said in _by_attempt(each):
            if not steps.may_upload(attempt, self._now):
                continue  # what comes too late must not keep back what does not
            known = {name: take for name, take in each.known.items() if take.attempt == attempt.id}
            stored = {key for key in present if key[0] in known}
            held = self._held.get(attempt.id, _NO_TAKES)
            try:
                each.takes |= merge(attempt, said, known, held, stored, PHONE_STREAMS)
            except RoomError:
                if call.attempt is not None and attempt.id == call.attempt.id:
                    raise

    def _save(self, merged: Sequence[_Merged]) -> None:
        changed = [
            take for each in merged for name, take in each.takes.items() if take != each.known.get(name)
        ]
        takes.save(self._connection, changed)
        phones.hear_all(self._connection, [self._heard(each) for each in merged], self._now)
        waiting = {
            each.call.attempt.id
            for each in merged
            if each.call.attempt is not None
            and each.call.attempt.phone_at is None
            and self._charter.has_phone_step
            and each.call.phone.is_live
            and each.call.phone.consent_at is not None
        }
        attempts.record_phones(self._connection, waiting, self._now)

    def _heard(self, each: _Merged) -> Heard:
        phone, attempt = each.call.phone, each.call.attempt
        films = attempt is not None and attempt.handed_in_at is None
        filmed = attempt.id if attempt is not None and films else phone.filmed
        recorded = self._now if films and phone.is_live and each.grew else None
        return Heard(phone, each.given.facts, filmed, recorded)

    def _taken(self, merged: Sequence[_Merged]) -> list[TakenPhoneBeat]:
        """The results of beats that were saved."""
        films = {each.call.attempt.id for each in merged if each.call.attempt is not None}
        held = permissions.find_open_of(self._connection, self._room.exam, films, self._now)
        counted = {
            each.call.attempt.id for each in merged if each.call.attempt is not None and is_counted(each.call)
        }
        recorded = takes.list_of_several(self._connection, counted)
        said = [
            (each.call.attempt, each.given.said.events) for each in merged if each.call.attempt is not None
        ]
        symptoms.note(self._connection, self._room.exam, said, self._now)
        results = []
        for each in merged:
            attempt = each.call.attempt
            name = "" if attempt is None else attempt.id
            answer = view(each.call, held.get(name), recorded.get(name, ()))
            answer["received"] = [
                {"take": take, "n": number}
                for take, number in each.given.said.named_segments
                if take in each.takes and each.takes[take].is_stored(number)
            ]
            results.append(TakenPhoneBeat(each.given, each.takes, self._finished(each), answer))
        return results

    def _finished(self, each: _Merged) -> list[str]:
        """Append the events, and find the attempts that may be complete."""
        call = each.call
        if call.attempt is not None:
            beats.append_events(self._call(call.attempt), each.given.said.events)
        touched = {take.attempt for take in each.takes.values()}
        return [
            attempt.id
            for attempt in call.attempts
            if attempt.id in touched and completion.is_due(self._call(attempt))
        ]

    def _call(self, attempt: Attempt) -> Call:
        return Call(self._room, self._connection, self._charter, attempt, self._now)


def _refusal_of(phone: Phone | None, given: GivenPhoneBeat) -> RoomError | None:
    try:
        phone_calls.require_epoch(phone_calls.found(phone), given.epoch)
    except RoomError as refusal:
        return refusal
    return None


def _by_attempt(each: _Merged) -> list[tuple[Attempt, Beat]]:
    """The parts of a beat by the attempts that their takes belong to.

    Raises:
        StepOutOfOrder: it announces a take, and the seat has no attempt yet.
    """
    said, mine = each.given.said, {attempt.id: attempt for attempt in each.call.attempts}
    place = {name: take.attempt for name, take in each.known.items()}
    for announced in said.takes:
        if announced.take not in place:
            attempt = rules.attempt_begun_in(announced.began_at, each.call.attempts)
            if attempt is None:
                raise StepOutOfOrder
            place[announced.take] = attempt.id
    newest = each.call.attempts[0].id if each.call.attempts else ""
    parts = {
        name: Beat(
            [one for one in said.takes if place[one.take] == name],
            [one for one in said.segments if place.get(one.take, newest) == name],
            [one for one in said.stored if place.get(one[0], newest) == name],
        )
        for name in {*place.values(), *([newest] if said.segments else [])}
        if name in mine
    }
    return [(mine[name], part) for name, part in parts.items()]
