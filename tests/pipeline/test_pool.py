"""The worker pool: an ordered, bounded map that survives dying workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import cfexecutor

from oneseat.pipeline.workers import backends
from oneseat.pipeline.workers.errors import ClusterUnreachable, WorkersUnusable
from oneseat.pipeline.workers.pool import SERIAL, ChunkDone, ChunkLost, WorkerOptions, worker_pool
from tests.patience import wait_until
from tests.pipeline import chunk_work

KINDS = {"serial": SERIAL, "processes": WorkerOptions(2), "dask": WorkerOptions(2, "local")}
PARALLEL = {name: kind for name, kind in KINDS.items() if kind is not SERIAL}
# Dask's own threads and sockets end a moment after its client has; none of them is ours.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:.*:DeprecationWarning:tornado.*")
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_parallel_kind = pytest.mark.parametrize("kind", PARALLEL.values(), ids=PARALLEL)


def _results(results: Iterable[object]) -> list[object]:
    return [result.result if isinstance(result, ChunkDone) else "lost" for result in results]


@every_kind
def test_results_come_back_in_order(kind: WorkerOptions) -> None:
    chunks = [[n, n + 1] for n in range(40)]
    with worker_pool(kind) as pool:
        results = list(pool.map(chunk_work.squares, chunks))
    assert [result.chunk for result in results] == chunks
    assert [result.result[1] for result in results if isinstance(result, ChunkDone)] == [
        [n * n, (n + 1) ** 2] for n in range(40)
    ]
    inline = {result.result[0] == os.getpid() for result in results if isinstance(result, ChunkDone)}
    assert inline == {kind is SERIAL}


@every_kind
def test_a_worker_has_the_passphrase_that_it_was_handed(kind: WorkerOptions) -> None:
    with worker_pool(kind, b"a secret \xff") as pool:
        assert _results(pool.map(chunk_work.read_passphrase, range(4))) == [b"a secret \xff"] * 4


@every_kind
def test_no_more_than_so_many_chunks_are_taken_from_the_source(kind: WorkerOptions) -> None:
    taken = 0

    def source() -> Iterator[int]:
        nonlocal taken
        while taken < 60:
            taken += 1
            yield taken

    with worker_pool(kind) as pool:
        ahead = [taken - result.chunk for result in pool.map(chunk_work.slow, source())]
        assert max(ahead) < pool.in_flight
    assert taken == 60


@every_kind
def test_what_a_chunk_raises_is_raised_at_its_turn(kind: WorkerOptions) -> None:
    with worker_pool(kind) as pool:
        results = pool.map(chunk_work.refuse, range(20))
        assert [next(results).chunk for _ in range(7)] == list(range(7))
        with pytest.raises(ValueError, match="seven"):
            next(results)


@every_parallel_kind
def test_a_worker_that_dies_loses_and_doubles_nothing(kind: WorkerOptions, tmp_path: Path) -> None:
    with worker_pool(kind) as pool:
        results = _results(pool.map(partial(chunk_work.die_once, str(tmp_path)), range(30)))
    assert results == list(range(30))
    assert (tmp_path / "died").exists()
    assert {path.name for path in tmp_path.glob("done-*")} == {f"done-{n}" for n in range(30)}


@every_parallel_kind
def test_a_chunk_that_kills_every_worker_is_told_and_stops_nothing_else(kind: WorkerOptions) -> None:
    with worker_pool(kind) as pool:
        results = list(pool.map(chunk_work.deadly, range(12)))
    assert [result.chunk for result in results if isinstance(result, ChunkLost)] == [5]
    assert _results(results) == [*range(5), "lost", *range(6, 12)]


def test_a_result_whose_worker_dies_while_it_is_fetched_is_asked_for_again() -> None:
    async def fetched(*, raiseit: bool) -> int:
        return 5

    ours: Future[int] = Future()
    theirs = SimpleNamespace(status="lost", _result=fetched)

    async def cascade() -> None:
        await cfexecutor._cascade_future(theirs, ours)

    asyncio.run(cascade())
    dask = backends._DaskBackend(ThreadPoolExecutor(1), lambda: 1)
    with pytest.raises(BrokenExecutor), dask.map_errors():
        ours.result()
    with pytest.raises(TypeError), dask.map_errors():
        raise TypeError


def test_workers_that_die_whatever_they_are_given_are_given_up() -> None:
    with worker_pool(WorkerOptions(2)) as pool, pytest.raises(WorkersUnusable):
        list(pool.map(chunk_work.deadly_always, range(100)))


def test_a_single_chunk_starts_no_process() -> None:
    with worker_pool(WorkerOptions(2)) as pool:
        (result,) = pool.map(chunk_work.squares, [[1]])
    assert isinstance(result, ChunkDone)
    assert result.result == (os.getpid(), [1])


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneseat.pipeline.workers.backends.CONNECT_TIMEOUT_S", 0.5)
    with pytest.raises(ClusterUnreachable), worker_pool(WorkerOptions(scheduler="tcp://127.0.0.1:9")):
        pass


def test_processes_share_what_the_program_imports(tmp_path: Path) -> None:
    """The module is one that neither Python nor the workers' function imports by itself."""
    program = _start(
        tmp_path,
        "    for named in (None, 'colorsys'):\n"
        "        forkserver._forkserver._stop()\n"
        "        with worker_pool(WorkerOptions(2, program=named)) as pool:\n"
        "            loaded = {done.result for done in pool.map(chunk_work.is_loaded, ['colorsys'] * 4)}\n"
        "            print(named, *loaded)\n",
    )
    assert program.communicate(timeout=60)[0].split() == [b"None", b"False", b"colorsys", b"True"]


def _start(folder: Path, body: str) -> subprocess.Popen[bytes]:
    """Start a program whose main part is this; each has a fork server of its own."""
    head = (
        "from multiprocessing import forkserver\n"
        "from oneseat.pipeline.workers.pool import WorkerOptions, worker_pool\n"
        "from tests.pipeline import chunk_work\n"
        "if __name__ == '__main__':\n"
    )
    (folder / "program.py").write_text(head + body)
    return subprocess.Popen(
        [sys.executable, str(folder / "program.py")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = _start(
        tmp_path,
        "    with worker_pool(WorkerOptions(2)) as pool:\n"
        "        for done in pool.map(chunk_work.squares, ([n] for n in range(10**9))):\n"
        "            print(done.result[0], flush=True)\n",
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until(lambda: not Path(f"/proc/{worker}").exists(), "a worker outlived its parent")
