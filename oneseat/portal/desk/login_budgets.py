"""Budgets of operators' failed logins: by name, by address, by known browser, and with an answered question.

A failed login costs the name and the network address. A stranger who knows a name can keep its budget closed
from ever new addresses. So two more budgets let its owner in:

* of name and browser, for a browser from which the operator logged in before. A signed cookie proves that; it
  ends with a new password, a new second factor, or a disabled account. No other budget is touched.
* of name and network address, for which each attempt takes the answer to a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.desk import DeskLoginDelayed
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import FREE_FAILURES, answered_delay, failure_delay, seconds_until
from oneseat.portal.services.login.challenged_budget import ChallengedBudget, Refused
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state.accounts.operators import Operator
from oneseat.state.candidates import login_budget
from signing.binding import keyed_hash

LONGEST_OPERATOR_DELAY = timedelta(minutes=1)
"""The longest delay of an operator's name. One guess a minute is no threat to a password of twelve
characters."""
FREE_FAILURES_OF_ADDRESS = 500
"""Failed logins from one address that cost no delay: a carrier puts thousands of people behind one."""


def operator_delay(failures: int) -> timedelta:
    """How long an operator's next attempt waits after so many failed ones."""
    return min(failure_delay(failures), LONGEST_OPERATOR_DELAY)


def address_delay(failures: int) -> timedelta:
    """How long an address's next attempt at the desk waits after so many failed ones."""
    return failure_delay(failures - FREE_FAILURES_OF_ADDRESS + FREE_FAILURES)


def known_browser_cookie(exam: ServedExam, operator: Operator, now: datetime) -> str:
    """A fresh cookie that makes a browser known to an operator's account."""
    return exam.signed_values.known_browser(_about(operator), now)


def _about(operator: Operator) -> bytes:
    return f"operator/{operator.name}/{operator.browser_epoch}".encode()


class LoginBudgets:
    """The budgets that one login may cost. Keys are keyed hashes, since a name field may hold a password.

    ``name`` is as typed, ``operator`` the account of that name, if there is one. ``origin`` has the cookie
    of :func:`known_browser_cookie`, if the browser sent one.
    """

    def __init__(
        self, exam: ServedExam, name: str, operator: Operator | None, origin: Origin, now: datetime
    ) -> None:
        self._exam = exam
        self._name = name
        self._operator = operator
        self._origin = origin
        self._now = now
        self._spent: Sequence[bytes] = ()

    @cached_property
    def known_browser(self) -> str | None:
        """The identifier of a browser that is known to the account, or None."""
        if self._operator is None:
            return None
        values = self._exam.signed_values
        return values.open_known_browser(self._origin.browser, _about(self._operator), self._now)

    def spend(self, reply: ChallengeReply | None) -> None:
        """Spend one attempt, committed before anything is checked; ``reply`` answers an earlier question.

        Raises:
            DeskLoginDelayed: no budget allows one yet; it carries a question if an answer opens one.
        """
        with self._exam.database.writing() as connection:
            refused = self._spend(connection, reply)
        if refused is not None:
            raise self._delayed(refused)

    def reset(self, connection: Connection) -> None:
        """Forget the failures in the budgets that this login has spent from: it succeeded."""
        for key in self._spent:
            login_budget.reset(connection, key)

    def _spend(self, connection: Connection, reply: ChallengeReply | None) -> Refused | None:
        if self._spend_as_known_browser(connection):
            return None
        retry_at = self._spend_plain(connection)
        if retry_at is None:
            return None
        challenged = ChallengedBudget(
            self._exam.signed_values, self._key("answered", self._name, self._origin.address), self._now
        )
        refused = challenged.spend(connection, reply, partial(answered_delay, total_failures=0))
        if refused is None:
            self._spent = (challenged.key,)
            return None
        return Refused(min(retry_at, refused.retry_at or retry_at), refused.challenge)

    def _spend_as_known_browser(self, connection: Connection) -> bool:
        if self.known_browser is None:
            return False
        key = self._key("browser", self._name, self.known_browser)
        allowed = login_budget.spend(connection, key, self._now, operator_delay).allowed
        if allowed:
            self._spent = (key,)
        return allowed

    def _spend_plain(self, connection: Connection) -> datetime | None:
        """Spend from the budgets of address and name; None if both allow it, or else when they will.

        An attempt that only the name's delay refuses costs the address all the same.
        """
        keys = (self._key("address", self._origin.address), self._key("operator", self._name))
        for key, delay in zip(keys, (address_delay, operator_delay), strict=True):
            spent = login_budget.spend(connection, key, self._now, delay)
            if not spent.allowed:
                return spent.retry_at
        self._spent = keys
        return None

    def _key(self, kind: str, *texts: str) -> bytes:
        parts = [text.encode() for text in (kind, self._exam.exam, *texts)]
        return keyed_hash(self._exam.pepper, b"oneseat/desk-budget/v1", *parts)

    def _delayed(self, refused: Refused) -> DeskLoginDelayed:
        wait_s = seconds_until(refused.retry_at or self._now, self._now)
        refusal = DeskLoginDelayed(wait_s=wait_s)
        refusal.retry_after_s = wait_s
        refusal.challenge = refused.challenge
        return refusal
