"""Logging in: one proof of identity against one seat, and an answer that gives nothing away."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oneseat.portal.errors import (
    AddressBusy,
    InstallersWithdrawn,
    LoginRefused,
    PortalError,
    ProofsSpent,
    SeatNotFound,
    SeatRevoked,
    SessionMissing,
    WindowClosed,
    WindowNotOpen,
)
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.download_gate import Decision, Grant, Refusal, SeatFacts, decide
from oneseat.portal.rules.rate_limits import AddressLimit, seconds_until
from oneseat.portal.services.idempotency import Retry
from oneseat.portal.services.throttle import Attempt
from oneseat.portal.tokens.challenge import Reply
from oneseat.state.candidates import failed_calls, login_budget, seats
from oneseat.state.candidates.seats import PublishedSeat
from signing.binding import login_tag, normalise_admission_number
from signing.errors import OneSeatError

_NO_TAG = bytes(32)
"""Compared with where no seat was found, so that both ways do the same work."""


@dataclass(frozen=True)
class Identity:
    """What a candidate typed. Its values never appear in a representation."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    admission_number: str = field(repr=False)

    @property
    def number(self) -> str:
        """The admission number as it is looked up. No database takes a NUL, and no number has one."""
        return normalise_admission_number(self.admission_number).replace("\0", "")


class Visit(NamedTuple):
    """A seat that has proved itself, and what the gate says to it now."""

    seat: PublishedSeat
    decision: Decision
    in_force: CharterInForce


async def log_in(
    exam: ServedExam,
    identity: Identity,
    origin: Origin,
    limit: AddressLimit,
    now: datetime,
    *,
    reply: Reply | None = None,
    retry: Retry | None = None,
) -> Visit:
    """Check an identity and let its seat in, if the gate does.

    ``reply`` answers the question that a refusal carried; ``retry`` says that the call may
    be one that was made before.

    Wrong values and unknown numbers take the same path and raise the same refusal. What
    may wait, for a lock or for the disk, waits in a thread; a proof that holds needs
    neither as a rule, and is quicker than handing it to one.

    Raises:
        WindowNotOpen: nobody is let in yet; nothing was checked.
        LoginRefused: the details are not those of one seat.
        ProofsSpent, AddressBusy: too many failed before.
        WindowClosed, InstallersWithdrawn, SeatRevoked: the details are right, and the gate is shut.
        RetryDiffers: another call failed under the same key.
    """
    attempt = Attempt(exam, identity.number, origin, limit, now)
    proof = Proof(exam, identity, attempt, now, reply, retry)
    visit = None
    # What may have been asked before is not looked at before that is known.
    if reply is None and retry is None and attempt.quick():
        visit = await exam.turn.look(proof)
    if visit is None:
        visit = await run_in_threadpool(proof.prove)
    if not visit.decision.may_log_in:
        raise refusal_of(visit.decision, visit.in_force)
    return visit


def resume(exam: ServedExam, session: str | None, now: datetime) -> Visit:
    """The visit that a session stands for, decided anew.

    Raises:
        SessionMissing: no session, or its seat is no longer what it was.
    """
    visit = visit_of(exam, exam.stamps.open_session(session, now).jti, now)
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
    """What the gate says to a seat; None where there is no such seat, or its licence was replaced."""
    with exam.database.reading() as connection:
        in_force = exam.charter_in(connection)
        seat = seats.find_by_jti(connection, exam.exam, jti)
    return None if seat is None else Visit(seat, gate_for(seat, in_force, now), in_force)


def refuse_before(in_force: CharterInForce, now: datetime) -> None:
    """Refuse while no window has opened yet.

    Raises:
        WindowNotOpen: it is before the first.
    """
    first = in_force.rules.windows[0].opens
    if now < first:
        raise WindowNotOpen(opens=schedule.opening(first, in_force.zone))


def gate_for(seat: PublishedSeat, in_force: CharterInForce, now: datetime) -> Decision:
    """The gate's decision for a seat, with what the state knows of its download."""
    grant = Grant(seat.granted_at) if seat.granted_at is not None else None
    facts = SeatFacts(not seat.revoked, seat.admitted_until, seat.withdrawn)
    return decide(now, in_force.rules, facts, grant)


