"""Lets a phone in: by a typed identity or a pairing code, with a proof of its key and its app's licence.

A seat has one live phone. Of two logins at the same time the database lets one win. A phone that comes with
a key that its seat knows is the same phone: it keeps its id, under which it has stored what it recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.phones import (
    MoveCodeWrong,
    PhoneLiveElsewhere,
    PhoneProofInvalid,
    PhonesNotUsed,
    PhoneUnknown,
)
from oneseat.room.rules import phones as rules
from oneseat.room.services.attempts.window_calls import cookie_hash
from oneseat.room.services.page.phone_status import MOVED
from oneseat.room.services.phone import pairing, phone_licences, phone_proofs
from oneseat.room.services.phone.phone_calls import found, open_phone
from oneseat.room.services.phone.phone_view import answered
from oneseat.room.services.phone.typed_identities import TypedIdentity
from oneseat.state.room import phones
from oneseat.state.room.phones import NewPhone
from signing.charter import PhoneTerms
from signing.tokens import PhoneLicence

APP, PAGE = "app", "page"
IDENTITY, PAIRED = "identity", "pair"
SeatOf = Callable[[TypedIdentity], str]
"""Asks the portal for the seat of a typed identity."""


@dataclass(frozen=True)
class PhoneLogin:
    """What a phone sends to log in. ``pair`` or ``identity`` names the seat; ``move`` is typed by hand."""

    nonce: str
    key: bytes
    proof: str = field(repr=False)
    kind: str
    licence: str = field(repr=False)
    digest: str
    pair: str = field(repr=False)
    move: str = field(repr=False)
    identity: TypedIdentity | None


@dataclass(frozen=True)
class LoggedIn:
    """A phone that was let in: its new cookie, and what its page gets."""

    cookie: str = field(repr=False)
    answer: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Seat:
    """The seat of a login, and how it was named."""

    jti: str
    by: str


def terms_of(charter: CharterInForce) -> PhoneTerms:
    """The exam's terms for phones.

    Raises:
        PhonesNotUsed: it has none.
    """
    if charter.charter.phone is None:
        raise PhonesNotUsed
    return charter.charter.phone


def verifies(room: ServedRoom, given: PhoneLogin) -> bool:
    """Whether a login is not just any stranger's: by its pairing code or its licence, without a query."""
    charter = room.last_charter
    if charter is None or charter.charter.phone is None:
        return charter is None
    if given.pair:
        return pairing.is_own(room, given.pair)
    try:
        licence = _licence(room, charter, charter.charter.phone, given)
    except RoomError:
        return False
    return licence is not None


def log_in(room: ServedRoom, given: PhoneLogin, seat_of: SeatOf) -> LoggedIn:
    """Verify a login and make the phone its seat's live one.

    Signatures come first, then the portal; the database is asked last, and its lock is not held meanwhile.

    Raises:
        PhonesNotUsed: the exam has no phones.
        PhoneProofInvalid: nonce or signature are not good.
        PhoneIdentityWrong, PhoneLoginBusy, PhoneLoginAway: the portal does not confirm the identity.
        PairCodeUnknown: the pairing code is not good.
        PhoneLiveElsewhere, MoveCodeWrong: another phone is live, and no good code was given to move.
        RoomError: as for :func:`oneseat.room.services.phone.phone_licences.verify`.
    """
    charter = room.charter()
    terms = terms_of(charter)
    message = phone_proofs.message(phone_proofs.LOGIN, room.exam, given.nonce, given.licence, "")
    phone_proofs.verify(room, given.nonce, message, given.proof, given.key)
    licence = _licence(room, charter, terms, given)
    seat = _seat(room, given, seat_of)
    phone_licences.require_of_seat(licence, seat.jti)
    moving = _use_move(room, seat, given)
    cookie = secrets.token_urlsafe(32)
    with room.database.writing() as connection:
        phone_proofs.spend(room, connection, given.nonce)
        if given.pair:
            pairing.use_pair(connection, pairing.find_pair(room, connection, given.pair), room)
        new = _new(room, given, seat, licence, cookie, moving=moving)
        phone_id = _enter(room, connection, new, moving=moving)
        call = open_phone(room, connection, found(phones.find(connection, room.exam, phone_id)))
        call.note("phone-moved" if moving else "phone-entered", kind=new.kind, by=seat.by)
        return LoggedIn(cookie, answered(call))


