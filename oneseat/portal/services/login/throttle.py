"""Charges identity checks to a budget per seat: the first failures are free, later ones double a delay.

A budget is in the database and shared by all processes. Login and activation each have their own, so that
failed logins never delay an activation (:mod:`oneseat.state.candidates.login_budget`). Every delay ends: no
seat is ever locked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.login import SeatThrottled
from oneseat.portal.rules.rate_limits import failure_delay, seconds_until
from oneseat.portal.services.login.idempotency import Retry
from oneseat.state.candidates import failed_calls, login_budget
from signing.errors import OneSeatError

_T = TypeVar("_T")


class ThrottledAttempt:
    """One check of an identity: :meth:`enter` first, then :meth:`count` with the check itself.

    ``wrong`` is the refusal of an identity that is not the seat's owner's; ``retry`` says
    that the call may be a repetition of one that failed before.
    """

    def __init__(
        self, exam: ServedExam, now: datetime, *, wrong: type[OneSeatError], retry: Retry | None = None
    ) -> None:
        self._exam = exam
        self._now = now
        self._wrong = wrong
        self._retry = retry

    def enter(self) -> None:
        """Check the idempotency key; charges nothing.

        Raises:
            OneSeatError: ``wrong``, where the same call failed before.
            RetryDiffers: another call failed under the same key.
        """
        if self._retry is not None:
            with self._exam.database.reading() as connection:
                self._retry.refuse_repeated(connection, self._now, self._wrong())

    def count(self, subject: bytes, check: Callable[[Connection], _T | OneSeatError | None]) -> _T:
        """The result of ``check``, counted in one transaction; None of it is a failure.

        A refusal that ``check`` returns is raised after the commit, and is no failure: the identity is right.

        ``subject`` is the key of the budget (:mod:`oneseat.state.candidates.login_budget`).

        Raises:
            OneSeatError: ``wrong``, where the check found nothing.
            SeatThrottled: the seat's next check is not due yet; nothing was checked.
            RetryDiffers: another call failed under the same key.
        """
        with self._exam.database.writing() as connection:
            outcome = self.count_in(connection, subject, check)
        return self.result(outcome)

    def count_in(
        self, connection: Connection, subject: bytes, check: Callable[[Connection], _T | OneSeatError | None]
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
        """The outcome of a committed :meth:`count_in`; a refusal is raised.

        Raises:
            OneSeatError: the outcome is a refusal.
        """
        if isinstance(outcome, OneSeatError):
            raise outcome
        return outcome

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
