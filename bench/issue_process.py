"""Issues a fictitious roster in a process of its own, over workers, and prints what that took as JSON."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.issuing.issuer import Issuer, Progress
from oneseat.pipeline.workers.pool import WorkerOptions
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import SystemClock

DEMO = Path(__file__).parents[1] / "exams" / "demo.toml"
PASSPHRASE = b"bench"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_SAMPLE_EVERY_S = 0.1


def base(exam: str, digest: str) -> Manifest:
    """Make a manifest for licences to name; nothing is stamped with it."""
    return Manifest(exam, "b" * 64, digest, 0, 0, 0, 0, digest, True, True, "base.exe", {})


def family() -> list[int]:
    """List this process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    members, todo = [], [os.getpid()]
    while todo:
        members.append(pid := todo.pop())
        todo += parents.get(pid, [])
    return members


def cpu_s(processes: list[int]) -> float:
    """Sum the CPU seconds of these processes and of their children that have ended."""
    total = 0
    for pid in processes:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS_PER_S


def resident_kib(processes: list[int]) -> int:
    """Sum the memory of these processes, shared pages counted once (proportional set size)."""
    total = 0
    for pid in processes:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


@dataclass
class Watch:
    """Samples the memory of all processes during an issue run, and records the time of each chunk."""

    peak_kib: int = 0
    marks: list[tuple[int, float, float]] = field(default_factory=list)
    """Rows done, wall seconds and CPU seconds at each event."""

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def record(self, event: Progress) -> None:
        """Record the time of an event."""
        self.marks.append((event.rows, time.perf_counter(), cpu_s(family())))

    def end(self) -> None:
        """Stop sampling."""
        self._over.set()
        self._thread.join()

    def marginal_us(self, ahead: int) -> tuple[float, float]:
        """Compute wall and CPU microseconds of a candidate, without the start of workers.

        Workers run up to ``ahead`` chunks ahead of what is written. At the end there is
        nothing left to run ahead for, so the last ``ahead`` chunks are left out.
        """
        first, last = self.marks[0], self.marks[max(len(self.marks) - 1 - ahead, 1)]
        more = max(last[0] - first[0], 1)
        return (last[1] - first[1]) / more * 1e6, (last[2] - first[2]) / more * 1e6

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_EVERY_S):
            self.peak_kib = max(self.peak_kib, resident_kib(family()))


def kill_a_dask_worker() -> None:
    """Kill one of the workers that this process's nannies started."""
    victim = next(child for child in multiprocessing.active_children() if "Dask" in child.name)
    os.kill(victim.pid or 0, signal.SIGKILL)


@dataclass(frozen=True)
class Job:
    """What to run: paths, workers for :class:`WorkerOptions`, and after how many rows to kill one.

    ``base`` is the base installer's digest. Where the state has licences for another one, each is
    issued anew.
    """

    roster: str
    ring: str
    state: str
    workers: dict[str, Any]
    kill_at: int | None = None
    base: str = "0" * 64

    def run(self) -> dict[str, float]:
        """Issue the roster."""
        exam, clock, watch = exams.load(DEMO), SystemClock(), Watch()
        ring = KeyRing.open(Path(self.ring), PASSPHRASE, AUTHORITY)
        database = Database.create(self.state, rehearsal=True)
        started, cpu = time.perf_counter(), cpu_s(family())
        killed = self.kill_at is None

        def on_progress(event: Progress) -> None:
            nonlocal killed
            watch.record(event)
            if not killed and event.rows >= (self.kill_at or 0):
                killed = True
                kill_a_dask_worker()

        issuer = Issuer(exam, base(exam.id, self.base), ring, database, clock, WorkerOptions(**self.workers))
        issued = issuer.issue(Path(self.roster), on_progress=on_progress)
        seconds, cpu = time.perf_counter() - started, cpu_s(family()) - cpu
        watch.end()
        database.close()
        wall_us, cpu_us = watch.marginal_us(2 * max(issuer.workers.processes, 1) + 1)
        return {
            "seconds": seconds,
            "cpu_s": cpu,
            "peak_mib": watch.peak_kib / 1024,
            "signed": issued.added + issued.refreshed,
            "faulty": issued.faulty,
            "wall_us": wall_us,
            "cpu_us": cpu_us,
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Job(**json.loads(sys.argv[1])).run()) + "\n")
