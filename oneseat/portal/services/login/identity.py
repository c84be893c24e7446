"""Checks an identity against the seat of its admission number; every failure looks alike."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oneseat.portal.errors import NotReady, PortalError
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.refusals.login import IdentityMalformed, LimitOutOfReach, WindowNotOpen
from oneseat.portal.refusals.services import RetryDiffers
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.identity_shape import faults_in_identity
from oneseat.portal.rules.rate_limits import AddressLimit
from oneseat.portal.services.login.gate_refusals import gate_refusal, refuse_before
from oneseat.portal.services.login.idempotency import Retry
from oneseat.portal.services.login.login_attempt import LoginAttempt
from oneseat.portal.services.login.visits import Visit, gate_decision
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state.candidates import seats
from oneseat.state.candidates.failures import FailureKind
from signing.binding import login_tags
from signing.normal_forms import normalise_admission_number

_NO_TAG = bytes(32)
"""Compared with where there is no seat, so that both cases take the same time."""

_NOT_THE_SEATS = (WindowNotOpen, NotReady, RetryDiffers, LimitOutOfReach)
"""Refusals that say nothing about a seat."""


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
    """An identity to be checked against the seat of its admission number.

    ``number`` is the normalised admission number. ``reply`` answers the question that a refusal carried.
    ``retry`` is set where the call may be a repetition.
    """

    def __init__(
        self,
        exam: ServedExam,
        identity: Identity,
        origin: Origin,
        limit: AddressLimit,
        now: datetime,
        *,
        reply: ChallengeReply | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.exam = exam
        self.now = now
        self.attempt = LoginAttempt(exam, identity.number, origin, limit, now, reply=reply, retry=retry)
        self._identity = identity
        self.number = identity.number
        self._tags = login_tags(exam.peppered, identity.name, identity.id_number, identity.admission_number)

    def check(self) -> Visit:
        """The visit of the identity's seat. May wait for the database and the network.

        Raises:
            WindowNotOpen: no window has opened yet; nothing was checked.
            IdentityMalformed: the details cannot be those of any seat; nothing was counted.
            LoginRefused: the details do not match one seat.
            SeatThrottled, AddressBusy: too many checks failed before.
            RetryDiffers: another call failed under the same key.
        """
        in_force = self.exam.charter()
        refuse_before(in_force, self.now)
        self.refuse_malformed(in_force)
        self.attempt.enter()
        return self.attempt.count(self.attempt.subject, self.find)

    def refuse_malformed(self, in_force: CharterInForce) -> None:
        """Refuse details that cannot be those of any seat, before an attempt is counted.

        Raises:
            IdentityMalformed: a field is empty, or its form is impossible.
        """
        typed, kinds = self._identity, in_force.charter.document_kinds
        faults = faults_in_identity(typed.name, typed.id_number, typed.admission_number, kinds)
        if faults:
            raise IdentityMalformed.of(faults)

    def find(self, connection: Connection) -> Visit | None:
        """The visit, or None where the details are not those of one seat."""
        return self.find_under(connection, self.exam.charter_in(connection))

    def find_under(self, connection: Connection, in_force: CharterInForce) -> Visit | None:
        """As :meth:`find`, with a charter that the same transaction has read."""
        seat = seats.find_by_admission_number(connection, self.exam.exam, self.number)
        stored = _NO_TAG if seat is None else seat.login_tag
        # A list, not a generator: every tag is compared, so the time does not tell which one matched.
        matches = [hmac.compare_digest(tag, stored) for tag in self._tags]
        if seat is None or not any(matches):
            return None
        return Visit(seat, gate_decision(seat, in_force, self.now), self.exam.charter_of(seat, in_force))


async def recorded(claim: IdentityClaim, logging_in: Awaitable[Visit], channel: str) -> Visit:
    """The visit that a login leads to; a refusal is counted at the seat of the number, by its code alone.

    Raises:
        PortalError: as for :func:`log_in`.
    """
    try:
        return await logging_in
    except PortalError as refusal:
        if not isinstance(refusal, _NOT_THE_SEATS):
            claim.exam.failures.of_number(claim.number, FailureKind.LOGIN, refusal.code, channel, claim.now)
        raise


async def log_in(claim: IdentityClaim) -> Visit:
    """Check an identity and let its seat in, if the gate does.

    Wrong values and unknown numbers take the same path and raise the same refusal.

    Raises:
        WindowNotOpen: no window has opened yet; nothing was checked.
        IdentityMalformed: the details cannot be those of any seat; nothing was counted.
        LoginRefused: the details do not match one seat.
        SeatThrottled, AddressBusy: too many checks failed before.
        WindowClosed, InstallersWithdrawn, SeatRevoked: the details are right, but the gate is shut.
        RetryDiffers: another call failed under the same key.
    """
    return let_in(await run_in_threadpool(claim.check))


def let_in(visit: Visit) -> Visit:
    """The same visit, if the gate lets its seat log in now.

    Raises:
        WindowClosed, WindowNotOpen, InstallersWithdrawn, SeatRevoked: the gate is shut.
    """
    if not visit.decision.may_log_in:
        raise gate_refusal(visit.decision, visit.in_force)
    return visit
