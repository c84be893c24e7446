"""A seat whose owner has identified themselves, and what the gate decides about it now."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.download_gate import Decision, Grant, SeatFacts, decide
from oneseat.state.candidates import seats
from oneseat.state.candidates.seats import PublishedSeat
from signing.binding import normalise_admission_number


class Visit(NamedTuple):
    """A seat whose owner is known, and the gate's decision about it."""

    seat: PublishedSeat
    decision: Decision
    in_force: CharterInForce


def resume(exam: ServedExam, session: str | None, now: datetime) -> Visit:
    """The visit of a session, decided anew.

    Raises:
        SessionMissing: no session, or its seat is no longer what it was.
    """
    visit = visit_of(exam, exam.signed_values.open_session(session, now).jti, now)
    if visit is None:
        raise SessionMissing
    return visit


def visit_of_number(exam: ServedExam, admission_number: str, now: datetime) -> Visit:
    """As :func:`visit_of`, by admission number, for a program that may know.

    Raises:
        SeatNotFound: no candidate of the exam has it.
    """
    with exam.database.reading() as connection:
        in_force = exam.charter_in(connection)
        number = normalise_admission_number(admission_number)
        seat = seats.find_by_admission_number(connection, exam.exam, number)
    if seat is None:
        raise SeatNotFound
    return Visit(seat, gate_for(seat, in_force, now), in_force)


def visit_of(exam: ServedExam, jti: str, now: datetime) -> Visit | None:
    """What the gate decides about a seat; None where there is no such seat, or its licence was replaced."""
    with exam.database.reading() as connection:
        in_force = exam.charter_in(connection)
        seat = seats.find_by_jti(connection, exam.exam, jti)
    return None if seat is None else Visit(seat, gate_for(seat, in_force, now), in_force)


def gate_for(seat: PublishedSeat, in_force: CharterInForce, now: datetime) -> Decision:
    """The gate's decision for a seat, with what the state knows of its download."""
    grant = Grant(seat.granted_at) if seat.granted_at is not None else None
    facts = SeatFacts(not seat.revoked, seat.admitted_until, seat.withdrawn)
    return decide(now, in_force.rules, facts, grant)