def come_back(room: ServedRoom, phone_id: str, nonce: str, proof: str) -> LoggedIn:
    """Give a phone that shows its key a new cookie: a killed browser forgets cookies, and keeps keys.

    Raises:
        PhoneUnknown: there is no such phone, or it has come back at the same time elsewhere.
        PhoneProofInvalid: nonce or signature are not good.
    """
    with room.database.reading() as connection:  # a stranger's call never waits for the lock, or holds it
        known = found(phones.find(connection, room.exam, phone_id))
    message = phone_proofs.message(phone_proofs.RETURN, room.exam, nonce, "", phone_id)
    phone_proofs.verify(room, nonce, message, proof, known.device_key)
    cookie = secrets.token_urlsafe(32)
    with room.database.writing() as connection:
        phone_proofs.spend(room, connection, nonce)
        known = found(phones.find(connection, room.exam, phone_id))
        if not phones.renew(connection, known, cookie_hash(cookie), room.clock.now()):
            raise PhoneUnknown
        call = open_phone(room, connection, found(phones.find(connection, room.exam, phone_id)))
        call.note("phone-returned", epoch=call.phone.epoch)
        return LoggedIn(cookie, answered(call))


def _licence(
    room: ServedRoom, charter: CharterInForce, terms: PhoneTerms, given: PhoneLogin
) -> PhoneLicence | None:
    return phone_licences.verify(charter, terms, given.licence, given.digest, room.clock.now())


def _seat(room: ServedRoom, given: PhoneLogin, seat_of: SeatOf) -> _Seat:
    if given.pair:
        with room.database.reading() as connection:
            return _Seat(pairing.find_pair(room, connection, given.pair).jti, PAIRED)
    if given.identity is None:
        raise PhoneProofInvalid
    return _Seat(seat_of(given.identity), IDENTITY)


def _use_move(room: ServedRoom, seat: _Seat, given: PhoneLogin) -> bool:
    """Whether another phone is live that this one replaces; its code is used up.

    Raises:
        PhoneLiveElsewhere, MoveCodeWrong: as for :func:`log_in`.
    """
    with room.database.reading() as connection:
        live = phones.live_of_seats(connection, room.exam, [seat.jti]).get(seat.jti)
        if live is None or live.device_key == given.key:
            return False
        call = open_phone(room, connection, live, locked=False)
        abandoned = rules.may_take_over(live, call.attempt, call.now)
    if abandoned:
        return True
    if not given.move:
        raise PhoneLiveElsewhere
    if not pairing.use_move(room, seat.jti, given.move):
        raise MoveCodeWrong
    return True


def _new(
    room: ServedRoom,
    given: PhoneLogin,
    seat: _Seat,
    licence: PhoneLicence | None,
    cookie: str,
    *,
    moving: bool,
) -> NewPhone:
    return NewPhone(
        id=secrets.token_hex(16),
        exam=room.exam,
        jti=seat.jti,
        device_key=given.key,
        kind=PAGE if licence is None else APP,
        build=None if licence is None else licence.build,
        licence=None if licence is None else phone_licences.digest_of(given.licence),
        entered_by=MOVED if moving else seat.by,
        at=room.clock.now(),
        cookie_hash=cookie_hash(cookie),
    )


def _enter(room: ServedRoom, connection: Connection, new: NewPhone, *, moving: bool) -> str:
    """Make a phone live; return its id.

    Raises:
        PhoneLiveElsewhere: another one was let in a moment ago.
    """
    if moving:
        phones.move_away(connection, room.exam, new.jti, new.at)
    known = phones.find_by_key(connection, room.exam, new.jti, new.device_key)
    live = phones.live_of_seats(connection, room.exam, [new.jti]).get(new.jti)
    if live is not None and live.device_key != new.device_key:
        raise PhoneLiveElsewhere
    done = phones.add(connection, new) if known is None else phones.come_again(connection, known, new)
    if not done:
        raise PhoneLiveElsewhere
    return new.id if known is None else known.id
