"""Rate-limits logins by seat and by address, and opens two ways past the delays that a stranger causes.

A failed login costs the seat's login budget and the network address. A stranger who fails on purpose delays
the seat's owner too. So there are two more budgets:

* of seat and browser, for a browser from which somebody logged in at this seat before. A signed cookie proves
  that. It takes no question, and no limit of an address applies.
* of seat and network address, for which each attempt takes the answer to a question
  (:mod:`oneseat.portal.tokens.challenge`). It also opens where the address's limit is used up.

Failures in them count towards the seat's total for the exam. When that is reached, an address has one quick
attempt with an answer. An attempt during a delay costs the address more than a failure does.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.login import AddressBusy, LoginRefused, SeatThrottled
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import AddressLimit, answered_delay, failure_delay
from oneseat.portal.services.login.challenged_budget import ChallengedBudget
from oneseat.portal.services.login.idempotency import Retry
from oneseat.portal.services.login.throttle import ThrottledAttempt
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state.candidates import login_budget
from signing.errors import OneSeatError

_T = TypeVar("_T")


def known_browser_cookie(exam: ServedExam, number: str, now: datetime) -> str:
    """A fresh cookie that makes the browser known to the seat of a normalised admission number."""
    return exam.signed_values.known_browser(_about(number), now)


def _about(number: str) -> bytes:
    return b"seat/" + number.encode()


class LoginAttempt(ThrottledAttempt):
    """A login attempt for one admission number (normalised).

    ``reply`` answers the question that an earlier refusal carried. ``origin`` has the cookie of
    :func:`known_browser_cookie`, if the browser sent one. ``subject`` is the key of the seat's login budget.
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
        super().__init__(exam, now, wrong=LoginRefused, retry=retry)
        self.subject = login_budget.subject(exam.peppered, exam.exam, number)
        self._number = number
        self._origin = origin
        self._limit = limit
        self._reply = reply
        self._address_answered = False
        self._spent_key: bytes | None = None

    @property
    def needs_thread(self) -> bool:
        """Whether the attempt has to wait for a database or the network before anything is checked."""
        if self._reply is not None or self._retry is not None:
            return True
        return self._browser_key is None and not self._limit.allows(self._origin.counted, self._now)

    def is_open(self, connection: Connection) -> bool:
        """Whether the seat's own budget allows an attempt now. Needs a transaction with the write lock."""
        return login_budget.read(connection, self.subject, self._now).next_at <= self._now

    def enter(self) -> None:
        """Check the idempotency key and the address limit.

        Raises:
            LoginRefused: the same call failed before.
            RetryDiffers: another call failed under the same key.
            AddressBusy: too many attempts from the address failed; it carries a question.
        """
        super().enter()
        self.check_address()

    def check_address(self) -> None:
        """Pass the address's limit, by an answer where it is used up; a known browser passes in any case.

        Raises:
            AddressBusy: too many attempts from the address failed; it carries a question.
        """
        if self._browser_key is not None:
            return
        try:
            self._limit.check(self._origin.counted, self._now)
        except AddressBusy as busy:
            if self._reply is None:
                self._limit.charge_poll(self._origin.counted, self._now)
                with self._exam.database.reading() as connection:
                    busy.challenge = self._challenged.ask(connection)
                raise
            self._address_answered = True

    def result(self, outcome: _T | OneSeatError) -> _T:
        """The outcome of a committed :meth:`count_in`; a refusal is charged to the address and raised.

        Raises:
            OneSeatError: the outcome is a refusal.
        """
        if isinstance(outcome, SeatThrottled):
            self._limit.charge_poll(self._origin.counted, self._now)
        elif isinstance(outcome, OneSeatError):
            self._limit.charge(self._origin.counted, self._now)
        return super().result(outcome)

    @cached_property
    def _browser_key(self) -> bytes | None:
        """The key of seat and browser, or None where the browser is not known to the seat."""
        values = self._exam.signed_values
        browser = values.open_known_browser(self._origin.browser, _about(self._number), self._now)
        if browser is None:
            return None
        return login_budget.browser_key(self._exam.peppered, self._exam.exam, self._number, browser)

    @cached_property
    def _challenged(self) -> ChallengedBudget:
        """The budget of seat and address; computed only where another one is closed."""
        exam, origin = self._exam, self._origin
        key = login_budget.throttle_key(exam.peppered, exam.exam, self._number, origin.throttled)
        return ChallengedBudget(exam.signed_values, key, self._now)

    def _spend(self, connection: Connection, subject: bytes) -> SeatThrottled | None:
        if self._address_answered:
            return self._spend_answered(connection, subject, None)
        plain = login_budget.spend(connection, subject, self._now, failure_delay)
        if plain.allowed or self._spend_as_known_browser(connection, subject):
            return None
        return self._spend_answered(connection, subject, plain.retry_at)

    def _spend_as_known_browser(self, connection: Connection, subject: bytes) -> bool:
        if self._browser_key is None:
            return False
        spent = login_budget.spend(connection, self._browser_key, self._now, failure_delay)
        if spent.allowed:
            self._count_total(connection, subject, self._browser_key)
        return spent.allowed

    def _spend_answered(
        self, connection: Connection, subject: bytes, plain_at: datetime | None
    ) -> SeatThrottled | None:
        """Spend with the answer to a question; the seat's own budget opens at ``plain_at``, if it will do."""
        total_failures = login_budget.failures(connection, subject)
        delay = partial(answered_delay, total_failures=total_failures)
        refused = self._challenged.spend(connection, self._reply, delay)
        if refused is None:
            self._count_total(connection, subject, self._challenged.key)
            return None
        refusal = self._too_early(min(filter(None, (plain_at, refused.retry_at)), default=self._now))
        refusal.challenge = refused.challenge
        return refusal

    def _count_total(self, connection: Connection, subject: bytes, key: bytes) -> None:
        """Count an attempt that was spent under another key in the seat's total as well."""
        login_budget.count(connection, subject, self._now)
        self._spent_key = key

    def _refund(self, connection: Connection, subject: bytes) -> None:
        login_budget.refund(connection, self._spent_key or subject)
        if self._spent_key is not None:
            login_budget.uncount(connection, subject)
