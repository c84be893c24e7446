"""Where a batch's chunks are worked on: in this process, in processes of this computer, or on a Dask cluster.

One map serves all of them (:meth:`Crew.map`): chunks go out in order, a bounded number at
a time, and their results come back in order, so memory does not grow with the batch. A
worker that dies takes nothing with it: its chunk is run again, and a chunk that kills
every worker it is given to is told as :class:`Lost` and stops nothing else.

What is sent to a worker must be importable by name and small: module-level functions (or
:func:`functools.partial` of one over plain values) and chunks of plain values. Keys are
never sent. A worker opens the key folder itself, with :func:`passphrase`, which reaches
it apart from its work (see docs/adr/0060-workers-and-issue-runs.md).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Generic, TypeVar

from oneseat.pipeline.workers import backends
from oneseat.pipeline.workers.backends import Hands
from oneseat.pipeline.workers.errors import ClusterUnreachable, WorkersUnusable
from signing.text import Text

_THEY_DIE = Text("they die whatever they are given", "无论处理什么都会异常终止")

C = TypeVar("C")
R = TypeVar("R")

ATTEMPTS = 3
"""How often a chunk may be alone with a worker that dies before it is told as lost."""

HOPELESS = 3
"""After so many lost chunks in a row the workers are to blame, not the chunks."""

PASSPHRASE_ENV, PASSPHRASE_FILE_ENV = "ONESEAT_PASSPHRASE", "ONESEAT_PASSPHRASE_FILE"


@dataclass(frozen=True)
class Workers:
    """Which workers: ``count`` processes of this computer (None: one a core, 0: this very process).

    ``scheduler`` chooses Dask instead: the address of a cluster's scheduler, or ``local``
    for ``count`` workers of this computer under Dask.
    """

    count: int | None = None
    scheduler: str | None = None

    @property
    def processes(self) -> int:
        """How many processes of this computer are asked for."""
        return cores() if self.count is None else self.count


SERIAL = Workers(0)
"""Everything in this process."""


@dataclass(frozen=True)
class Done(Generic[C, R]):
    """A chunk and what was made of it."""

    chunk: C
    result: R


@dataclass(frozen=True)
class Lost(Generic[C]):
    """A chunk during which every worker died that it was given to."""

    chunk: C


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def passphrase() -> bytes | None:
    """In a worker: the passphrase of the key folder, None where there is none.

    This run's own workers were handed it when they started. A cluster's workers have it
    in their environment, as ``ONESEAT_PASSPHRASE`` or in ``ONESEAT_PASSPHRASE_FILE``.
    """
    handed = backends.handed()
    if handed is not None:
        return handed
    if path := os.environ.get(PASSPHRASE_FILE_ENV):
        return Path(path).read_bytes().rstrip(b"\r\n")
    given = os.environ.get(PASSPHRASE_ENV)
    return given.encode() if given else None


@contextmanager
def crew(workers: Workers, secret: bytes | None = None) -> Iterator[Crew]:
    """Workers for the block, ended with it. ``secret`` is what :func:`passphrase` gives in each of them.

    Raises:
        ClusterUnreachable: no Dask scheduler answers at that address.
    """
    with backends.hired(workers.processes, workers.scheduler, secret) as hired:
        yield Crew(hired)


class Crew:
    """Workers that take chunks."""

    def __init__(self, hired: Hands) -> None:
        self._hands = hired

    @property
    def local(self) -> bool:
        """Whether chunks stay on this computer, so that nobody can watch them on their way."""
        return self._hands.local

    @property
    def in_flight(self) -> int:
        """How many chunks are out at once: enough that no worker waits, few enough to keep memory flat."""
        return 2 * self._hands.width + 1

    def map(self, function: Callable[[C], R], chunks: Iterable[C]) -> Iterator[Done[C, R] | Lost[C]]:
        """Every chunk with ``function``'s result, in order, at most :attr:`in_flight` of them out at once.

        What ``function`` raises is raised here, at its chunk's turn. A batch of a single
        chunk is worked on in this process, which takes less time than starting others.

        Raises:
            ClusterUnreachable: the cluster went away.
            WorkersUnusable: workers die whatever they are given.
        """
        source = iter(chunks)
        first = list(islice(source, 2))
        if len(first) < 2 and self._hands.local:
            with self._hands.at_home():
                yield from (Done(chunk, function(chunk)) for chunk in first)
            return
        yield from _Flow(self._hands, function, self.in_flight).through(chain(first, source))


class _Task(Generic[C, R]):
    """A chunk that is out; ``future`` is None when it came back without an answer."""

    def __init__(self, chunk: C, future: Future[R] | None) -> None:
        self.chunk = chunk
        self.future = future


class _Flow(Generic[C, R]):
    """One map: what is out, in order."""

    def __init__(self, hired: Hands, function: Callable[[C], R], in_flight: int) -> None:
        self._hands = hired
        self._function = function
        self._in_flight = in_flight
        self._out: deque[_Task[C, R]] = deque()
        self._lost_in_a_row = 0

    def through(self, chunks: Iterator[C]) -> Iterator[Done[C, R] | Lost[C]]:
        try:
            while self._send(chunks):
                yield self._first()
        finally:
            for task in self._out:
                self._drop(task)

    def _send(self, chunks: Iterator[C]) -> int:
        """Send chunks out until enough of them are, unless one of those that are out is to be run alone."""
        if all(task.future is not None for task in self._out):
            for chunk in islice(chunks, self._in_flight - len(self._out)):
                self._out.append(_Task(chunk, self._submit(chunk)))
        return len(self._out)

    def _submit(self, chunk: C) -> Future[R] | None:
        try:
            return self._hands.submit(self._function, chunk)
        except BrokenExecutor:
            return None

    def _first(self) -> Done[C, R] | Lost[C]:
        task = self._out[0]
        try:
            answer: Done[C, R] | Lost[C] = self._answer(task)
        except BrokenExecutor:
            self._recover()
            answer = self._alone(task)
        self._out.popleft()
        self._lost_in_a_row = self._lost_in_a_row + 1 if isinstance(answer, Lost) else 0
        if self._lost_in_a_row == HOPELESS:
            raise WorkersUnusable(reason=_THEY_DIE)
        return answer

    def _answer(self, task: _Task[C, R]) -> Done[C, R]:
        if task.future is None:
            raise BrokenExecutor
        with self._hands.translated():
            return Done(task.chunk, task.future.result())

    def _recover(self) -> None:
        """New workers for the dead; of the chunks that are out, those without an answer are to be run again.

        Which of them killed the worker is not known, so each is run alone, and nothing
        new goes out before the last of them has come back.
        """
        for task in self._out:
            if task.future is not None and not _answered(task.future):
                self._drop(task)
        self._hands.mend()

    def _drop(self, task: _Task[C, R]) -> None:
        """Nobody waits for this answer any more."""
        if task.future is not None and self._hands.local:  # Dask complains of answers to cancelled futures
            task.future.cancel()
        task.future = None

    def _alone(self, task: _Task[C, R]) -> Done[C, R] | Lost[C]:
        for _ in range(ATTEMPTS):
            task.future = self._submit(task.chunk)
            try:
                return self._answer(task)
            except BrokenExecutor:
                self._hands.mend()
        return Lost(task.chunk)


def _answered(future: Future[R]) -> bool:
    return future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenExecutor)


__all__ = [
    "ATTEMPTS",
    "SERIAL",
    "ClusterUnreachable",
    "Crew",
    "Done",
    "Lost",
    "Workers",
    "crew",
    "passphrase",
]
