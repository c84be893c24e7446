"""Batches concurrent login checks into one write transaction per event-loop iteration.

A check that succeeds while its seat's throttle is open writes nothing and waits for
nothing, so it runs on the event loop itself. Under load many requests arrive within one
iteration of the loop. Checking them one after another, instead of each on its way from
request to answer, saves transactions and keeps the processor's caches warm (ADR 31).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from oneseat.state.database import Database
from oneseat.state.nowait import OpenTransaction
from signing.errors import OneSeatError

MAX_BATCH = 64
"""More wait for the next iteration, so that other requests and other processes get their share."""

_Visit = TypeVar("_Visit")


class PendingCheck(Protocol[_Visit]):
    """A login check that waits for its batch. Its transaction holds the write lock."""

    @property
    def subject(self) -> bytes:
        """The key of the budget that a failure costs."""
        ...

    def check(self, connection: Connection) -> _Visit | None:
        """The visit, if the details are right and the throttle is open. Writes nothing."""
        ...

    def check_and_count(self, connection: Connection) -> _Visit | OneSeatError:
        """The outcome of the plain check, counted in this transaction. Called in a thread."""
        ...

    def result(self, outcome: _Visit | OneSeatError) -> _Visit:
        """The visit, or the refusal raised, after the transaction was committed. Called in a thread."""
        ...


class LoginBatcher:
    """Runs the login checks of one event loop in batches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: list[_Queued[Any]] = []
        self._counting: set[asyncio.Task[None]] = set()

    async def check(self, pending: PendingCheck[_Visit]) -> _Visit | None:
        """The visit of a check, or None where the write lock is not free at once.

        Raises:
            OneSeatError: a method of the check raised it.
            StateUnavailable: the database failed.
        """
        queued = _Queued(pending, asyncio.get_running_loop().create_future())
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._run_batch)
        self._queue.append(queued)
        return await queued.answer

    def _run_batch(self) -> None:
        batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        if self._queue:
            asyncio.get_running_loop().call_soon(self._run_batch)
        try:
            transaction = self._database.begin_nowait()
            if transaction is None:
                for queued in batch:
                    queued.succeed(None)
                return
            remaining = self._check(transaction, batch)
        except Exception as error:  # noqa: BLE001 -- it is raised where the request waits
            for queued in batch:
                queued.fail(error)
            return
        if remaining:
            counting = asyncio.get_running_loop().create_task(self._count(transaction, remaining))
            self._counting.add(counting)
            counting.add_done_callback(self._counting.discard)

    def _check(self, transaction: OpenTransaction, batch: Sequence[_Queued[Any]]) -> list[_Queued[Any]]:
        """Answer the checks that succeed and return the others; for those the transaction stays open."""
        remaining: list[_Queued[Any]] = []
        uncounted: set[bytes] = set()
        try:
            with self._database.map_errors():
                for queued in batch:
                    try:
                        # A guess that is not counted yet blocks later ones at the same seat.
                        blocked = queued.pending.subject in uncounted
                        visit = None if blocked else queued.pending.check(transaction.connection)
                    except OneSeatError as refusal:
                        queued.fail(refusal)
                        continue
                    if visit is None:
                        remaining.append(queued)
                        uncounted.add(queued.pending.subject)
                    else:
                        queued.succeed(visit)
        except BaseException as error:
            transaction.__exit__(type(error), error, error.__traceback__)
            raise
        if not remaining:
            transaction.__exit__(None, None, None)
        return remaining

    async def _count(self, transaction: OpenTransaction, batch: Sequence[_Queued[Any]]) -> None:
        """Check and count in a thread, in the same transaction: no other writer came in between."""
        work = _Counting(self._database, transaction, [queued.pending for queued in batch])
        try:
            # Not one of the pool's threads: all of those may be waiting for this very transaction to end.
            outcomes = await to_thread.run_sync(work, limiter=CapacityLimiter(1))
        except BaseException as error:
            if work.claim():  # no thread could be started, or the portal stops
                transaction.__exit__(type(error), error, error.__traceback__)
            for queued in batch:
                queued.fail(error)
            if not isinstance(error, Exception):
                raise
            return
        for queued, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                queued.fail(outcome)
            else:
                queued.succeed(outcome)


class _Counting:
    """Counts several checks in one thread and ends their transaction."""

    def __init__(
        self, database: Database, transaction: OpenTransaction, checks: Sequence[PendingCheck[Any]]
    ) -> None:
        self._claimed = threading.Lock()
        self._database = database
        self._transaction = transaction
        self._checks = checks

    def claim(self) -> bool:
        """True for the first caller, which has to end the transaction."""
        return self._claimed.acquire(blocking=False)

    def __call__(self) -> list[Any]:
        """A visit or an exception for each check."""
        if not self.claim():
            return []
        with self._database.map_errors(), self._transaction:
            outcomes = [check.check_and_count(self._transaction.connection) for check in self._checks]
        return [self._result(*pair) for pair in zip(self._checks, outcomes, strict=True)]

    @staticmethod
    def _result(check: PendingCheck[Any], outcome: Any) -> Any:  # noqa: ANN401 -- a visit of whatever kind
        try:
            return check.result(outcome)
        except Exception as error:  # noqa: BLE001 -- it is raised where the request waits
            return error


class _Queued(Generic[_Visit]):
    """A check in the queue, and the future that its request awaits unless it was cancelled."""

    def __init__(self, pending: PendingCheck[_Visit], answer: asyncio.Future[_Visit | None]) -> None:
        self.pending = pending
        self.answer = answer

    def succeed(self, visit: _Visit | None) -> None:
        if not self.answer.done():
            self.answer.set_result(visit)

    def fail(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        elif not self.answer.done():
            self.answer.set_exception(error)
