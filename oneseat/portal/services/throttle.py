"""One attempt to prove who a seat is: what it costs, when it must wait, and how an answer gets it through.

Two lanes lead to the proof. The plain one belongs to the seat: a few attempts are free,
then each failure doubles the wait. A stranger who fails on purpose keeps it waiting for
everybody. The other belongs to seat and network address together and opens by answering a
question (:mod:`oneseat.portal.tokens.challenge`), so the owner, elsewhere, does not wait for the stranger.
Failures in either count towards the seat's budget for the whole exam; when that is spent,
an address has one quick try in the second lane. Neither lane ever locks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property, partial

from sqlalchemy import Connection

from oneseat.portal.errors import AddressBusy, ProofsSpent
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import LONGEST_DELAY_S, AddressLimit, proof_delay, seconds_until
from oneseat.portal.tokens.challenge import Reply, ask, is_right
from oneseat.state.candidates import login_budget

EXAM_BUDGET = 100
"""Failed proofs of one seat in the whole exam; support sees them, and resets them."""
ANSWERED_FREE = 2
ANSWERED_FIRST_DELAY_S = 30


def answered_delay(failures: int, spent_in_all: int) -> timedelta:
    """How long the second lane waits after so many failures in it, and in all for this seat."""
    beyond = failures - ANSWERED_FREE
    if spent_in_all >= EXAM_BUDGET:
        return timedelta(seconds=LONGEST_DELAY_S)
    if beyond < 0:
        return timedelta(0)
    return timedelta(seconds=min(ANSWERED_FIRST_DELAY_S * 2 ** min(beyond, 16), LONGEST_DELAY_S))


class Attempt:
    """One attempt, from one origin, at one admission number (normalised).

    ``seat`` is the key that its failures are counted under.
    """

    def __init__(
        self, exam: ServedExam, number: str, origin: Origin, limit: AddressLimit, now: datetime
    ) -> None:
        self._exam = exam
        self.seat = login_budget.subject(exam.peppered, exam.exam, number)
        self._number = number
        self._origin = origin
        self._address = self._payer = origin.counted
        self._limit = limit
        self._now = now
        self._answered = False

    @cached_property
    def _lane(self) -> bytes:
        """The second lane; most never come near it."""
        return login_budget.lane(self._exam.peppered, self._exam.exam, self._number, self._origin.lane)

    def enter(self, reply: Reply | None) -> None:
        """Pass the address's own limit; a busy address passes a second one, with an answer.

        Raises:
            AddressBusy: too many attempts failed there; it carries a question.
        """
        try:
            self._limit.check(self._address, self._now)
        except AddressBusy as busy:
            if reply is None:
                with self._exam.database.reading() as connection:
                    standing = login_budget.standing(connection, self._lane, self._now)
                busy.challenge = ask(self._exam.stamps, self._lane, standing.failures, self._now)
                raise
            self._payer = f"{self._address} answered"
            self._limit.check(self._payer, self._now)

    def quick(self) -> bool:
        """Whether nothing is in the way of the address."""
        return self._limit.allows(self._address, self._now)

    def is_open(self, connection: Connection) -> bool:
        """Whether the plain lane lets an attempt through now. The transaction must hold the write lock."""
        return login_budget.standing(connection, self.seat, self._now).next_at <= self._now

    def spend(self, connection: Connection, reply: Reply | None) -> ProofsSpent | None:
        """Take the attempt from the budget before anything is looked at; or say why it must wait.

        The caller commits either way.
        """
        plain_at = self._now
        if self._payer == self._address:
            plain = login_budget.spend(connection, self.seat, self._now, proof_delay)
            if plain.allowed:
                return None
            plain_at = plain.retry_at
        lane = login_budget.standing(connection, self._lane, self._now)
        open_now = lane.next_at <= self._now
        if reply is None or not open_now:
            return self._wait(min(plain_at, lane.next_at) if not open_now else plain_at, lane, open_now)
        if not is_right(self._exam.stamps, self._lane, lane.failures, reply, self._now):
            return self._wait(plain_at, lane, open_now, again=True)
        in_all = login_budget.failures(connection, self.seat)
        taken = login_budget.spend(
            connection, self._lane, self._now, partial(answered_delay, spent_in_all=in_all)
        )
        if not taken.allowed:
            return self._wait(taken.retry_at, lane, asked=False)
        login_budget.count(connection, self.seat, self._now)
        self._answered = True
        return None

    def refund(self, connection: Connection) -> None:
        """Give back what was spent: the proof held."""
        if self._answered:
            login_budget.refund(connection, self._lane)
            login_budget.uncount(connection, self.seat)
        else:
            login_budget.refund(connection, self.seat)

    def charge(self) -> None:
        """Count the failure against the address."""
        self._limit.charge(self._payer, self._now)

    def _wait(
        self, until: datetime, lane: login_budget.Standing, asked: bool, *, again: bool = False
    ) -> ProofsSpent:
        wait_s = seconds_until(until, self._now)
        refusal = ProofsSpent(wait_s=wait_s)
        refusal.retry_after_s = wait_s
        if asked:
            refusal.challenge = ask(self._exam.stamps, self._lane, lane.failures, self._now, again=again)
        return refusal
