"""Lets a ticket's bearer in: verifies ticket and proof, finds or begins the attempt, sets a cookie."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.entry import (
    AttemptHandedIn,
    EntryIncomplete,
    SessionOfOthers,
    SessionUnknown,
    TicketEnded,
    TicketInvalid,
    TicketOfOldDevice,
    TicketOfOtherExam,
)
from oneseat.room.rules.watching import GROUP_SIZE
from oneseat.room.services.arrival import proofs, upload_grants
from oneseat.room.services.attempts import repeating
from oneseat.room.services.attempts.current_attempt import bring_up_to_date, formal_times
from oneseat.room.services.attempts.window_calls import ATTEMPT, UPLOAD, cookie_hash
from oneseat.state.room import attempts, events, groups
from oneseat.state.room.attempts import Attempt, NewAttempt, Place
from oneseat.state.room.events import RoomEvent
from signing import jws
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong
from signing.room_tokens import Pass
from signing.session_times import MOCK
from signing.tokens import Ticket, room_message

_LARGEST_SESSION = 4
"""Digits of a session's position."""


@dataclass(frozen=True)
class Entered:
    """An entry: the cookie of the new window, and what it may do."""

    cookie: str = field(repr=False)
    scope: str


@dataclass(frozen=True)
class VerifiedTicket:
    """A ticket whose signature, exam, time and session were checked, and its token."""

    ticket: Ticket
    token: str = field(repr=False)
    session: int

    @property
    def place(self) -> Place:
        """The seat and the session that it is for."""
        return self.ticket.jti, self.ticket.kind, self.session

    @property
    def device_key(self) -> bytes:
        """The public key of the device that the ticket names."""
        return b64url_decode(self.ticket.device)


def verify_ticket(room: ServedRoom, charter: CharterInForce, token: str, now: datetime) -> VerifiedTicket:
    """Verify a ticket.

    Raises:
        TicketInvalid: it does not verify.
        TicketOfOtherExam: it is another exam's.
        TicketEnded: its session is over.
        SessionUnknown: its session is none of the charter's.
    """
    try:
        ticket = _verified(charter, token)
    except (TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid):
        raise TicketInvalid from None
    if ticket.exam != room.exam:
        raise TicketOfOtherExam
    require_running(ticket, now)
    sessions = charter.charter.mocks if ticket.kind == MOCK else charter.charter.formals
    position = ticket.session
    is_number = position.isascii() and position.isdigit() and len(position) <= _LARGEST_SESSION
    if not is_number or int(position) >= len(sessions):
        raise SessionUnknown
    return VerifiedTicket(ticket, token, int(position))


def require_running(ticket: Ticket, now: datetime) -> None:
    """Refuse a ticket that has ended.

    Raises:
        TicketEnded: its session is over.
    """
    if ticket.exp <= now.timestamp():
        raise TicketEnded


def _verified(charter: CharterInForce, token: str) -> Ticket:
    """A portal's ticket, or a pass that this room gave while the portal gave none."""
    try:
        return Ticket.verify(token, charter.charter.keys_for("ticket"))
    except TokenTypeWrong:
        return Pass.verify(token, charter.terms.receipt_keys_by_kid)


def enter(room: ServedRoom, form: Mapping[str, str]) -> Entered:
    """Verify a posted ticket (``ticket``, ``at``, ``proof``) and open a window of its attempt.

    The window opened before loses its cookie.

    Raises:
        EntryIncomplete, ProofStale, ProofSpent, EntryProofInvalid: the form or its proof is not good.
        TicketOfOldDevice: the seat has come from another computer with a newer ticket.
        AttemptHandedIn: the attempt is handed in, and everything was received.
        Otherwise as :func:`verify_ticket`.
    """
    token, proof, at = form.get("ticket", ""), form.get("proof", ""), form.get("at", "")
    if not (token and proof):
        raise EntryIncomplete
    seconds, now = proofs.whole_seconds(at), room.clock.now()
    cookie = secrets.token_urlsafe(32)
    # Signatures come first: SQLite has one writer, and strangers' forms must not make candidates wait for it.
    charter = room.charter()
    verified = verify_ticket(room, charter, token, now)
    message = room_message(token, charter.room.url, seconds)
    proofs.verify(message, proof, verified.device_key, seconds, now)
    with room.database.writing() as connection:
        proofs.spend(room, connection, proof, seconds)
        attempt = _attempt_for(room, connection, charter, verified, now)
        scope = ATTEMPT if attempt.handed_in_at is None else UPLOAD
        attempts.replace_cookie(connection, attempt.id, cookie_hash(cookie), scope)
        entered = RoomEvent(now, "room", "entered", {"epoch": attempt.epoch, "ordinal": attempt.ordinal})
        events.append_all(connection, room.exam, attempt.id, [entered])
    return Entered(cookie, scope)


