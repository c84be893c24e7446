"""Commits calls that arrive together in one transaction (group commit).

A commit waits for the disk, and a transaction costs many times what one call changes. So the event loop
gathers calls for 20 ms, and a thread waits for the commit. Meanwhile the next group gathers. Where a group
cannot begin yet, the thread waits first, and the loop begins it then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

GATHER_S = 0.02
"""How long the first call of a group waits for others: too short for a page to show. A room of 1,000
pages has 400 calls a second: in 5 ms that were groups of two, which cost as much as groups of ten."""
MAX_GROUP = 64
"""Calls of one transaction. Other writers, in this process and others, wait for it."""

_Call = TypeVar("_Call")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class _Waiting(Generic[_Call, _Result]):
    call: _Call
    key: Hashable
    answer: asyncio.Future[_Result]


@dataclass(frozen=True)
class Later(Generic[_Call, _Result]):
    """What ``begin`` returns where a thread must wait first: the other ``begin`` runs on the loop then."""

    wait: Callable[[], None]
    begin: Callable[[Sequence[_Call]], Callable[[], Sequence[_Result | Exception]]]


class GroupCommit(Generic[_Call, _Result]):
    """Runs ``begin`` on the event loop with the calls of a group, which have different keys.

    ``begin`` returns what a thread is to finish: a function that returns a result or an exception for each
    call, in their order; or :class:`Later`. If any of them raises, each call of the group fails with that.
    An instance belongs to one event loop.
    """

    def __init__(
        self,
        begin: Callable[
            [Sequence[_Call]], Callable[[], Sequence[_Result | Exception]] | Later[_Call, _Result]
        ],
        key_of: Callable[[_Call], Hashable],
    ) -> None:
        self._begin, self._key_of = begin, key_of
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="room-commit")
        self._running = False
        self._queue: list[_Waiting[_Call, _Result]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def submit(self, call: _Call) -> _Result:
        """The result of a call, once it is committed.

        Raises:
            Exception: what ``commit`` returned for this call, or raised.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting[_Call, _Result](call, self._key_of(call), loop.create_future())
        self._queue.append(waiting)
        if len(self._queue) >= MAX_GROUP:
            self._start()
        elif self._timer is None:
            self._timer = loop.call_later(GATHER_S, self._start)
        return await waiting.answer

    def close(self) -> None:
        """Wait for the group that is under way; later calls are refused by the thread pool."""
        self._thread.shutdown()

    def _start(self) -> None:
        """Begin a group, unless one is under way: when that ends, it comes back here."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._queue or self._running:
            return
        self._running = True
        self._run(self._take_group(), self._begin)

    def _run(
        self,
        group: Sequence[_Waiting[_Call, _Result]],
        begin: Callable[
            [Sequence[_Call]], Callable[[], Sequence[_Result | Exception]] | Later[_Call, _Result]
        ],
    ) -> None:
        """Begin a group, and leave its end to the thread, or first a wait."""
        loop = asyncio.get_running_loop()
        try:
            begun = begin([waiting.call for waiting in group])
        except Exception as error:  # noqa: BLE001 -- it is raised where the requests wait
            self._running = False
            _answer(group, [error] * len(group))
            loop.call_soon(self._start)  # what was left over has no timer of its own
            return
        if isinstance(begun, Later):
            waited = loop.run_in_executor(self._thread, begun.wait)
            waited.add_done_callback(lambda done: self._run(group, partial(_after, done, begun.begin)))
            return
        running = loop.run_in_executor(self._thread, begun)
        running.add_done_callback(lambda done: self._end(group, done))

    def _take_group(self) -> list[_Waiting[_Call, _Result]]:
        """The longest waiting calls, at most one of each key: a second one must see what the first did."""
        group: dict[Hashable, _Waiting[_Call, _Result]] = {}
        rest = []
        for waiting in self._queue:
            if len(group) < MAX_GROUP and waiting.key not in group:
                group[waiting.key] = waiting
            else:
                rest.append(waiting)
        self._queue = rest
        return list(group.values())

    def _end(
        self,
        group: Sequence[_Waiting[_Call, _Result]],
        done: asyncio.Future[Sequence[_Result | Exception]],
    ) -> None:
        self._running = False
        failure = asyncio.CancelledError() if done.cancelled() else done.exception()
        _answer(group, done.result() if failure is None else [failure] * len(group))
        self._start()


def _after(
    waited: asyncio.Future[None],
    begin: Callable[[Sequence[_Call]], Callable[[], Sequence[_Result | Exception]]],
    calls: Sequence[_Call],
) -> Callable[[], Sequence[_Result | Exception]]:
    """Begin after a wait.

    Raises:
        Exception: what the wait raised.
    """
    waited.result()
    return begin(calls)


def _answer(group: Sequence[_Waiting[Any, Any]], results: Sequence[object]) -> None:
    for waiting, result in zip(group, results, strict=True):
        if waiting.answer.done():  # its page has gone
            continue
        if isinstance(result, BaseException):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)
