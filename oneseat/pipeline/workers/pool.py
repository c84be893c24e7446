"""A worker pool: an ordered, bounded map over chunks that survives workers which die.

One map serves every backend (:meth:`WorkerPool.map`). Chunks are sent in order, a bounded
number at a time, and results come back in order, so memory does not grow with the number
of chunks. When a worker dies, its chunk is run again. A chunk that kills every worker is
reported as :class:`ChunkLost`, and the map goes on.

Whatever is sent to a worker must be importable by name and small: module-level functions
(or :func:`functools.partial` of one over plain values) and chunks of plain values. Keys
are never sent. A worker opens the key folder itself, with :func:`passphrase`, which reaches
it apart from its chunks (see docs/adr/0060-workers-and-issue-runs.md).
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

from oneseat.pipeline.workers.backends import WorkerBackend, open_backend, worker_passphrase
from oneseat.pipeline.workers.errors import WorkersUnusable
from signing.text import Text

_WORKERS_DIE = Text("they die whatever they are given", "无论处理什么都会异常终止")

C = TypeVar("C")
R = TypeVar("R")

ATTEMPTS = 3
"""How often a chunk is retried alone, with a fresh worker, before it counts as lost."""

MAX_LOST_IN_A_ROW = 3
"""After so many lost chunks in a row the fault is the workers', not the chunks'."""

PASSPHRASE_ENV, PASSPHRASE_FILE_ENV = "ONESEAT_PASSPHRASE", "ONESEAT_PASSPHRASE_FILE"


@dataclass(frozen=True)
class WorkerOptions:
    """Which workers: ``count`` processes of this computer (None: one a core, 0: this very process).

    ``scheduler`` chooses Dask instead: the address of a cluster's scheduler, or ``local``
    for ``count`` workers of this computer under Dask. ``program`` names the module that holds
    this process's program: processes of this computer share what it imports.
    """

    count: int | None = None
    scheduler: str | None = None
    program: str | None = None

    @property
    def processes(self) -> int:
        """How many processes of this computer are asked for."""
        return cores() if self.count is None else self.count


SERIAL = WorkerOptions(0)
"""Everything in this process."""


@dataclass(frozen=True)
class ChunkDone(Generic[C, R]):
    """A chunk and its result."""

    chunk: C
    result: R


@dataclass(frozen=True)
class ChunkLost(Generic[C]):
    """A chunk without a result, because every worker that ran it died."""

    chunk: C


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def passphrase() -> bytes | None:
    """In a worker: the passphrase of the key folder, None where there is none.

    Workers of this run get it when they start. A cluster's workers read it from their
    environment: ``ONESEAT_PASSPHRASE``, or the file in ``ONESEAT_PASSPHRASE_FILE``.
    """
    value = worker_passphrase()
    if value is not None:
        return value
    if path := os.environ.get(PASSPHRASE_FILE_ENV):
        return Path(path).read_bytes().rstrip(b"\r\n")
    text = os.environ.get(PASSPHRASE_ENV)
    return text.encode() if text else None


@contextmanager
def worker_pool(options: WorkerOptions, secret: bytes | None = None) -> Iterator[WorkerPool]:
    """Start workers for the block and end them after it. In each, :func:`passphrase` returns ``secret``.

    Raises:
        ClusterUnreachable: no Dask scheduler answers at that address, or it has no workers.
    """
    with open_backend(options.processes, options.scheduler, options.program, secret) as backend:
        yield WorkerPool(backend)


class WorkerPool:
    """Workers that run chunks."""

    def __init__(self, backend: WorkerBackend) -> None:
        self._backend = backend

    @property
    def local(self) -> bool:
        """Whether chunks stay on this computer, so that no network carries them."""
        return self._backend.local

    @property
    def in_flight(self) -> int:
        """How many chunks are out at once: enough that no worker waits, few enough to keep memory flat."""
        return 2 * self._backend.width + 1

    def map(
        self, function: Callable[[C], R], chunks: Iterable[C]
    ) -> Iterator[ChunkDone[C, R] | ChunkLost[C]]:
        """Run ``function`` on every chunk; results come in order, with at most :attr:`in_flight` chunks out.

        An exception of ``function`` is raised here, at its chunk's turn.

        Raises:
            ClusterUnreachable: the cluster went away.
            WorkersUnusable: several chunks in a row killed every worker.
        """
        source = iter(chunks)
        first = list(islice(source, 2))
        # Starting processes takes longer than a single chunk does.
        if len(first) < 2 and self._backend.local:
            for chunk in first:
                yield ChunkDone(chunk, self._backend.run_inline(function, chunk))
            return
        yield from _OrderedMap(self._backend, function, self.in_flight).run(chain(first, source))


class _PendingChunk(Generic[C, R]):
    """A chunk that was sent; ``future`` is None when it has to be sent again."""

    def __init__(self, chunk: C, future: Future[R] | None) -> None:
        self.chunk = chunk
        self.future = future


class _OrderedMap(Generic[C, R]):
    """One call of :meth:`WorkerPool.map`: the queue of chunks that were sent, in order."""

    def __init__(self, backend: WorkerBackend, function: Callable[[C], R], in_flight: int) -> None:
        self._backend = backend
        self._function = function
        self._in_flight = in_flight
        self._pending: deque[_PendingChunk[C, R]] = deque()
        self._lost_in_a_row = 0

    def run(self, chunks: Iterator[C]) -> Iterator[ChunkDone[C, R] | ChunkLost[C]]:
        try:
            while self._fill(chunks):
                yield self._next_result()
        finally:
            for pending in self._pending:
                self._discard(pending)

    def _fill(self, chunks: Iterator[C]) -> int:
        """Send chunks until enough are out; send none while one is waiting to be run alone."""
        if all(pending.future is not None for pending in self._pending):
            for chunk in islice(chunks, self._in_flight - len(self._pending)):
                self._pending.append(_PendingChunk(chunk, self._submit(chunk)))
        return len(self._pending)

    def _submit(self, chunk: C) -> Future[R] | None:
        try:
            return self._backend.submit(self._function, chunk)
        except BrokenExecutor:
            return None

    def _next_result(self) -> ChunkDone[C, R] | ChunkLost[C]:
        pending = self._pending[0]
        try:
            result: ChunkDone[C, R] | ChunkLost[C] = self._wait(pending)
        except BrokenExecutor:
            self._restart_workers()
            result = self._run_alone(pending)
        self._pending.popleft()
        self._lost_in_a_row = self._lost_in_a_row + 1 if isinstance(result, ChunkLost) else 0
        if self._lost_in_a_row == MAX_LOST_IN_A_ROW:
            raise WorkersUnusable(reason=_WORKERS_DIE)
        return result

    def _wait(self, pending: _PendingChunk[C, R]) -> ChunkDone[C, R]:
        if pending.future is None:
            raise BrokenExecutor
        with self._backend.map_errors():
            return ChunkDone(pending.chunk, pending.future.result())

    def _restart_workers(self) -> None:
        """Restart the workers and mark every chunk without a result to be run again.

        Which of these chunks killed the worker is not known. So each is run alone, and no
        new chunk is sent before the last of them has come back.
        """
        for pending in self._pending:
            if pending.future is not None and not _has_result(pending.future):
                self._discard(pending)
        self._backend.restart()

    def _discard(self, pending: _PendingChunk[C, R]) -> None:
        """Forget a chunk's future."""
        # Not with Dask, which logs an error when a result arrives for a cancelled future.
        if pending.future is not None and self._backend.local:
            pending.future.cancel()
        pending.future = None

    def _run_alone(self, pending: _PendingChunk[C, R]) -> ChunkDone[C, R] | ChunkLost[C]:
        for _ in range(ATTEMPTS):
            pending.future = self._submit(pending.chunk)
            try:
                return self._wait(pending)
            except BrokenExecutor:
                self._backend.restart()
        return ChunkLost(pending.chunk)


def _has_result(future: Future[R]) -> bool:
    return future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenExecutor)
