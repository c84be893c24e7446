"""A budget whose attempts each need the answer to a question; it opens where another budget delays.

It is used for candidates' login and for operators' login. Its key includes the network address, so a
stranger elsewhere does not spend from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.questions import Challenge
from oneseat.portal.tokens.challenge import ChallengeReply, is_right_reply, make_challenge
from oneseat.portal.tokens.signed_values import SignedValues
from oneseat.state.candidates import login_budget


@dataclass(frozen=True)
class Refused:
    """Why an attempt is not allowed: a delay until ``retry_at``, or a question to answer first."""

    retry_at: datetime | None = None
    challenge: Challenge | None = None


@dataclass(frozen=True)
class ChallengedBudget:
    """The budget under a throttle ``key`` at the time ``now``."""

    signed_values: SignedValues
    key: bytes
    now: datetime

    def ask(self, connection: Connection) -> Challenge:
        """A new question for the next attempt."""
        return self._challenge(login_budget.read(connection, self.key, self.now).failures)

    def spend(
        self, connection: Connection, reply: ChallengeReply | None, delay: Callable[[int], timedelta]
    ) -> Refused | None:
        """Spend one attempt if the reply is right; None if it is allowed.

        ``delay`` maps the number of failures to the wait before the next attempt. Simultaneous
        attempts with one reply queue for the row, and each counts.
        """
        budget = login_budget.read(connection, self.key, self.now)
        if budget.next_at > self.now:
            return Refused(retry_at=budget.next_at)
        if reply is None:
            return Refused(challenge=self._challenge(budget.failures))
        if not is_right_reply(self.signed_values, self.key, budget.failures, reply, self.now):
            return Refused(challenge=self._challenge(budget.failures, again=True))
        spent = login_budget.spend(connection, self.key, self.now, delay)
        return None if spent.allowed else Refused(retry_at=spent.retry_at)

    def _challenge(self, failures: int, *, again: bool = False) -> Challenge:
        return make_challenge(self.signed_values, self.key, failures, self.now, again=again)
