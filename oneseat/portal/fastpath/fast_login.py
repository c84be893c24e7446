"""Batched login on the event loop: the checks of ``services.login`` in fewer transactions.

The setting ``fast_path`` chooses between the two (ADR 31).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.fastpath.login_batch import LoginBatcher
from oneseat.portal.refusals.login import AddressBusy, IdentityMalformed
from oneseat.portal.services.login.gate_refusals import refuse_before
from oneseat.portal.services.login.identity import IdentityClaim, let_in
from oneseat.portal.services.login.visits import Visit
from signing.errors import OneSeatError


class FastLogin:
    """Batches the logins of each exam."""

    def __init__(self, exams: Mapping[str, ServedExam]) -> None:
        self._batchers = {name: LoginBatcher(exam.database) for name, exam in exams.items()}

    async def log_in(self, claim: IdentityClaim) -> Visit:
        """As :func:`oneseat.portal.services.login.identity.log_in`.

        Raises:
            OneSeatError: as for :func:`oneseat.portal.services.login.identity.log_in`.
        """
        visit = None
        if not claim.attempt.needs_thread:
            visit = await self._batchers[claim.exam.exam].check(_PendingClaim(claim))
        if visit is None:
            visit = await run_in_threadpool(claim.check)
        return let_in(visit)


class _PendingClaim:
    """A claim as :class:`oneseat.portal.fastpath.login_batch.PendingCheck` has it."""

    def __init__(self, claim: IdentityClaim) -> None:
        self._claim = claim

    @property
    def subject(self) -> bytes:
        return self._claim.attempt.subject

    def check(self, connection: Connection) -> Visit | None:
        in_force = self._claim.exam.charter_in(connection)
        refuse_before(in_force, self._claim.now)
        self._claim.refuse_malformed(in_force)
        if not self._claim.attempt.is_open(connection):
            return None
        return self._claim.find_under(connection, in_force)

    def check_and_count(self, connection: Connection) -> Visit | OneSeatError:
        try:
            self._claim.refuse_malformed(self._claim.exam.charter_in(connection))
            self._claim.attempt.check_address()
        except (IdentityMalformed, AddressBusy) as uncounted:
            return uncounted
        return self._claim.attempt.count_in(connection, self.subject, self._claim.find)

    def result(self, outcome: Visit | OneSeatError) -> Visit:
        if isinstance(outcome, (IdentityMalformed, AddressBusy)):  # refused before it was counted
            raise outcome
        return self._claim.attempt.result(outcome)
