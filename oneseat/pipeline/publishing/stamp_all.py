"""``stamp --all``: writes every candidate's installer to a file, in parallel; it can be resumed.

Files are named by jti, in a folder named after their base. Each is written under a
temporary name and renamed when it is whole. So a file with its name and its licence is
kept, and a process that was stopped resumes with the missing ones. A file that cannot be
written becomes a fault in the result, and the others are written; a full disk ends the run.

Files are not flushed by default: they can be made again at any time, and waiting for the
disk costs many times the copy. After a power cut, ``verify --all`` lists the damaged ones.
With ``durable``, each file is flushed before it is renamed.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from oneseat.files.atomic import sync_folder
from oneseat.files.block_copy import cost_bytes
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.publishing.errors import NothingIssued, SpaceLacking
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.sizes import size
from oneseat.pipeline.workers.faults import Fault, Faults, fault_from_error, fault_from_lost_worker
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.pipeline.workers.pool import SERIAL, ChunkDone, ChunkLost, WorkerOptions, WorkerPool, worker_pool
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.publishing import published_batches, releases
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError

_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
CHUNK = 100
"""Files in a chunk: about half a second's work, after which Ctrl-C takes effect."""

Chunk = tuple[tuple[str, str], ...]
"""What a worker gets: jti and licence of each file."""


@dataclass(frozen=True)
class StampJob:
    """What a worker needs for all chunks, in plain values."""

    base: str
    manifest: bytes
    folder: str
    durable: bool


@dataclass
class ChunkStamped:
    """How many files of a chunk were written and kept, and the faults of the others."""

    written: int = 0
    kept: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class StampedAll:
    """The result of ``stamp --all``. ``faults`` holds the first of them."""

    folder: Path
    base_sha256: str
    seats: int
    written: int
    kept: int
    faulty: int
    faults: list[Fault]


def folder_for_base(folder: Path, manifest: Manifest) -> Path:
    """Name the folder for the files of one base, so that files of two bases are never mixed."""
    return folder / manifest.base_sha256[:16]


@dataclass(frozen=True)
class Materialiser:
    """Writes an exam's installers of one base, over workers."""

    exam: Exam
    database: Database
    base: Path
    manifest: Manifest
    workers: WorkerOptions = SERIAL

    def run(self, folder: Path, *, durable: bool = False, on_progress: OnProgress = ignore) -> StampedAll:
        """Write the file of every seat whose newest licence is for the base, published or not.

        Raises:
            NothingIssued: no licence was issued for the base.
            BaseChanged: the base differs from its manifest.
            OutputUnwritable: the folder cannot be created, or its disk is full, read-only or faulty.
            SpaceLacking: the files that are missing would not fit; nothing is written.
            Stopped: a signal such as Ctrl-C asked for it; the files written so far are kept.
        """
        edition_id = self._edition()
        stamper = Stamper(self.manifest, self.base)  # refuses a changed base before workers start
        target = folder_for_base(folder, self.manifest)
        try:
            target.mkdir(parents=True, exist_ok=True)
            # Temporary files of a process that was killed.
            for leftover in target.glob(f".*{self.manifest.container.suffix}.*"):
                leftover.unlink()
        except OSError as error:
            raise unwritable(target, error) from None
        self._refuse_lack_of_space(target, edition_id, stamper)
        job = StampJob(str(self.base), self.manifest.to_json(), str(target), durable)
        total, faults = ChunkStamped(), Faults()
        with stoppable() as stop, worker_pool(self.workers) as pool:
            for outcome in self._outcomes(pool, job, edition_id):
                done = outcome.result if isinstance(outcome, ChunkDone) else _lost_chunk(outcome)
                total.written += done.written
                total.kept += done.kept
                faults.add(done.faults)
                rows = total.written + total.kept + faults.count
                on_progress(Progress(rows, faults.count))
                if stop.asked:
                    raise stop.stopped(rows)
        if durable:
            _sync(target)
        seats = total.written + total.kept + faults.count
        return StampedAll(
            target, self.manifest.base_sha256, seats, total.written, total.kept, faults.count, faults.first
        )

    def _refuse_lack_of_space(self, folder: Path, edition_id: int, stamper: Stamper) -> None:
        with self.database.reading() as connection:
            seats = releases.plan(connection, self.exam.id, edition_id).seats
        missing = max(0, seats - sum(1 for _ in folder.glob(f"*{self.manifest.container.suffix}")))
        try:
            prefix = cost_bytes(self.base, folder, stamper.prefix_bytes)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise unwritable(folder, error) from None
        needed = missing * (prefix + self.manifest.size - stamper.prefix_bytes)
        if needed > free:
            raise SpaceLacking(count=missing, folder=folder, needed=size(needed), free=size(free))

    def _outcomes(
        self, pool: WorkerPool, job: StampJob, edition_id: int
    ) -> Iterator[ChunkDone[Chunk, ChunkStamped] | ChunkLost[Chunk]]:
        return pool.map(partial(stamp_chunk, job), self._chunks(edition_id))

    def _edition(self) -> int:
        manifest, exam = self.manifest, self.exam
        with self.database.reading() as connection:
            edition = licences.find_edition(
                connection,
                exam.id,
                manifest.authenticode_sha256,
                manifest.build,
                exam.ends,
                manifest.artefact,
            )
            if edition is None or not published_batches.find_seats_to_show(
                connection, edition.id, "", 1, whole=True
            ):
                raise NothingIssued(exam=exam.id)
        return edition.id

    def _chunks(self, edition_id: int) -> Iterator[Chunk]:
        after = ""
        while True:
            with self.database.reading() as connection:
                seats = published_batches.find_seats_to_show(connection, edition_id, after, CHUNK, whole=True)
            if not seats:
                return
            after = seats[-1].jti
            yield tuple((seat.jti, seat.token) for seat in seats)


def _sync(folder: Path) -> None:
    """Flush the names of the files, whose content is on the medium already."""
    try:
        sync_folder(folder)
    except OSError as error:
        raise unwritable(folder, error) from None


def stamp_chunk(job: StampJob, chunk: Chunk) -> ChunkStamped:
    """In a worker: write the files of a chunk that are missing or have another licence.

    Raises:
        OutputUnwritable: the disk is full, read-only or faulty.
    """
    stamper, folder, done = open_stamper(job.base, job.manifest), Path(job.folder), ChunkStamped()
    suffix = stamper.container.suffix
    for jti, token in chunk:
        path, licence = folder / f"{jti}{suffix}", token.encode("ascii", "replace")
        try:
            if stamper.is_stamped(licence, path):
                done.kept += 1
                continue
            write_stamped(stamper, licence, path, durable=job.durable)
            done.written += 1
        except OSError as error:
            if error.errno in _DISK_FAULTS:  # every other file would meet it too
                raise unwritable(path, error) from None
            done.faults.append(fault_from_error(jti, error))
        except OneSeatError as error:
            done.faults.append(fault_from_error(jti, error))
    return done


@lru_cache(maxsize=4)
def open_stamper(base: str, manifest: bytes) -> Stamper:
    """Open a base, compared with its manifest; cached, so that a worker does it once."""
    return Stamper(Manifest.from_json(manifest), Path(base))


def _lost_chunk(outcome: ChunkLost[Chunk]) -> ChunkStamped:
    return ChunkStamped(faults=[fault_from_lost_worker(jti) for jti, _ in outcome.chunk])
