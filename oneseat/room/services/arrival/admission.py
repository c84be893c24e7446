"""Admits an activated device without the portal's ticket, while two persons have switched that on.

The device gets a pass of the room's own, which the room takes as a ticket. Each admission is listed, and
reconciled with the portal when it is back (:mod:`oneseat.room.services.portal.reconciling`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.entry import (
    ActivationRefused,
    AdmissionOff,
    MockNotTaken,
    SessionUnknown,
    TicketEnded,
)
from oneseat.room.services.arrival import proofs
from oneseat.state.room import admissions, attempts, holds
from oneseat.state.room.admissions import Admission
from signing import jws
from signing.authority.signer import sign_token
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed, TokenTypeWrong
from signing.room_tokens import Pass, admission_message
from signing.session_times import FORMAL, MOCK
from signing.tokens import VERSION, Activation


@dataclass(frozen=True)
class AdmissionCall:
    """What a client sends: its activation, the kind of session, and the device's signature with its time."""

    activation: str = field(repr=False)
    kind: str
    at: int
    proof: str = field(repr=False)


@dataclass(frozen=True)
class _Place:
    """A session that can be entered now: its position, and when it ends."""

    session: int
    ends: datetime


def admit(room: ServedRoom, call: AdmissionCall) -> str:
    """Verify an activation and a fresh signature of its device, list the admission, and return a pass.

    Raises:
        AdmissionOff: nobody has switched it on.
        ActivationRefused: the activation is not ours, or the seat has come from another computer since.
        ProofStale, ProofSpent, EntryProofInvalid: the signature is not fresh, or not the device's.
        SessionUnknown: no session of this kind is this seat's and open for a first login.
        MockNotTaken: the exam requires a mock interview first, and this room has none of the seat.
        TicketEnded: it is over.
    """
    now, charter = room.clock.now(), room.charter()
    activation = _proven(charter, call, now)
    device_key = b64url_decode(activation.device)
    with room.database.writing() as connection:
        if not admissions.is_on(connection, room.exam):
            raise AdmissionOff
        proofs.spend(room, connection, call.proof, call.at)
        _refuse_left_device(connection, activation, device_key)
        place = _place(room, connection, charter, activation, call.kind)
        admission = Admission(
            exam=room.exam,
            jti=activation.jti,
            kind=call.kind,
            session=place.session,
            device_key=device_key,
            activated_at=unix_time(activation.iat),
            activation=call.activation,
            at=now,
        )
        admissions.add(connection, admission)
    given = Pass(
        exam=room.exam,
        jti=activation.jti,
        device=activation.device,
        kind=call.kind,
        session=str(place.session),
        iat=int(now.timestamp()),
        exp=int(place.ends.timestamp()),
        v=VERSION,
    )
    return sign_token(room.receipt_signer, Pass.TYP, given.claims())


def verifies(room: ServedRoom, call: AdmissionCall) -> bool:
    """Whether activation and signature are good by the charter that was last read, without a query."""
    if room.last_charter is None:
        return True
    try:
        _proven(room.last_charter, call, room.clock.now())
    except RoomError:
        return False
    return True


def is_pass(token: str) -> bool:
    """Whether a stored token is a pass, and no ticket of the portal's."""
    return jws.parse_object(b64url_decode(token.split(".", maxsplit=1)[0])).get("typ") == Pass.TYP


def _proven(charter: CharterInForce, call: AdmissionCall, now: datetime) -> Activation:
    activation = _verified(charter, call.activation)
    message = admission_message(charter.room.api, call.activation, call.kind, call.at)
    proofs.verify(message, call.proof, b64url_decode(activation.device), call.at, now)
    return activation


def _verified(charter: CharterInForce, token: str) -> Activation:
    try:
        activation = Activation.verify(token, charter.charter.keys_for("activation"))
    except (TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid):
        raise ActivationRefused from None
    if activation.exam != charter.charter.exam:
        raise ActivationRefused
    return activation


def _refuse_left_device(connection: Connection, activation: Activation, device_key: bytes) -> None:
    """Refuse a computer where another one has had the seat later: by its ticket here, or its activation.

    Raises:
        ActivationRefused: there is one.
    """
    since = unix_time(activation.iat)
    for other_key, ticket in admissions.tickets_of_seat(connection, activation.exam, activation.jti):
        claims = jws.parse_object(b64url_decode(ticket.split(".")[1]))
        if other_key != device_key and not is_pass(ticket) and unix_time(int(claims["iat"])) > since:
            raise ActivationRefused
    for other in admissions.find_of_seat(connection, activation.exam, activation.jti):
        if other.device_key != device_key and other.activated_at >= since:
            raise ActivationRefused


def _place(
    room: ServedRoom, connection: Connection, charter: CharterInForce, activation: Activation, kind: str
) -> _Place:
    """The session that the device enters: one that it is in already, or one whose first login is open."""
    now, over = room.clock.now(), False
    for session, first, ends in _windows(charter, activation.jti, kind):
        if now >= ends:
            over = True
            continue
        begun = attempts.find_newest(connection, room.exam, activation.jti, kind, session)
        returns = begun is not None and begun.handed_in_at is None
        if first[0] <= now and (returns or now < first[1]):
            if kind == FORMAL and not returns:
                _require_mock(room, connection, charter, activation.jti)
            return _Place(session, ends)
    raise TicketEnded if over else SessionUnknown


def _require_mock(room: ServedRoom, connection: Connection, charter: CharterInForce, jti: str) -> None:
    """Apply the portal's rule about the mock interview to the attempts that this room has of a seat.

    Raises:
        MockNotTaken: the exam requires a mock, and none counts.
    """
    if charter.charter.mock_required != "gate" or not charter.charter.mocks:
        return
    jtis = holds.all_jtis(connection, room.exam, [jti])
    finished = charter.terms.mock_counts == "finished"
    if not attempts.has_mock(connection, room.exam, jtis, finished=finished):
        raise MockNotTaken


def _windows(
    charter: CharterInForce, jti: str, kind: str
) -> list[tuple[int, tuple[datetime, datetime], datetime]]:
    """Position, span of first logins and end of each session of a kind that is this seat's."""
    sessions = charter.sessions_of(jti)
    if kind == MOCK:
        return [(at, (mock.opens, mock.last_start), mock.closes) for at, mock in enumerate(sessions.mocks)]
    formals = enumerate(sessions.formals if kind == FORMAL else ())
    return [
        (at, (formal.login_opens, min(formal.login_closes, formal.ends)), formal.ends)
        for at, formal in formals
        if formal is not None
    ]
