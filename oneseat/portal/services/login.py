"""Logging in: one check of an identity against one seat, and an answer that gives nothing away."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import AddressLimit
from oneseat.portal.services.gate_refusals import refusal_of, refuse_before
from oneseat.portal.services.idempotency import Retry
from oneseat.portal.services.throttle import LoginAttempt
from oneseat.portal.services.visits import Visit, gate_for
from oneseat.portal.tokens.challenge import Reply
from oneseat.state.candidates import seats
from signing.binding import login_tag, normalise_admission_number

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


class IdentityClaim:
    """An identity that somebody claims to have, to be checked against the seat of its number.

    ``reply`` answers the question that a refusal carried; ``retry`` says that the call may
    be one that was made before.
    """

    def __init__(
        self,
        exam: ServedExam,
        identity: Identity,
        origin: Origin,
        limit: AddressLimit,
        now: datetime,
        *,
        reply: Reply | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.exam = exam
        self.now = now
        self.attempt = LoginAttempt(exam, identity.number, origin, limit, now, reply=reply, retry=retry)
        self._number = identity.number
        self._tag = login_tag(exam.peppered, identity.name, identity.id_number, identity.admission_number)

    def check(self) -> Visit:
        """The visit of the identity's seat. May wait for the database and the network.

        Raises:
            WindowNotOpen: no window has opened yet; nothing was checked.
            LoginRefused: the details are not those of one seat.
            SeatThrottled, AddressBusy: too many failed before.
            RetryDiffers: another call failed under the same key.
        """
        refuse_before(self.exam.charter(), self.now)
        self.attempt.enter()
        return self.attempt.count(self.attempt.subject, self.find)

    def find(self, connection: Connection) -> Visit | None:
        """The visit, or None where the details are not those of one seat."""
        return self.find_under(connection, self.exam.charter_in(connection))

    def find_under(self, connection: Connection, in_force: CharterInForce) -> Visit | None:
        """As :meth:`find`, under a charter that the same transaction has read."""
        seat = seats.find_by_admission_number(connection, self.exam.exam, self._number)
        holds = hmac.compare_digest(self._tag, _NO_TAG if seat is None else seat.login_tag)
        if seat is None or not holds:
            return None
        return Visit(seat, gate_for(seat, in_force, self.now), in_force)


async def log_in(claim: IdentityClaim) -> Visit:
    """Check an identity and let its seat in, if the gate does.

    Wrong values and unknown numbers take the same path and raise the same refusal.

    Raises:
        WindowNotOpen: no window has opened yet; nothing was checked.
        LoginRefused: the details are not those of one seat.
        SeatThrottled, AddressBusy: too many failed before.
        WindowClosed, InstallersWithdrawn, SeatRevoked: the details are right, and the gate is shut.
        RetryDiffers: another call failed under the same key.
    """
    return let_in(await run_in_threadpool(claim.check))


def let_in(visit: Visit) -> Visit:
    """The same visit, if the gate lets its seat log in now.

    Raises:
        WindowClosed, WindowNotOpen, InstallersWithdrawn, SeatRevoked: the gate is shut.
    """
    if not visit.decision.may_log_in:
        raise refusal_of(visit.decision, visit.in_force)
    return visit
