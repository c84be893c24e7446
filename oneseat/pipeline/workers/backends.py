"""The workers themselves: this process, a pool of processes, or Dask, each behind one protocol."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.connection import wait
from traceback import walk_tb
from typing import Any, Protocol, TypeVar

from oneseat.pipeline.workers.errors import ClusterUnreachable

C = TypeVar("C")
R = TypeVar("R")

LOCAL = "local"
CONNECT_TIMEOUT_S = 15
WORKERS_TIMEOUT_S = 60
"""How long a cluster may take until its first worker is there; work given to none would wait for ever."""
_HANDED_ENV = "ONESEAT_WORKER_PASSPHRASE"

_PRELOADED = ["oneseat.pipeline.issuing.worker"]
"""What the fork server loads once, so that workers share it and start quicker."""

_handed: bytes | None = None


class Hands(Protocol):
    """Workers of one kind."""

    local: bool
    """Whether this process may do the work as well, since it runs on the same computer anyway."""

    @property
    def width(self) -> int:
        """How many chunks are worked on at the same moment."""
        ...

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        """Send a chunk out. Raises BrokenExecutor when the workers are dead."""
        ...

    def mend(self) -> None:
        """Put workers in the place of dead ones."""
        ...

    def translated(self) -> AbstractContextManager[None]:
        """Turns the death of a worker into BrokenExecutor, whatever it is called here."""
        ...

    def at_home(self) -> AbstractContextManager[None]:
        """Lets this process be a worker for the block."""
        ...


def handed() -> bytes | None:
    """What this worker was handed when it started."""
    if _handed is not None:
        return _handed
    given = os.environ.get(_HANDED_ENV)
    return bytes.fromhex(given) if given else None


@contextmanager
def hired(processes: int, scheduler: str | None, secret: bytes | None) -> Iterator[Hands]:
    """Workers of the kind asked for.

    Raises:
        ClusterUnreachable: no Dask scheduler answers at that address.
    """
    if scheduler is not None:
        with _cluster(scheduler, max(processes, 1), secret) as (executor, width):
            yield _Dask(executor, width)
    elif processes == 0:
        yield _Serial(secret)
    else:
        pool = _Processes(processes, secret)
        try:
            yield pool
        finally:
            pool.end()


class _Here:
    """The process that gives out the work, as a worker itself."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret

    @contextmanager
    def at_home(self) -> Iterator[None]:
        global _handed  # noqa: PLW0603 -- a worker is handed one passphrase, and a process is one worker
        before, _handed = _handed, self._secret
        try:
            yield
        finally:
            _handed = before


class _Serial(_Here):
    local = True
    width = 1

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        future: Future[R] = Future()
        try:
            with self.at_home():
                future.set_result(function(chunk))
        except Exception as error:  # noqa: BLE001 -- a future holds whatever was raised, for its turn
            future.set_exception(error)
        return future

    def mend(self) -> None:
        """Nothing to mend: a dead process would not ask."""

    def translated(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Processes(_Here):
    """A pool of processes, started when the first chunk comes and anew when one of them dies.

    They are not forked from this process, whose threads and database connections they
    would inherit half.
    """

    local = True

    def __init__(self, width: int, secret: bytes | None) -> None:
        super().__init__(secret)
        self.width = width
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        if self._pool is None:
            methods = multiprocessing.get_all_start_methods()
            context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
            context.set_forkserver_preload(_PRELOADED)
            self._pool = ProcessPoolExecutor(self.width, context, _begin, (self._secret, dict(os.environ)))
        return self._pool.submit(function, chunk)

    def mend(self) -> None:
        self.end()

    def end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def translated(self) -> AbstractContextManager[None]:
        return nullcontext()


def _begin(secret: bytes | None, environment: dict[str, str]) -> None:
    """What a process of the pool does first."""
    global _handed  # noqa: PLW0603 -- see _Here
    _handed = secret
    # The server that forks workers started once, and has the environment of that moment.
    os.environ.clear()
    os.environ.update(environment)
    # Ctrl-C reaches every process of the terminal; the one that gives out work decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot end its workers, and they hold keys: they end by themselves."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class _Dask:
    """A Dask cluster through its executor. Identical calls are not merged, and results are not kept."""

    local = False

    def __init__(self, executor: Executor, width: Callable[[], int]) -> None:
        self._executor = executor
        self._width = width

    @property
    def width(self) -> int:
        return max(self._width(), 1)

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        return self._executor.submit(function, chunk)

    def mend(self) -> None:
        """A nanny starts another worker by itself."""

    @contextmanager
    def translated(self) -> Iterator[None]:
        from distributed import KilledWorker

        try:
            yield
        except KilledWorker as error:
            raise BrokenExecutor from error
        except CancelledError:
            raise ClusterUnreachable(reason="it went away") from None
        except TypeError as error:
            if not _lost_on_the_way(error):
                raise
            raise BrokenExecutor from error

    def at_home(self) -> AbstractContextManager[None]:
        return nullcontext()


def _lost_on_the_way(error: TypeError) -> bool:
    """Whether Dask's own futures raised it: a worker died as its result was fetched, and they miss that."""
    *_, (innermost, _) = walk_tb(error.__traceback__)
    return innermost.f_globals.get("__name__") == "distributed.cfexecutor"


@contextmanager
def _cluster(
    scheduler: str, workers: int, secret: bytes | None
) -> Iterator[tuple[Executor, Callable[[], int]]]:
    dask: Any = importlib.import_module("distributed")

    class DeafToInterrupts(dask.WorkerPlugin):  # type: ignore[misc]  # Dask has no types
        """As in :func:`_begin`; a worker's loop runs in its main thread, where this is allowed."""

        name = "oneseat-deaf-to-interrupts"

        def setup(self, worker: object) -> None:  # noqa: ARG002 -- Dask's signature
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    if scheduler == LOCAL:
        # Handed to each worker through the pipe that it is started by; a cluster's scheduler never sees it.
        env = {_HANDED_ENV: secret.hex()} if secret is not None else {}
        with (
            dask.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # its own default is one port for all clusters
                env=env,
            ) as cluster,
            dask.Client(cluster, set_as_default=False) as client,
        ):
            client.register_plugin(DeafToInterrupts())
            yield from _connected(client)
        return
    try:
        client = dask.Client(scheduler, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterUnreachable(reason=str(error).splitlines()[0]) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_TIMEOUT_S)
        except TimeoutError:
            raise ClusterUnreachable(reason="it has no workers") from None
        yield from _connected(client)


def _connected(client: Any) -> Iterator[tuple[Executor, Callable[[], int]]]:  # noqa: ANN401 -- Dask has no types
    def width() -> int:
        return sum(client.nthreads().values())

    with client.get_executor(pure=False) as executor:
        yield executor, width
