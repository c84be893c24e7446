"""Proofs that come in together are looked at together: one transaction for a turn of the event loop.

A proof that holds, in a lane that is open, writes nothing and waits for nothing, so it is
looked at on the event loop itself. Under load many come within one turn of the loop;
looking at them one behind the other, instead of each on its way from request to answer,
saves the transactions and, more than that, finds the processor's caches warm (ADR 37).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from oneseat.state.database import Database
from oneseat.state.nowait import Opened
from signing.errors import OneSeatError

MOST_IN_A_TURN = 64
"""More wait for the next turn, so that other requests, and other processes' writing, have theirs."""

_Visit = TypeVar("_Visit")


class Proving(Protocol[_Visit]):
    """A proof as it is looked at in a transaction that holds the write lock."""

    @property
    def subject(self) -> bytes:
        """Whose budget it may cost."""
        ...

    def look_first(self, connection: Connection) -> _Visit | None:
        """The visit, if the proof holds in an open lane. Writes nothing."""
        ...

    def spend_and_look(self, connection: Connection) -> _Visit | OneSeatError:
        """The outcome of the ordinary way, counted in this transaction. Called in a thread."""
        ...

    def settled(self, outcome: _Visit | OneSeatError) -> _Visit:
        """The visit, or the refusal raised, now that the transaction is committed. Called in a thread."""
        ...


class Turn:
    """The proofs that one event loop looks at, and how they take turns with everybody else's writing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Asked[Any]] = []
        self._spending: set[asyncio.Task[None]] = set()

    async def look(self, proof: Proving[_Visit]) -> _Visit | None:
        """The visit that a proof gives, or None where nobody can look at it without waiting.

        Raises:
            OneSeatError: what the proof's own methods refuse it with.
            StateUnavailable: the database failed.
        """
        asked = _Asked(proof, asyncio.get_running_loop().create_future())
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._take)
        self._waiting.append(asked)
        return await asked.answer

    def _take(self) -> None:
        asked, self._waiting = self._waiting[:MOST_IN_A_TURN], self._waiting[MOST_IN_A_TURN:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._take)
        try:
            opened = self._database.writing_at_once()
            if opened is None:
                for one in asked:
                    one.answered(None)
                return
            left = self._look(opened, asked)
        except Exception as error:  # noqa: BLE001 -- whoever asked hears of it
            for one in asked:
                one.failed(error)
            return
        if left:
            spending = asyncio.get_running_loop().create_task(self._spend(opened, left))
            self._spending.add(spending)
            spending.add_done_callback(self._spending.discard)

    def _look(self, opened: Opened, asked: Sequence[_Asked[Any]]) -> list[_Asked[Any]]:
        """Answer those that hold; the others are returned, and with them the transaction stays open."""
        left: list[_Asked[Any]] = []
        owing: set[bytes] = set()
        try:
            with self._database.reported():
                for one in asked:
                    try:
                        # Behind a guess that is not counted yet, no other at the same seat is looked at.
                        owes = one.proof.subject in owing
                        visit = None if owes else one.proof.look_first(opened.connection)
                    except OneSeatError as refusal:
                        one.failed(refusal)
                        continue
                    if visit is None:
                        left.append(one)
                        owing.add(one.proof.subject)
                    else:
                        one.answered(visit)
        except BaseException as error:
            opened.__exit__(type(error), error, error.__traceback__)
            raise
        if not left:
            opened.__exit__(None, None, None)
        return left

    async def _spend(self, opened: Opened, asked: Sequence[_Asked[Any]]) -> None:
        """Send the others the ordinary way, in the same transaction: nobody else has looked in between."""
        work = _Spending(self._database, opened, [one.proof for one in asked])
        try:
            # Not one of the pool's threads: all of those may be waiting for this very transaction to end.
            outcomes = await to_thread.run_sync(work, limiter=CapacityLimiter(1))
        except BaseException as error:
            if work.is_mine():  # no thread to be had, or the portal stops
                opened.__exit__(type(error), error, error.__traceback__)
            for one in asked:
                one.failed(error)
            if not isinstance(error, Exception):
                raise
            return
        for one, outcome in zip(asked, outcomes, strict=True):
            if isinstance(outcome, Exception):
                one.failed(outcome)
            else:
                one.answered(outcome)


class _Spending:
    """The ordinary way of several proofs, in a thread."""

    def __init__(self, database: Database, opened: Opened, proofs: Sequence[Proving[Any]]) -> None:
        self._mine = threading.Lock()
        self._database = database
        self._opened = opened
        self._proofs = proofs

    def is_mine(self) -> bool:
        """True for the first who asks: that one ends the transaction."""
        return self._mine.acquire(blocking=False)

    def __call__(self) -> list[Any]:
        """A visit or an exception for each proof."""
        if not self.is_mine():
            return []
        with self._database.reported(), self._opened:
            outcomes = [proof.spend_and_look(self._opened.connection) for proof in self._proofs]
        return [self._settled(*pair) for pair in zip(self._proofs, outcomes, strict=True)]

    @staticmethod
    def _settled(proof: Proving[Any], outcome: Any) -> Any:  # noqa: ANN401 -- a visit of whatever kind
        try:
            return proof.settled(outcome)
        except Exception as error:  # noqa: BLE001 -- whoever asked hears of it
            return error


class _Asked(Generic[_Visit]):
    """A proof, and who waits for what becomes of it, if anybody still does."""

    def __init__(self, proof: Proving[_Visit], answer: asyncio.Future[_Visit | None]) -> None:
        self.proof = proof
        self.answer = answer

    def answered(self, visit: _Visit | None) -> None:
        if not self.answer.done():
            self.answer.set_result(visit)

    def failed(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        elif not self.answer.done():
            self.answer.set_exception(error)
