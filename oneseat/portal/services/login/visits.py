"""Visits: an identified seat together with the download gate's decision about it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.download_gate import Decision, DownloadFacts, Grant, decide_download
from oneseat.state.candidates import seats, sessions
from oneseat.state.candidates.seats import PublishedSeat
from signing.normal_forms import normalise_admission_number


class Visit(NamedTuple):
    """An identified seat, the gate's decision about it, and the charter that it was made under."""

    seat: PublishedSeat
    decision: Decision
    in_force: CharterInForce


def resume(exam: ServedExam, session: str | None, now: datetime) -> Visit:
    """The visit of a login session; the gate is asked again each time.

    Raises:
        SessionMissing: there is no valid session, it was ended, or its licence was replaced.
    """
    opened = exam.signed_values.open_session(session, now)
    visit = visit_of(exam, opened.jti, now)
    if visit is None or visit.seat.session_epoch != opened.epoch:
        raise SessionMissing
    return visit


def end_sessions(exam: ServedExam, session: str | None, now: datetime) -> None:
    """End all sessions of the seat whose session this is; without a valid one nothing happens."""
    try:
        visit = resume(exam, session, now)
    except SessionMissing:
        return
    with exam.database.writing() as connection:
        sessions.end_all(connection, exam.exam, visit.seat.jti, now)


def visit_of_number(exam: ServedExam, admission_number: str, now: datetime) -> Visit:
    """As :func:`visit_of`, by admission number.

    Raises:
        SeatNotFound: no candidate of the exam has the number.
    """
    with exam.database.reading() as connection:
        in_force = exam.charter_in(connection)
        number = normalise_admission_number(admission_number)
        seat = seats.find_by_admission_number(connection, exam.exam, number)
    if seat is None:
        raise SeatNotFound
    return _visit(exam, seat, in_force, now)


def visit_of(exam: ServedExam, jti: str, now: datetime) -> Visit | None:
    """The visit of a seat, or None where there is no such seat or its licence was replaced."""
    with exam.database.reading() as connection:
        in_force = exam.charter_in(connection)
        seat = seats.find_by_jti(connection, exam.exam, jti)
    return None if seat is None else _visit(exam, seat, in_force, now)


def _visit(exam: ServedExam, seat: PublishedSeat, in_force: CharterInForce, now: datetime) -> Visit:
    return Visit(seat, gate_decision(seat, in_force, now), exam.charter_of(seat, in_force))


def gate_decision(seat: PublishedSeat, in_force: CharterInForce, now: datetime) -> Decision:
    """The gate's decision for a seat, from what the state has on its download."""
    grant = Grant(seat.granted_at) if seat.granted_at is not None else None
    return decide_download(now, in_force.rules, download_facts(seat), grant)


def download_facts(seat: PublishedSeat) -> DownloadFacts:
    """The seat as the gate takes it."""
    return DownloadFacts(not seat.revoked, seat.admitted_until, seat.withdrawn)
