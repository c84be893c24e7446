"""Rate-limits identity checks, for login and activation together: by address and by seat.

Every failure costs the network address and the seat. A seat's first few failures are free;
each one after them doubles the delay of the next check. Login and activation spend from one
budget per seat, which is in the database and shared by all processes.

A stranger who fails on purpose delays the seat's owner too. So login has a second throttle key,
of seat and network address together, which takes the answer to a question
(:mod:`oneseat.portal.tokens.challenge`): the owner, at another address, does not wait. Failures
under either key count towards the seat's budget for the whole exam. When that is spent, an
address has one quick try under the second key. Every delay ends: no key is locked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TypeVar

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.login import AddressBusy, LoginRefused, SeatThrottled
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import LONGEST_DELAY_S, AddressLimit, failure_delay, seconds_until
from oneseat.portal.services.login.idempotency import Retry
from oneseat.portal.tokens.challenge import ChallengeReply, is_right_reply, make_challenge
from oneseat.state.candidates import failed_calls, login_budget
from signing.errors import OneSeatError

_T = TypeVar("_T")

EXAM_BUDGET = 100
"""Failed checks of one seat in the whole exam; support sees them, and resets them."""
ANSWERED_FREE = 2
ANSWERED_FIRST_DELAY_S = 30


def answered_delay(failures: int, total_failures: int) -> timedelta:
    """How long the second key waits after so many failures under it, and in all for this seat."""
    beyond = failures - ANSWERED_FREE
    if total_failures >= EXAM_BUDGET:
        return timedelta(seconds=LONGEST_DELAY_S)
    if beyond < 0:
        return timedelta(0)
    return timedelta(seconds=min(ANSWERED_FIRST_DELAY_S * 2 ** min(beyond, 16), LONGEST_DELAY_S))


class ThrottledAttempt:
    """One check of an identity: :meth:`enter` first, then :meth:`count` with the check itself.

    ``wrong`` is the refusal of an identity that is not the seat's owner's; ``retry`` says
    that the call may be a repetition of one that failed before.
    """

    def __init__(
        self,
        exam: ServedExam,
        address: str,
        limit: AddressLimit,
        now: datetime,
        *,
        wrong: type[OneSeatError],
        retry: Retry | None = None,
    ) -> None:
        self._exam = exam
        self._address = address
        self._limit = limit
        self._now = now
        self._wrong = wrong
        self._retry = retry

    def enter(self) -> None:
        """Check the idempotency key and the address limit; charges nothing.

        Raises:
            OneSeatError: ``wrong``, where the same call failed before.
            RetryDiffers: another call failed under the same key.
            AddressBusy: too many attempts from the address failed.
        """
        if self._retry is not None:
            with self._exam.database.reading() as connection:
                self._retry.refuse_repeated(connection, self._now, self._wrong())
        self.check_address()

    def check_address(self) -> None:
        """Refuse an address from which too many attempts failed.

        Raises:
            AddressBusy: the address has no tokens left.
        """
        self._limit.check(self._address, self._now)

    def count(self, subject: bytes, check: Callable[[Connection], _T | None]) -> _T:
        """The result of ``check``, counted in one transaction; None of it is a failure.

        ``subject`` is the key of the seat's budget (:func:`oneseat.state.candidates.login_budget.subject`).

        Raises:
            OneSeatError: ``wrong``, where the check found nothing.
            SeatThrottled: the seat's next check is not due yet; nothing was checked.
            RetryDiffers: another call failed under the same key.
        """
        with self._exam.database.writing() as connection:
            outcome = self.count_in(connection, subject, check)
        return self.result(outcome)

    def count_in(
        self, connection: Connection, subject: bytes, check: Callable[[Connection], _T | None]
    ) -> _T | OneSeatError:
        """Spend from the budget, check, and give back what was spent if the identity is right.

        The caller commits whatever the outcome, and passes it to :meth:`result`. The
        transaction locks the budget's row, so simultaneous guesses queue and each counts.

        Raises:
            OneSeatError: as for :meth:`enter`; the transaction is rolled back.
        """
        refusal = self._spend(connection, subject)
        if self._retry is not None:
            # Copies of one call that arrived together queued for the budget's row: the first may have failed.
            self._retry.refuse_repeated(connection, self._now, self._wrong())
        if refusal is not None:
            return refusal
        result = check(connection)
        if result is None:
            failed_calls.delete_expired(connection, self._now)
            if self._retry is not None:
                self._retry.record_failure(connection, self._now)
            return self._wrong()
        self._refund(connection, subject)
        return result

    def result(self, outcome: _T | OneSeatError) -> _T:
        """The outcome of a committed :meth:`count_in`; a refusal is charged to the address and raised.

        Raises:
            OneSeatError: the outcome is a refusal.
        """
        if isinstance(outcome, OneSeatError):
            self._limit.charge(self._payer, self._now)
            raise outcome
        return outcome

    @property
    def _payer(self) -> str:
        """The key of the address limit that a failure is charged to."""
        return self._address

    def _spend(self, connection: Connection, subject: bytes) -> SeatThrottled | None:
        spent = login_budget.spend(connection, subject, self._now, failure_delay)
        return None if spent.allowed else self._too_early(spent.retry_at)

    def _refund(self, connection: Connection, subject: bytes) -> None:
        login_budget.refund(connection, subject)

    def _too_early(self, retry_at: datetime) -> SeatThrottled:
        wait_s = seconds_until(retry_at, self._now)
        refusal = SeatThrottled(wait_s=wait_s)
        refusal.retry_after_s = wait_s
        return refusal


class LoginAttempt(ThrottledAttempt):
    """A login attempt for one admission number (normalised), with the second throttle key.

    ``reply`` answers the question that an earlier refusal carried. ``subject`` is the key
    of the seat's budget.
    """

    def __init__(
        self,
        exam: ServedExam,
        number: str,
        origin: Origin,
        limit: AddressLimit,
        now: datetime,
        *,
        reply: ChallengeReply | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(exam, origin.counted, limit, now, wrong=LoginRefused, retry=retry)
        self.subject = login_budget.subject(exam.peppered, exam.exam, number)
        self._number = number
        self._origin = origin
        self._reply = reply
        self._address_answered = False
        self._seat_answered = False

    @property
    def needs_thread(self) -> bool:
        """Whether the attempt has to wait for a database or the network before anything is checked."""
        first_time = self._reply is None and self._retry is None
        return not (first_time and self._limit.allows(self._address, self._now))

    def is_open(self, connection: Connection) -> bool:
        """Whether the seat's own key lets an attempt through now. Needs a transaction with the write lock."""
        return login_budget.read(connection, self.subject, self._now).next_at <= self._now

    def check_address(self) -> None:
        """Pass the address's limit; a busy address passes a second one, with an answer.

        Raises:
            AddressBusy: too many attempts from the address failed; it carries a question.
        """
        try:
            super().check_address()
        except AddressBusy as busy:
            if self._reply is None:
                with self._exam.database.reading() as connection:
                    budget = login_budget.read(connection, self._throttle_key, self._now)
                busy.challenge = make_challenge(
                    self._exam.signed_values, self._throttle_key, budget.failures, self._now
                )
                raise
            self._address_answered = True
            self._limit.check(self._payer, self._now)

    @property
    def _payer(self) -> str:
        return f"{self._address} answered" if self._address_answered else self._address

    @cached_property
    def _throttle_key(self) -> bytes:
        """The second key, of seat and address together; computed only where the first one is closed."""
        return login_budget.throttle_key(
            self._exam.peppered, self._exam.exam, self._number, self._origin.throttled
        )

    def _spend(self, connection: Connection, subject: bytes) -> SeatThrottled | None:
        plain_at = self._now
        if not self._address_answered:
            plain = login_budget.spend(connection, subject, self._now, failure_delay)
            if plain.allowed:
                return None
            plain_at = plain.retry_at
        return self._spend_answered(connection, subject, plain_at)

    def _spend_answered(
        self, connection: Connection, subject: bytes, plain_at: datetime
    ) -> SeatThrottled | None:
        """Spend under the second key, if the reply is right; the seat's own key opens at ``plain_at``."""
        budget = login_budget.read(connection, self._throttle_key, self._now)
        if budget.next_at > self._now:
            return self._too_early(min(plain_at, budget.next_at))
        if self._reply is None:
            return self._refuse_with_question(plain_at, budget.failures)
        if not is_right_reply(
            self._exam.signed_values, self._throttle_key, budget.failures, self._reply, self._now
        ):
            return self._refuse_with_question(plain_at, budget.failures, again=True)
        total_failures = login_budget.failures(connection, subject)
        delay = partial(answered_delay, total_failures=total_failures)
        spent = login_budget.spend(connection, self._throttle_key, self._now, delay)
        if not spent.allowed:
            return self._too_early(spent.retry_at)
        login_budget.count(connection, subject, self._now)
        self._seat_answered = True
        return None

    def _refund(self, connection: Connection, subject: bytes) -> None:
        if self._seat_answered:
            login_budget.refund(connection, self._throttle_key)
            login_budget.uncount(connection, subject)
        else:
            login_budget.refund(connection, subject)

    def _refuse_with_question(
        self, retry_at: datetime, failures: int, *, again: bool = False
    ) -> SeatThrottled:
        """A refusal that carries a question, whose answer opens the second key before ``retry_at``."""
        refusal = self._too_early(retry_at)
        refusal.challenge = make_challenge(
            self._exam.signed_values, self._throttle_key, failures, self._now, again=again
        )
        return refusal