def refusal_of(decision: Decision, in_force: CharterInForce) -> PortalError:
    """The gate's refusal as one that a candidate can read."""
    if decision.refusal is Refusal.SEAT_REVOKED:
        return SeatRevoked()
    if decision.refusal is Refusal.WITHDRAWN:
        return InstallersWithdrawn()
    if decision.opens is not None:
        return WindowNotOpen(opens=schedule.opening(decision.opens, in_force.zone))
    return WindowClosed(closed=schedule.instant(in_force.rules.windows[-1].closes, in_force.zone))


def spent(attempt: login_budget.Attempt, now: datetime) -> ProofsSpent:
    """The refusal of a proof that came before its time."""
    wait_s = seconds_until(attempt.retry_at, now)
    refusal = ProofsSpent(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal


class Proof:
    """An identity on its way to be proved."""

    def __init__(
        self,
        exam: ServedExam,
        identity: Identity,
        attempt: Attempt,
        now: datetime,
        reply: Reply | None,
        retry: Retry | None,
    ) -> None:
        self.attempt = attempt
        self._exam = exam
        self._number = identity.number
        self._tag = login_tag(exam.peppered, identity.name, identity.id_number, identity.admission_number)
        self._reply = reply
        self._retry = retry
        self._now = now

    def prove(self) -> Visit:
        """The visit, after as long as it takes.

        Raises:
            WindowNotOpen, LoginRefused, ProofsSpent, AddressBusy: as for :func:`log_in`.
        """
        refuse_before(self._exam.charter(), self._now)
        if self._retry is not None:
            with self._exam.database.reading() as connection:
                self._retry.refuse_repeated(connection, self._now, LoginRefused())
        self.attempt.enter(self._reply)
        with self._exam.database.writing() as connection:
            outcome = self._spend_and_look(connection)
        return self.settled(outcome)

    @property
    def subject(self) -> bytes:
        """See :class:`oneseat.portal.fastpath.login_batch.Proving`."""
        return self.attempt.seat

    def look_first(self, connection: Connection) -> Visit | None:
        """See :class:`oneseat.portal.fastpath.login_batch.Proving`.

        Raises:
            WindowNotOpen: nobody is let in yet.
        """
        in_force = self._exam.charter_in(connection)
        refuse_before(in_force, self._now)
        return self._look(connection, in_force) if self.attempt.is_open(connection) else None

    def spend_and_look(self, connection: Connection) -> Visit | OneSeatError:
        """See :class:`oneseat.portal.fastpath.login_batch.Proving`."""
        try:
            self.attempt.enter(None)
        except AddressBusy as busy:
            return busy
        return self._spend_and_look(connection)

    def settled(self, outcome: Visit | OneSeatError) -> Visit:
        """See :class:`oneseat.portal.fastpath.login_batch.Proving`.

        Raises:
            LoginRefused, ProofsSpent, AddressBusy: the outcome, charged to the address.
        """
        if isinstance(outcome, OneSeatError):
            if not isinstance(outcome, AddressBusy):
                self.attempt.charge()
            raise outcome
        return outcome

    def _spend_and_look(self, connection: Connection) -> Visit | OneSeatError:
        """Spend from the budget, look, and give back what was spent if the proof holds.

        One transaction that locks the budget's row: simultaneous guesses queue, and each counts.
        """
        refusal = self.attempt.spend(connection, self._reply)
        if self._retry is not None:
            # Copies of one call that came together have queued for the budget's row until now.
            self._retry.refuse_repeated(connection, self._now, LoginRefused())
        if refusal is not None:
            return refusal
        visit = self._look(connection, self._exam.charter_in(connection))
        if visit is None:
            failed_calls.forget(connection, self._now)
            if self._retry is not None:
                self._retry.note(connection, self._now)
            return LoginRefused()
        self.attempt.refund(connection)
        return visit

    def _look(self, connection: Connection, in_force: CharterInForce) -> Visit | None:
        seat = seats.find_by_admission_number(connection, self._exam.exam, self._number)
        holds = hmac.compare_digest(self._tag, _NO_TAG if seat is None else seat.login_tag)
        if seat is None or not holds:
            return None
        return Visit(seat, gate_for(seat, in_force, self._now), in_force)
