"""Worker backends: run a chunk in this process, in a process pool, or on a Dask cluster."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from multiprocessing.connection import wait
from traceback import walk_tb
from typing import Any, Protocol, TypeVar

from oneseat.pipeline.workers.errors import ClusterUnreachable
from signing.text import Text, untranslated

C = TypeVar("C")
R = TypeVar("R")

LOCAL = "local"
CONNECT_TIMEOUT_S = 15
WORKERS_TIMEOUT_S = 60
"""How long to wait for a cluster's first worker; a cluster with no workers would block for ever."""
_WORKER_VARIABLE = "ONESEAT_WORKER_PASSPHRASE"

_passphrase: bytes | None = None


class WorkerBackend(Protocol):
    """Workers of one kind."""

    local: bool
    """Whether the workers run on this computer, so that this process may run chunks itself."""

    @property
    def width(self) -> int:
        """How many chunks run at the same moment."""
        ...

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        """Queue a chunk.

        Raises:
            BrokenExecutor: the workers are dead.
        """
        ...

    def run_inline(self, function: Callable[[C], R], chunk: C) -> R:
        """Run a chunk in this process, with the passphrase that workers get."""
        ...

    def restart(self) -> None:
        """Replace dead workers."""
        ...

    def map_errors(self) -> AbstractContextManager[None]:
        """Turn the backend's own error for a dead worker into BrokenExecutor."""
        ...


def worker_passphrase() -> bytes | None:
    """The passphrase that this worker was started with, None where it was started without one."""
    if _passphrase is not None:
        return _passphrase
    value = os.environ.get(_WORKER_VARIABLE)
    return bytes.fromhex(value) if value else None


@contextmanager
def open_backend(
    processes: int, scheduler: str | None, program: str | None, passphrase: bytes | None
) -> Iterator[WorkerBackend]:
    """Start workers for the block: Dask with a scheduler, this process for 0, otherwise a process pool.

    ``program`` names the module that holds this process's program, where a process pool should load it once.

    Raises:
        ClusterUnreachable: no Dask scheduler answers at that address, or it has no workers.
    """
    if scheduler is not None:
        with _connect_to_cluster(scheduler, max(processes, 1), passphrase) as (executor, width):
            yield _DaskBackend(executor, width)
    elif processes == 0:
        yield _SerialBackend(passphrase)
    else:
        backend = _ProcessBackend(processes, program, passphrase)
        try:
            yield backend
        finally:
            backend.shut_down()


class _LocalBackend:
    """Runs chunks in this process: all of them, or the single one for which no process is started."""

    def __init__(self, passphrase: bytes | None) -> None:
        self._passphrase = passphrase

    def run_inline(self, function: Callable[[C], R], chunk: C) -> R:
        global _passphrase  # noqa: PLW0603 -- a process has one passphrase, since it is one worker
        before, _passphrase = _passphrase, self._passphrase
        try:
            return function(chunk)
        finally:
            _passphrase = before


class _SerialBackend(_LocalBackend):
    local = True
    width = 1

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(self.run_inline(function, chunk))
        except Exception as error:  # noqa: BLE001 -- as in a pool, the future raises it when its turn comes
            future.set_exception(error)
        return future

    def restart(self) -> None:
        """Do nothing: if this process were dead, it could not call."""

    def map_errors(self) -> AbstractContextManager[None]:
        return nullcontext()


