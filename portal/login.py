"""Logging in: one proof of identity against one seat, and an answer that gives nothing away."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from portal import schedule
from portal.challenge import Reply
from portal.errors import (
    LoginRefused,
    PortalError,
    ProofsSpent,
    SeatRevoked,
    SessionMissing,
    WindowClosed,
    WindowNotOpen,
)
from portal.gate import Decision, Grant, Phase, Refusal, SeatFacts, decide, phase_at
from portal.limits import AddressLimit, seconds_until
from portal.proving import Attempt
from portal.served import CharterInForce, ServedExam
from signing.binding import login_tag, normalise_admission_number
from state import desk, downloads, proofs, seats
from state.seats import PublishedSeat

_NO_TAG = bytes(32)
"""Compared with where no seat was found, so that both ways do the same work."""


@dataclass(frozen=True)
class Identity:
    """What a candidate typed. Its values never appear in a representation."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    admission_number: str = field(repr=False)


@dataclass(frozen=True)
class Visit:
    """A seat that has proved itself, and what the gate says to it now."""

    seat: PublishedSeat
    decision: Decision
    in_force: CharterInForce


def log_in(
    exam: ServedExam,
    identity: Identity,
    address: str,
    limit: AddressLimit,
    now: datetime,
    reply: Reply | None = None,
) -> Visit:
    """Check an identity and let its seat in, if the gate does.

    ``reply`` answers the question that a refusal carried.

    Wrong values and unknown numbers take the same path and raise the same refusal.

    Raises:
        WindowNotOpen: nobody is let in yet; nothing was checked.
        LoginRefused: the details are not those of one seat.
        ProofsSpent, AddressBusy: too many failed before.
        WindowClosed, SeatRevoked: the details are right, and the gate is shut.
    """
    in_force = exam.charter()
    refuse_before(in_force, now)
    number = normalise_admission_number(identity.admission_number)
    attempt = Attempt(exam, number, address, limit, now)
    attempt.enter(reply)
    seat = _prove(exam, identity, number, attempt, reply)
    if isinstance(seat, PortalError):
        attempt.charge()
        raise seat
    with exam.database.reading() as connection:
        visit = Visit(seat, gate_for(connection, seat, in_force, now), in_force)
    if not visit.decision.may_log_in:
        raise refusal_of(visit.decision, in_force)
    return visit


def resume(exam: ServedExam, session: str | None, now: datetime) -> Visit:
    """The visit that a session stands for, decided anew.

    Raises:
        SessionMissing: no session, or its seat is no longer what it was.
    """
    jti = exam.stamps.open_session(session, now).jti
    in_force = exam.charter()
    with exam.database.reading() as connection:
        seat = seats.find_by_jti(connection, exam.exam, jti)
        if seat is None:
            raise SessionMissing
        return Visit(seat, gate_for(connection, seat, in_force, now), in_force)


def refuse_before(in_force: CharterInForce, now: datetime) -> None:
    """Refuse while no window has opened yet.

    Raises:
        WindowNotOpen: it is before the first.
    """
    rules = in_force.rules
    if phase_at(now, rules) is Phase.BEFORE:
        raise WindowNotOpen(opens=schedule.opening(rules.windows[0].opens, in_force.zone))


def gate_for(
    connection: Connection, seat: PublishedSeat, in_force: CharterInForce, now: datetime
) -> Decision:
    """The gate's decision for a seat, with what the state knows of its download."""
    record = downloads.find(connection, seat.jti)
    grant = Grant(record.last_granted_at) if record is not None else None
    allowed_until = desk.allowed_until(connection, seat.exam, seat.admission_number)
    facts = SeatFacts(live=not seat.revoked, admitted_until=allowed_until)
    return decide(now, in_force.rules, facts, grant)


def refusal_of(decision: Decision, in_force: CharterInForce) -> PortalError:
    """The gate's refusal as one that a candidate can read."""
    if decision.refusal is Refusal.SEAT_REVOKED:
        return SeatRevoked()
    if decision.opens is not None:
        return WindowNotOpen(opens=schedule.opening(decision.opens, in_force.zone))
    return WindowClosed(closed=schedule.instant(in_force.rules.windows[-1].closes, in_force.zone))


def spent(attempt: proofs.Attempt, now: datetime) -> ProofsSpent:
    """The refusal of a proof that came before its time."""
    wait_s = seconds_until(attempt.retry_at, now)
    refusal = ProofsSpent(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal


def _prove(
    exam: ServedExam, identity: Identity, number: str, attempt: Attempt, reply: Reply | None
) -> PublishedSeat | PortalError:
    """Spend from the budget, look, and give back what was spent if the proof holds.

    One transaction that locks the budget's row: simultaneous guesses queue, and each counts.
    """
    tag = login_tag(exam.pepper, identity.name, identity.id_number, identity.admission_number)
    with exam.database.writing() as connection:
        refusal = attempt.spend(connection, reply)
        if refusal is not None:
            return refusal
        seat = seats.find_by_admission_number(connection, exam.exam, number)
        holds = hmac.compare_digest(tag, _NO_TAG if seat is None else seat.login_tag)
        if seat is None or not holds:
            return LoginRefused()
        attempt.refund(connection)
    return seat