def verifies(room: ServedRoom, form: Mapping[str, str]) -> bool:
    """Whether a posted ticket and its proof are good by the charter that was last read, without a query."""
    charter, token, proof = room.last_charter, form.get("ticket", ""), form.get("proof", "")
    if charter is None:
        return True
    now = room.clock.now()
    try:
        seconds = proofs.whole_seconds(form.get("at", ""))
        verified = verify_ticket(room, charter, token, now)
        message = room_message(token, charter.room.url, seconds)
        proofs.verify(message, proof, verified.device_key, seconds, now)
    except RoomError:
        return False
    return True


def _attempt_for(
    room: ServedRoom, connection: Connection, charter: CharterInForce, verified: VerifiedTicket, now: datetime
) -> Attempt:
    """The attempt that a ticket enters: its newest one, or a new one."""
    newest = _newest(room, connection, charter, verified, now)
    if newest is None:
        return _begin(room, connection, charter, verified, now, ordinal=1)
    if newest.handed_in_at is not None:
        if newest.kind == MOCK and unix_time(verified.ticket.iat) > newest.handed_in_at:
            return _begin(room, connection, charter, verified, now, ordinal=newest.ordinal + 1)
        if newest.completed_at is not None:
            raise AttemptHandedIn
    require_newest_device(newest, verified)
    attempts.replace_ticket(connection, newest.id, verified.token, verified.device_key)
    return newest


def require_newest_device(attempt: Attempt, verified: VerifiedTicket) -> None:
    """Refuse the computer that a seat has left: its last ticket is good for hours after the move.

    Raises:
        TicketOfOldDevice: another computer came with a ticket that was issued later.
    """
    if attempt.device_key != verified.device_key and verified.ticket.iat < _issued_at(attempt.ticket):
        raise TicketOfOldDevice


def _issued_at(token: str) -> int:
    """When a ticket was issued that this room verified and kept."""
    return Ticket.parse(jws.parse_object(jws.b64url_decode(token.split(".")[1]))).iat


def _newest(
    room: ServedRoom, connection: Connection, charter: CharterInForce, verified: VerifiedTicket, now: datetime
) -> Attempt | None:
    """The newest attempt of a ticket's seat at its session, locked, and handed in where its time is over."""
    ticket = verified.ticket
    newest = attempts.find_newest(connection, room.exam, ticket.jti, ticket.kind, verified.session)
    locked = newest and attempts.lock(connection, room.exam, newest.id)
    return bring_up_to_date(room, connection, charter, locked, now) if locked else None


def _begin(
    room: ServedRoom,
    connection: Connection,
    charter: CharterInForce,
    verified: VerifiedTicket,
    now: datetime,
    *,
    ordinal: int,
) -> Attempt:
    """Begin an attempt; where a call at the same time has begun it, that one."""
    ticket = verified.ticket
    attempt = NewAttempt(
        id=secrets.token_hex(16),
        exam=room.exam,
        jti=ticket.jti,
        kind=ticket.kind,
        session=verified.session,
        ordinal=ordinal,
        device_key=verified.device_key,
        ticket=verified.token,
        created_at=now,
        **_times(charter, verified),
    )
    is_new = attempts.create(connection, attempt)
    if is_new:
        grant = upload_grants.grant_of(room, attempt.id)
        attempts.replace_grant(connection, attempt.id, cookie_hash(grant))
        groups.join(connection, attempt, GROUP_SIZE)
    newest = _newest(room, connection, charter, verified, now)
    if newest is None:
        raise SessionUnknown
    if is_new:
        repeating.note_second(room, connection, charter, newest, now)
    return newest


def _times(charter: CharterInForce, verified: VerifiedTicket) -> dict[str, datetime]:
    """The times of a formal attempt; a mock gets them when it begins.

    Raises:
        SessionOfOthers: the formal session is not this seat's.
    """
    if verified.ticket.kind == MOCK:
        return {}
    times = formal_times(charter, verified.session, verified.ticket.jti)
    if times is None:
        raise SessionOfOthers
    return dict(zip(("starts_at", "ends_at", "upload_until"), times, strict=True))