class _ProcessBackend(_LocalBackend):
    """A process pool, created with the first chunk and again after one of its processes died.

    The processes are not forked from this one: a fork would copy its locks and database
    connections, but not the threads that use them.
    """

    local = True

    def __init__(self, width: int, program: str | None, passphrase: bytes | None) -> None:
        super().__init__(passphrase)
        self.width = width
        self._program = program
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        if self._pool is not None:
            return self._pool.submit(function, chunk)
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        context.set_forkserver_preload(self._shared_modules(function))
        arguments = (self._passphrase, dict(os.environ))
        with _hang_up_blocked():
            self._pool = ProcessPoolExecutor(self.width, context, _initialise_worker, arguments)
            return self._pool.submit(function, chunk)

    def _shared_modules(self, function: Callable[[C], R]) -> list[str]:
        """What the fork server imports once, so that workers share its memory and start quicker.

        The program is part of it, since each worker loads its program's main module. ``__main__`` itself
        is not named: the server ends where that cannot be loaded, and passes over other modules.
        """
        named = function.func if isinstance(function, partial) else function
        return [*([self._program] if self._program else []), named.__module__]

    def restart(self) -> None:
        self.shut_down()

    def shut_down(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map_errors(self) -> AbstractContextManager[None]:
        return nullcontext()


def _initialise_worker(passphrase: bytes | None, environment: dict[str, str]) -> None:
    """Initialise a process of the pool."""
    global _passphrase  # noqa: PLW0603 -- see _LocalBackend
    _passphrase = passphrase
    # The fork server started once and keeps the environment of that moment.
    os.environ.clear()
    os.environ.update(environment)
    _ignore_terminal_signals()
    threading.Thread(target=_exit_with_parent, daemon=True).start()


@contextmanager
def _hang_up_blocked() -> Iterator[None]:
    """Block SIGHUP for the block; the fork server and the resource tracker that start in it inherit that.

    They ignore Ctrl-C by themselves, and a lost terminal signals them as well.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_terminal_signals() -> None:
    """Ignore Ctrl-C and a hang-up, which a terminal sends to every process: the coordinating one decides."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _exit_with_parent() -> None:
    """Exit when the parent is gone: a killed parent cannot end its workers, and they hold keys."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class _DaskBackend:
    """A Dask cluster through its executor. Identical calls are not merged, and results are not cached."""

    local = False

    def __init__(self, executor: Executor, width: Callable[[], int]) -> None:
        self._executor = executor
        self._width = width

    @property
    def width(self) -> int:
        return max(self._width(), 1)

    def submit(self, function: Callable[[C], R], chunk: C) -> Future[R]:
        return self._executor.submit(function, chunk)

    def run_inline(self, function: Callable[[C], R], chunk: C) -> R:
        return function(chunk)

    def restart(self) -> None:
        """Do nothing: Dask's nanny processes restart workers."""

    @contextmanager
    def map_errors(self) -> Iterator[None]:
        from distributed import KilledWorker

        try:
            yield
        except KilledWorker as error:
            raise BrokenExecutor from error
        except CancelledError:
            raise ClusterUnreachable(reason=Text("it went away", "集群已断开")) from None
        except (TypeError, ValueError) as error:
            if not _raised_by_dask(error):
                raise
            raise BrokenExecutor from error


def _raised_by_dask(error: Exception) -> bool:
    """Whether Dask's future raised it, as it does when a worker dies while its result is fetched.

    It takes apart what is then no outcome: None, or a result of another length than it expects.
    """
    *_, (innermost, _) = walk_tb(error.__traceback__)
    return innermost.f_globals.get("__name__") == "distributed.cfexecutor"


@contextmanager
def _connect_to_cluster(
    scheduler: str, workers: int, passphrase: bytes | None
) -> Iterator[tuple[Executor, Callable[[], int]]]:
    dask: Any = importlib.import_module("distributed")

    class IgnoreInterrupts(dask.WorkerPlugin):  # type: ignore[misc]  # Dask has no types
        """Ignores a terminal's signals in a worker, as in :func:`_initialise_worker`."""

        name = "oneseat-ignore-interrupts"

        def setup(self, worker: object) -> None:  # noqa: ARG002 -- Dask's signature
            # Only a main thread may set signal handlers; a worker process runs its event loop there.
            if threading.current_thread() is threading.main_thread():
                _ignore_terminal_signals()

    if scheduler == LOCAL:
        # The environment goes to each worker through the pipe that starts it; the scheduler never sees it.
        env = {_WORKER_VARIABLE: passphrase.hex()} if passphrase is not None else {}
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
            client.register_plugin(IgnoreInterrupts())
            yield from _open_executor(client)
        return
    try:
        client = dask.Client(scheduler, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterUnreachable(reason=untranslated(str(error).partition("\n")[0])) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_TIMEOUT_S)
        except TimeoutError:
            raise ClusterUnreachable(reason=Text("it has no workers", "集群没有工作进程")) from None
        yield from _open_executor(client)


def _open_executor(client: Any) -> Iterator[tuple[Executor, Callable[[], int]]]:  # noqa: ANN401 -- Dask has no types
    def width() -> int:
        return sum(client.nthreads().values())

    with client.get_executor(pure=False) as executor:
        yield executor, width
